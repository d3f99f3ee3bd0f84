"""Which charges share an invoice, and in which order they stand (product.md §11)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicing.grouping import Beneficiary, SectionKind, groups_of
from invoicing.tax import Treatment

R = Beneficiary(1, "Reseller", SectionKind.OWN_USE)
ACME = Beneficiary(2, "Acme", SectionKind.END_CUSTOMER)
BETA = Beneficiary(3, "beta", SectionKind.END_CUSTOMER)
HOSTING = Beneficiary(4, "Zeta hosting", SectionKind.AFFILIATE)
VAT = Treatment("S", Decimal(24))


@dataclass(frozen=True)
class Line:
    beneficiary: Beneficiary
    net: Decimal
    treatment: Treatment = VAT
    currency: str = "EUR"
    period_start: date = date(2026, 4, 1)
    line_order: tuple[Any, ...] = ()


def line(who, net, **more):
    return Line(who, Decimal(net), **more)


CHARGES = [line(BETA, 36), line(ACME, 60), line(R, 12), line(ACME, "23.23", line_order=(1,)), line(HOSTING, 24)]


def shape(groups):
    return [
        (group.separate_for.name if group.separate_for else "*", [(s.beneficiary.name, s.net) for s in group.sections])
        for group in groups
    ]


def test_nobody_flagged_makes_one_invoice_with_ordered_sections():
    assert shape(groups_of(CHARGES, bill_to=1, separate=set())) == [
        (
            "*",
            [
                ("Reseller", Decimal(12)),
                ("Zeta hosting", Decimal(24)),
                ("Acme", Decimal("83.23")),
                ("beta", Decimal(36)),
            ],
        )
    ]


def test_flagged_customer_gets_its_own_invoice_and_the_rest_stays_together():
    assert shape(groups_of(CHARGES, bill_to=1, separate={2})) == [
        ("*", [("Reseller", Decimal(12)), ("Zeta hosting", Decimal(24)), ("beta", Decimal(36))]),
        ("Acme", [("Acme", Decimal("83.23"))]),
    ]


def test_separate_invoices_follow_in_name_order():
    groups = groups_of(CHARGES, bill_to=1, separate={2, 3, 4})

    assert [name for name, _ in shape(groups)] == ["*", "Acme", "beta", "Zeta hosting"]


def test_own_use_is_never_separate():
    assert [name for name, _ in shape(groups_of(CHARGES, bill_to=1, separate={1}))] == ["*"]


def test_greek_names_sort_without_accents():
    names = ["Ωμέγα", "Όμικρον", "Άλφα"]
    charges = [line(Beneficiary(n, name, SectionKind.END_CUSTOMER), 1) for n, name in enumerate(names, start=2)]

    [(_, sections)] = shape(groups_of(charges, bill_to=1, separate=set()))

    assert [name for name, _ in sections] == ["Άλφα", "Όμικρον", "Ωμέγα"]


def test_currencies_and_exemptions_never_share_an_invoice():
    charges = [
        line(ACME, 1),
        line(ACME, 2, treatment=Treatment("S", Decimal(13))),
        line(ACME, 3, currency="USD"),
        line(ACME, 4, treatment=Treatment("AE", Decimal(0), "Reverse charge")),
    ]

    groups = groups_of(charges, bill_to=1, separate=set())

    assert [[one.net for one in group.lines] for group in groups] == [[1, 2], [4], [3]]
    assert groups[1].key.exemption == "AE Reverse charge"


def test_zero_only_groups_make_no_invoice_but_zero_lines_are_shown():
    assert groups_of([line(ACME, 0)], bill_to=1, separate=set()) == []

    [group] = groups_of([line(ACME, 0), line(BETA, 5)], bill_to=1, separate=set())
    assert [one.net for one in group.lines] == [0, 5]


@pytest.mark.parametrize(("by_month", "documents"), [(False, 1), (True, 2)])
def test_one_invoice_per_month_of_supply_is_an_option(by_month, documents):
    charges = [line(ACME, 1, period_start=date(2026, 3, 20)), line(ACME, 2)]

    assert len(groups_of(charges, bill_to=1, separate=set(), by_supply_month=by_month)) == documents


def test_lines_stand_in_their_own_order():
    charges = [line(ACME, 2, line_order=("b",)), line(ACME, 1, line_order=("a",))]

    [group] = groups_of(charges, bill_to=1, separate=set())

    assert [one.net for one in group.lines] == [1, 2]
