"""Two bills of one reseller beside each other: new, gone, changed, and what is worth a look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from invoicing.comparison import BilledLine, Thresholds, compare, flags_of, percent_of, services_of
from invoicing.enums import DifferenceKind, RunFlag

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
LIMITS = Thresholds(Decimal(30), Decimal("50.00"))


def line(key, net, *, quantity=1, price="12.00", kind="cycle", start=MARCH, name="Acme", product="E3"):
    return BilledLine(key, 7, name, product, "S-1", kind, start, quantity, Decimal(price), Decimal(net))


def compared(before, after):
    def total(lines):
        return sum((one.net for one in lines), Decimal("0.00"))

    return compare(services_of(before), services_of(after), before_net=total(before), after_net=total(after))


def test_new_gone_and_changed_services_stand_with_the_largest_amount_first():
    before = [line("a", "60.00", quantity=5), line("b", "36.00", quantity=3), line("c", "12.00"), line("d", "9.00")]
    after = [line("a", "96.00", quantity=8), line("c", "12.00"), line("d", "9.00", price="9.00"), line("e", "24.00")]

    found = compared(before, after)

    told = [(row.service.key, row.kind, str(row.amount), row.units, row.percent) for row in found.differences]
    assert sorted(told) == [
        ("a", DifferenceKind.CHANGED, "36.00", 3, Decimal("60.0")),
        ("b", DifferenceKind.GONE, "-36.00", -3, Decimal("-100.0")),
        ("d", DifferenceKind.CHANGED, "0.00", 0, Decimal("0.0")),
        ("e", DifferenceKind.NEW, "24.00", 1, None),
    ]
    assert [abs(row.amount) for row in found.differences] == sorted(
        (abs(row.amount) for row in found.differences), reverse=True
    )
    assert (found.before_net, found.after_net, found.amount, found.percent) == (
        *(Decimal("117.00"), Decimal("141.00"), Decimal("24.00")),
        Decimal("20.5"),
    )
    assert [found.count(kind) for kind in DifferenceKind] == [1, 1, 2]


def test_a_service_takes_units_and_price_of_its_latest_period_and_the_sum_of_its_lines():
    lines = [
        line("a", "60.00", quantity=5, start=APRIL),
        line("a", "23.23", quantity=5, kind="stub", start=date(2026, 3, 20)),
        line("a", "4.80", quantity=2, kind="increase", start=date(2026, 4, 18)),
        line("a", "-1.00", quantity=-1, kind="refund", start=date(2026, 4, 20)),
    ]

    service = services_of(lines)["a"]

    assert (service.quantity, service.net) == (5, Decimal("87.03"))


def test_first_bill_has_no_differences_and_one_flag():
    found = compare(None, services_of([line("a", "900.00")]), before_net=None, after_net=Decimal("900.00"))

    assert (found.differences, found.percent, found.amount) == ((), None, Decimal("900.00"))
    assert flags_of(found, LIMITS) == [RunFlag.FIRST]


@pytest.mark.parametrize(
    ("before", "after", "flags"),
    [
        ("200.00", "261.00", [RunFlag.HIGHER]),
        ("200.00", "260.00", []),
        ("200.00", "139.99", [RunFlag.LOWER]),
        ("100.00", "149.00", []),
        ("1000.00", "1060.00", []),
        ("0.00", "50.01", [RunFlag.HIGHER]),
        ("0.00", "50.00", []),
        ("20.00", "-40.00", [RunFlag.LOWER, RunFlag.CREDIT]),
    ],
)
def test_both_limits_must_be_exceeded(before, after, flags):
    assert flags_of(compared([line("a", before)], [line("a", after)]), LIMITS) == flags


def test_services_that_cancel_each_other_out_are_flagged_by_themselves():
    found = compared([line("a", "500.00")], [line("b", "500.00")])

    assert (found.amount, flags_of(found, LIMITS)) == (Decimal("0.00"), [RunFlag.SERVICE])


def test_percent_is_of_the_last_amount_whatever_its_sign():
    assert percent_of(Decimal(5), Decimal(-50)) == Decimal("10.0")
    assert percent_of(Decimal(5), Decimal(0)) is None
