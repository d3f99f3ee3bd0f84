"""Totals and tax: the table of product.md §11.4 and the ties of reliability.md 2.18 and I03."""

from decimal import Decimal

import pytest

from invoicing.totals import TaxedAmount, TaxSubtotal, Totals, tax_of, totals_of

RATE = Decimal("24.00")
A, B, F, OWN = (Decimal("60.00"), Decimal("23.23")), (Decimal("36.00"),), (Decimal("24.00"),), (Decimal("12.00"),)


def foot(*nets):
    totals = totals_of(TaxedAmount(net, "S", RATE) for group in nets for net in group)
    return str(totals.net), str(totals.tax), str(totals.gross)


def test_nobody_flagged_makes_one_invoice_of_192_49():
    assert foot(A, B, F, OWN) == ("155.23", "37.26", "192.49")


def test_a_flagged_makes_103_21_and_89_28():
    assert foot(A) == ("83.23", "19.98", "103.21")
    assert foot(B, F, OWN) == ("72.00", "17.28", "89.28")


def test_all_flagged_makes_four_invoices():
    assert [foot(group)[2] for group in (A, B, F, OWN)] == ["103.21", "44.64", "29.76", "14.88"]


def test_separate_tax_may_differ_by_rounding_and_net_never():
    customer = (Decimal("10.02"),)

    assert foot(customer)[1] == "2.40"
    assert foot(customer, customer, customer) == ("30.06", "7.21", "37.27")


@pytest.mark.parametrize(
    ("base", "rate", "tax"),
    [
        ("0.50", "19", "0.10"),
        ("0.10", "5", "0.01"),
        ("-0.50", "19", "-0.10"),
        ("0.00", "24", "0.00"),
        ("2.10", "5", "0.11"),
    ],
)
def test_tax_is_rounded_half_up(base, rate, tax):
    assert tax_of(Decimal(base), Decimal(rate)) == Decimal(tax)


def test_each_category_and_rate_has_its_row():
    totals = totals_of(
        [
            TaxedAmount(Decimal("10.00"), "S", Decimal(24)),
            TaxedAmount(Decimal("10.00"), "S", Decimal(13)),
            TaxedAmount(Decimal("5.00"), "S", Decimal("24.00")),
            TaxedAmount(Decimal("7.00"), "Z", Decimal(0)),
        ]
    )

    assert totals.subtotals == (
        TaxSubtotal("S", Decimal(13), Decimal("10.00"), Decimal("1.30")),
        TaxSubtotal("S", Decimal(24), Decimal("15.00"), Decimal("3.60")),
        TaxSubtotal("Z", Decimal(0), Decimal("7.00"), Decimal("0.00")),
    )
    assert (totals.net, totals.tax, totals.gross) == (Decimal("32.00"), Decimal("4.90"), Decimal("36.90"))


def test_no_lines_are_nothing():
    assert totals_of([]) == Totals(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"), ())
