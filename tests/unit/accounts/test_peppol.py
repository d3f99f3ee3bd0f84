"""Peppol addresses: whole, in a scheme that the rules of EN 16931 know."""

from __future__ import annotations

import pytest

from accounts import peppol
from accounts.names import BadText
from tests.golden.invoicing import validators


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("", ""), ("", "")),
        ((" 9933 ", "EL 000990011"), ("9933", "EL000990011")),
        (("0088", "4035811991021"), ("0088", "4035811991021")),
        (("0204", "04011000-1234512345-06"), ("0204", "04011000-1234512345-06")),
    ],
)
def test_checked_keeps_a_whole_address(typed: tuple[str, str], kept: tuple[str, str]) -> None:
    assert peppol.checked(*typed) == kept


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (("", "4035811991021"), "peppol_scheme"),
        (("0088", ""), "peppol_id"),
        (("8888", "4035811991021"), "peppol_scheme"),
        (("0088", "4035811991022"), "peppol_id"),
        (("0088", "403581199102"), "peppol_id"),
        (("9933", "EL"), "peppol_id"),
        (("9933", "<b>EL000990011</b>"), "peppol_id"),
        (("9933", "X" * 51), "peppol_id"),
        (("9933", "EL000990011\nx!"), "peppol_id"),
    ],
)
def test_checked_says_which_part_is_wrong(typed: tuple[str, str], field: str) -> None:
    with pytest.raises(BadText) as refusal:
        peppol.checked(*typed)

    assert refusal.value.field == field


def test_every_scheme_is_known_to_the_rules() -> None:
    rules = validators.UBL_RULES.read_text()
    start = rules.index("EAS code list")
    known = rules[start - 4000 : start]

    assert [code for code in peppol.CODES if f" {code} " not in known] == []
    assert ("9933", "9933 · VAT, EL") in peppol.choices()
    assert peppol.choices()[0] == ("", "–")
