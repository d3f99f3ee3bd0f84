"""Bank files as banks write them: encodings, separators, notations, preambles, totals."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.bank import files, values
from invoicing.bank.files import Plan, Remark, Transfer, Unreadable
from invoicing.bank.matching import Book, Match, Open, match, plain

MESSY = '''Κινήσεις λογαριασμού;GR16 0110 1250 0000 0001 2300 695;;;;
Περίοδος;01/11/2026 - 23/11/2026;;;;

Ημερομηνία;Ημ/νία αξίας;Αιτιολογία;Εντολέας;Ποσό;Αρ. συναλλαγής
02/11/2026;03/11/2026;"R-0005 INV-2026-000001
2η γραμμή; με "";""";Θερμαϊκός;1.000,50;FT1
04/11/2026;04/11/2026;ΠΡΟΜΗΘΕΙΑ;Τράπεζα;-1,20;FT2
05/11/2026;05/11/2026;INV 2026 2;=1+1;12,5;FT3
;;Υπόλοιπο;;1.011,80;
'''
PLAN = Plan(
    "utf-8", ";", 4, "dmy", "comma", "EUR", {"value_on": 1, "reference": 2, "payer": 3, "amount": 4, "bank_id": 5}
)


def read(text=MESSY, plan=PLAN):
    return files.read(files.lines_of(text.encode(), encoding="utf-8", delimiter=plan.delimiter), plan)


def test_messy_file_is_read_with_the_lines_of_the_file():
    reading = read()

    assert reading.errors == []
    assert reading.transfers == [
        Transfer(
            5,
            date(2026, 11, 3),
            Decimal("1000.50"),
            "EUR",
            'R-0005 INV-2026-000001 2η γραμμή; με ";"',
            "Θερμαϊκός",
            "FT1",
        ),
        Transfer(8, date(2026, 11, 5), Decimal("12.5"), "EUR", "INV 2026 2", "=1+1", "FT3"),
    ]
    assert reading.left_out == [
        Remark(7, "outgoing", "amount", "-1,20"),
        Remark(9, "no_date", "value_on", "Υπόλοιπο"),
    ]


@pytest.mark.parametrize(
    ("encoding", "stored"),
    [("utf-8", "utf-8"), ("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1253", "cp1253")],
)
@pytest.mark.parametrize("delimiter", files.DELIMITERS)
def test_encoding_and_separator_are_detected(encoding, stored, delimiter):
    content = MESSY.replace(";", delimiter).replace("1.000,50", '"1.000,50"').replace("-1,20", '"-1,20"')
    content = content.replace("12,5", '"12,5"').replace("1.011,80", '"1.011,80"').encode(stored)

    found = files.encoding_of(content)
    separator = files.delimiter_of(content, encoding=found)
    lines = files.lines_of(content, encoding=found, delimiter=separator)

    assert (found, separator) == (encoding, delimiter)
    assert files.header_of(lines).cells[1] == "Ημ/νία αξίας"
    assert files.suggested_columns(files.header_of(lines)) == PLAN.columns


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n;;\n", "empty"),
        ("Ποσό".encode("cp1253"), "encoding"),
        (b"PK\x03\x04\x00\x00;", "binary"),
        (b'a;"b\n1;2\n', "quotes"),
        (b"a;b\n" * 1001, "long"),
        (b";x" * 61, "wide"),
    ],
)
def test_what_is_no_table_is_refused(content, code):
    with pytest.raises(Unreadable, match=code):
        files.lines_of(content, encoding="utf-8", delimiter=";")


def test_every_wrong_value_is_named_by_its_line():
    text = "date;amount;text\n31.02.2026;1,00;a\n29/02/2027;1.5;b\n01/11/2026;NaN;c\n01/11/2026;1e3;d\n01/11/2026;٣;e\n"
    plan = Plan("utf-8", ";", 1, "dmy", "comma", "EUR", {"value_on": 0, "amount": 1, "reference": 2})

    assert [(remark.line, remark.code) for remark in read(text, plan).errors] == [
        (2, "date"), (3, "date"), (3, "amount"), (4, "amount"), (5, "amount"), (6, "amount"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation", "amount"),
    [
        ("1.000,50", "comma", "1000.50"),
        ("1.000", "comma", "1000"),
        ("1,000.50", "point", "1000.50"),
        ("1000,5", "comma", "1000.5"),
        ("1\u00a0000,50", "comma", "1000.50"),
        ("−80,00", "comma", "-80.00"),
        ("80.00-", "point", "-80.00"),
        ("+80", "point", "80"),
        ("1.000", "point", None),
        ("1,000", "comma", None),
        ("1.00,50", "comma", None),
        ("", "comma", None),
        ("€5", "comma", None),
        ("Infinity", "point", None),
        ("10,005", "comma", None),
    ],
)
def test_amounts_are_read_in_the_chosen_notation_only(text, notation, amount):
    assert values.amount_of(text, notation) == (None if amount is None else Decimal(amount))


def test_ambiguous_dates_are_not_guessed():
    assert values.date_notations(["01/02/2026", "03/04/2026"]) == ["dmy", "mdy"]
    assert values.date_notations(["01/02/2026", "23/04/2026"]) == ["dmy"]
    assert values.date_notations(["2026-02-01"]) == ["iso"]
    assert values.date_notations(["01/02/2026", "x"]) == []
    assert values.date_of("01/02/0001", "dmy") is None


def open_row(number, amount, bill_to=1, currency="EUR"):
    return Open(number, bill_to, ("INV", 2026), number, currency, Decimal(amount))


BOOK = Book.of(
    [
        open_row(1, "100.00"),
        open_row(2, "50.00"),
        open_row(3, "0.00"),
        open_row(4, "70.00", 2),
        open_row(5, "70.00", 3),
        open_row(6, "9.00", 4, "USD"),
    ],
    [("R-0001", 1), ("R-0002", 2), ("R-0004", 4)],
    [("INV", 2026)],
)
HUNDRED, FIFTY = Decimal("100.00"), Decimal("50.00")
BOTH, SIXTY = [(1, HUNDRED), (2, FIFTY)], [(1, Decimal("60.00"))]


@pytest.mark.parametrize(
    ("text", "amount", "found"),
    [
        ("INV-2026-000001", "100.00", Match("sure", "number_and_amount", 1, [(1, HUNDRED)], [1])),
        ("ινν/2026 1", "100.00", Match("check", "amount_only", 1, [(1, HUNDRED)], [1])),
        (
            "ΙΝV20260000001 κ INV 2026/2",
            "150.00",
            Match("sure", "number_and_amount", 1, BOTH, [1, 2]),
        ),
        (
            "inv2026000001+inv.2026.2",
            "150.00",
            Match("sure", "number_and_amount", 1, BOTH, [1, 2]),
        ),
        ("INV-2026-000001", "60.00", Match("sure", "part_payment", 1, SIXTY, [1])),
        (
            "INV-2026-000001 INV-2026-000002",
            "60.00",
            Match("check", "part_payment", 1, SIXTY, [1, 2]),
        ),
        ("INV-2026-000001", "130.00", Match("check", "overpayment", 1, [(1, HUNDRED)], [1])),
        ("INV-2026-000003", "10.00", Match("check", "paid_already", 1, (), [3])),
        ("INV-2026-000001 INV-2026-000004", "1.00", Match("check", "several_accounts", candidates=[1, 4])),
        ("INV-2026-000006", "9.00", Match("none", "other_currency", candidates=[6])),
        ("R0001 thanks", "50.00", Match("sure", "code_and_amount", 1, [(2, FIFTY)], [2])),
        ("R 1", "150.00", Match("sure", "code_and_all", 1, BOTH, [1, 2])),
        ("r-0001", "120.00", Match("check", "code_only", 1, [(1, HUNDRED), (2, Decimal("20.00"))], [1, 2])),
        ("R-0001 R-0002", "120.00", Match("check", "several_codes")),
        ("R-0004", "9.00", Match("none", "other_currency")),
        ("nothing", "70.00", Match("check", "several_of_amount", candidates=[4, 5])),
        ("nothing", "50.00", Match("check", "amount_only", 1, [(2, FIFTY)], [2])),
        ("PR-00011 XINV-2026-0000011", "1.00", Match("none", "nothing_found")),
    ],
)
def test_what_a_transfer_pays(text, amount, found):
    assert match(plain(text), Decimal(amount), "EUR", BOOK) == found
