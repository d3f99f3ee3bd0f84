"""Money, rounding and splitting."""

from decimal import Decimal
from fractions import Fraction

import pytest

from config.kernel.money import CurrencyMismatch, Money, allocate, round_half_up


def eur(amount):
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("0.005"), "0.01"),
        (Decimal("0.015"), "0.02"),
        (Decimal("-0.005"), "-0.01"),
        (Decimal("2.675"), "2.68"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 200), "0.01"),
        (Fraction(-1, 200), "-0.01"),
        (7, "7.00"),
    ],
)
def test_round_half_up_goes_away_from_zero(value, expected):
    assert str(round_half_up(value)) == expected


def test_round_half_up_takes_other_places():
    assert round_half_up(Fraction(1, 3), places=4) == Decimal("0.3333")


@pytest.mark.parametrize("amount", [1.0, 1, "1.00", Decimal("NaN"), Decimal("Infinity")])
def test_money_takes_finite_decimals_only(amount):
    with pytest.raises(TypeError):
        Money(amount, "EUR")


@pytest.mark.parametrize("currency", ["", "EU", "eur", "EURO", "ΕΥΡ"])
def test_money_needs_a_currency(currency):
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), currency)


def test_money_adds_and_compares():
    assert eur("1.10") + eur("2.20") == eur("3.30")
    assert eur("1.10") - eur("2.20") == -eur("1.10")
    assert eur("1.005") * 3 == 3 * eur("1.005") == eur("3.015")
    assert eur("1.005").rounded() == eur("1.01")
    assert eur(1) < eur(2) <= eur(2)
    assert eur(2) > eur(1) >= eur(1)
    assert not Money.zero("EUR")
    assert eur("0.01")
    assert str(eur("1.10")) == "1.10 EUR"


@pytest.mark.parametrize("act", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_money_refuses_another_currency(act):
    with pytest.raises(CurrencyMismatch):
        act(eur(1), Money(Decimal(1), "USD"))


@pytest.mark.parametrize("factor", [1.5, True, "2"])
def test_money_is_not_multiplied_by_a_float(factor):
    with pytest.raises(TypeError):
        eur(1) * factor


def test_allocate_gives_the_odd_cents_away():
    assert allocate(eur("100.00"), [1, 1, 1]) == [eur("33.33"), eur("33.34"), eur("33.33")]
    assert allocate(eur("0.01"), [0, 1]) == [eur("0.00"), eur("0.01")]


@pytest.mark.parametrize(("whole", "weights"), [("1.001", [1]), ("1.00", []), ("1.00", [0, 0]), ("1.00", [2, -1])])
def test_allocate_refuses_what_has_no_answer(whole, weights):
    with pytest.raises(ValueError, match=r"cents|weights"):
        allocate(eur(whole), weights)
