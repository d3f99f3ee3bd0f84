"""Tables for spreadsheets: formulas become texts, numbers stay numbers (S20 of reliability.md §6)."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel import spreadsheets
from config.kernel.spreadsheets import Table, TooManyRows, csv_lines, is_formula, safe_text, write_xlsx

ATTACKS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", " \u00a0+x", "ok\n=1", "＝1", "\x00=1",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_a_formula_becomes_a_text(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Acme", "A=B", "Müller & Söhne", "1-2", "ok\nfine"])
def test_other_texts_stay_as_they_are(text):
    assert safe_text(text) == text


@given(st.text())
def test_what_is_written_is_never_taken_for_a_formula(text):
    assert not is_formula(safe_text(text)) or safe_text(text).startswith("'")
    assert safe_text(text).endswith(text)


def test_csv_writes_numbers_as_numbers_and_dates_as_iso():
    table = Table("x", ("name", "net", "day", "n", "none"), [("=1", Decimal("-12.00"), date(2026, 4, 1), 3, None)])

    assert list(csv_lines(table)) == ["\ufeffname,net,day,n,none\r\n", "'=1,-12.00,2026-04-01,3,\r\n"]


def sheet_of(table: Table) -> tuple[str, str]:
    file = io.BytesIO()
    write_xlsx(table, file)
    with zipfile.ZipFile(file) as book:
        return book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/styles.xml").decode()


def test_xlsx_writes_numbers_as_numbers_and_formulas_as_quoted_texts():
    rows = [
        ("=1+1", Decimal("-12.00"), date(2026, 4, 1), 3, None),
        ("https://a\x01b", Decimal("0.123456"), None, -4, ""),
    ]

    sheet, styles = sheet_of(Table("x", ("name", "net", "day", "n", "none"), rows))

    assert "<f>" not in sheet
    assert re.search(r'<c r="A2" s="\d+" t="inlineStr"><is><t[^>]*>=1\+1</t>', sheet)
    assert 'quotePrefix="1"' in styles
    assert re.search(
        r'<c r="B2" s="\d+"><v>-12(\.00)?</v></c><c r="C2" s="\d+"><v>46113</v></c><c r="D2" s="\d+"><v>3</v>', sheet
    )
    assert re.search(r'<c r="B3" s="\d+"><v>0.123456</v>', sheet)
    assert "<hyperlink" not in sheet


def test_xlsx_refuses_more_rows_than_a_sheet_holds(monkeypatch):
    monkeypatch.setattr(spreadsheets, "XLSX_ROWS", 3)
    write_xlsx(Table("x", ("n",), [(1,), (2,)]), io.BytesIO())

    with pytest.raises(TooManyRows):
        write_xlsx(Table("x", ("n",), [(1,), (2,), (3,)]), io.BytesIO())
