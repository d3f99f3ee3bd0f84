"""Which rule taxes a supply."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.tax import Rule, Taxpayer, Treatment, treatment

ON = date(2026, 4, 1)
GREECE = Rule("GR", "S", Decimal(24))


def found(*rules, payer=None, product_type="", on=ON):
    return treatment(rules, payer or Taxpayer("GR", has_vat_number=True), product_type=product_type, on=on)


def test_bill_to_of_the_country_gets_its_rate():
    assert found(GREECE) == Treatment("S", Decimal(24))


def test_place_without_a_rule_has_no_treatment():
    assert found(GREECE, payer=Taxpayer("CY")) is None
    assert found() is None


@pytest.mark.parametrize(
    ("on", "rate"),
    [(date(2026, 3, 31), 23), (date(2026, 4, 1), 24), (date(2027, 1, 1), 25), (date(2025, 12, 31), None)],
)
def test_rate_is_the_one_of_the_invoice_date(on, rate):
    rules = [
        Rule("GR", "S", Decimal(23), valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 31)),
        Rule("GR", "S", Decimal(24), valid_from=date(2026, 4, 1), valid_to=date(2026, 12, 31)),
        Rule("GR", "S", Decimal(25), valid_from=date(2027, 1, 1)),
    ]

    answer = found(*rules, on=on)

    assert (answer.rate if answer else None) == (Decimal(rate) if rate else None)


def test_more_specific_rule_wins_in_any_order():
    rules = [
        GREECE,
        Rule("GR", "S", Decimal(13), product_type="book"),
        Rule("GR", "S", Decimal(17), region="Lesvos"),
        Rule("GR", "S", Decimal(9), region="Lesvos", product_type="book"),
    ]

    for order in (rules, rules[::-1]):
        assert found(*order).rate == 24
        assert found(*order, product_type="book").rate == 13
        assert found(*order, payer=Taxpayer("GR", "Lesvos")).rate == 17
        assert found(*order, payer=Taxpayer("GR", "Lesvos"), product_type="book").rate == 9


def test_later_start_wins_when_two_rules_overlap():
    old, new = Rule("GR", "S", Decimal(23)), Rule("GR", "S", Decimal(24), valid_from=ON)

    assert found(old, new) == found(new, old) == Treatment("S", Decimal(24))


def test_reverse_charge_needs_a_vat_number():
    abroad = Rule("DE", "AE", Decimal(0), needs_vat_number=True, note="Reverse charge")

    assert found(abroad, payer=Taxpayer("DE", has_vat_number=True)) == Treatment("AE", Decimal(0), "Reverse charge")
    assert found(abroad, payer=Taxpayer("DE")) is None


def test_exempt_bill_to_is_never_charged_the_ordinary_rate():
    exempt = Rule("GR", "E", Decimal(0), for_exempt=True, note="Exempt by law")

    assert found(GREECE, payer=Taxpayer("GR", exempt=True)) is None
    assert found(GREECE, exempt, payer=Taxpayer("GR", exempt=True)) == Treatment("E", Decimal(0), "Exempt by law")
    assert found(GREECE, exempt) == Treatment("S", Decimal(24))


@pytest.mark.parametrize(("category", "rate"), [("S", 0), ("S", -1), ("AE", 24), ("X", 24), ("Z", 5)])
def test_impossible_rule_is_refused(category, rate):
    with pytest.raises(ValueError, match="category"):
        Rule("GR", category, Decimal(rate))
