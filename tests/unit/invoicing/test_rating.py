"""What a schedule owes, from its terms alone: E10, E11, and the days on which charges may be invoiced."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from config.kernel.periods import Period
from invoicing.enums import ChargeKind
from invoicing.rating import (
    Step,
    Terms,
    cycles_from,
    due_cycles,
    first_charges,
    increase_charge,
    invoice_on,
    next_invoice_on,
    unit_price,
)

ORDER = date(2026, 3, 20)
FIVE = Step(1, ORDER, 5, Decimal("12.00"), opens_cycle=True)


def test_full_amount_rule_charges_the_stub_like_a_cycle_e10():
    [stub] = first_charges(Terms(ORDER, 1, billing_day=1, full_amount=True), FIVE)

    assert (stub.kind, stub.period, stub.factor) == (ChargeKind.STUB, Period(ORDER, date(2026, 4, 1)), Fraction(1))
    assert stub.net == Decimal("60.00")


def test_excluded_from_proration_charges_a_whole_cycle_from_its_own_day_e11():
    [cycle] = first_charges(Terms(ORDER, 1), FIVE)

    assert (cycle.kind, cycle.period) == (ChargeKind.CYCLE, Period(ORDER, date(2026, 4, 20)))
    assert cycle.net == Decimal("60.00")


def test_proportional_rule_charges_the_days_of_the_stub():
    [stub] = first_charges(Terms(ORDER, 1, billing_day=1), FIVE)

    assert (stub.factor, stub.net) == (Fraction(12, 31), Decimal("23.23"))


@pytest.mark.parametrize(
    ("kind", "billing_day", "partial_on", "expected"),
    [
        (ChargeKind.CYCLE, 1, 1, ORDER),
        (ChargeKind.STUB, 1, 1, date(2026, 4, 1)),
        (ChargeKind.STUB, 1, None, ORDER),
        (ChargeKind.CYCLE, None, 1, date(2026, 4, 1)),
        (ChargeKind.CYCLE, None, None, ORDER),
        (ChargeKind.SETUP, 1, 20, ORDER),
        (ChargeKind.INCREASE, 1, 31, date(2026, 3, 31)),
    ],
)
def test_day_from_which_an_invoice_may_carry_it(kind, billing_day, partial_on, expected):
    assert invoice_on(Terms(ORDER, 1, billing_day=billing_day, partial_on=partial_on), kind, ORDER) == expected


def test_cycles_that_wait_for_the_billing_day_are_not_cut_before_it():
    terms = Terms(ORDER, 1, partial_on=1)

    assert due_cycles(terms, [FIVE], after=date(2026, 4, 20), through=date(2026, 4, 30)) == []
    [cycle] = due_cycles(terms, [FIVE], after=date(2026, 4, 20), through=date(2026, 5, 1))
    assert cycle.period == Period(date(2026, 4, 20), date(2026, 5, 20))
    assert next_invoice_on(terms, date(2026, 4, 20)) == date(2026, 5, 1)


def test_end_of_the_term_is_the_end_of_charges():
    terms = Terms(ORDER, 1, end_on=date(2026, 4, 20))

    assert [period.start for period in cycles_from(terms, ORDER)] == [ORDER]
    assert next_invoice_on(terms, date(2026, 4, 20)) is None
    assert first_charges(Terms(ORDER, 1, end_on=ORDER), FIVE) == []


def test_one_off_has_no_cycles_and_no_increase():
    terms = Terms(ORDER, 0)

    assert list(cycles_from(terms, ORDER)) == []
    assert next_invoice_on(terms, ORDER) is None
    assert increase_charge(terms, FIVE, 2) is None


def test_increase_after_the_end_owes_nothing_and_before_it_is_cut():
    terms = Terms(date(2026, 3, 1), 1, billing_day=1, end_on=date(2026, 3, 25))

    assert increase_charge(terms, Step(2, date(2026, 3, 25), 6, Decimal("12.00")), 1) is None
    charge = increase_charge(terms, Step(2, ORDER, 6, Decimal("12.00")), 1)
    assert (charge.period, charge.factor) == (Period(ORDER, date(2026, 3, 25)), Fraction(5, 31))


@pytest.mark.parametrize(
    ("start", "day", "number"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 1),
        (date(2026, 1, 31), date(2026, 2, 28), 2),
        (date(2026, 1, 31), date(2026, 12, 31), 12),
        (date(2026, 1, 31), date(2027, 1, 31), 1),
    ],
)
def test_instalment_of_the_cycle_that_holds_the_day(start, day, number):
    price = unit_price(Terms(start, 1, price_parts=12), Decimal("240.16"), day)

    assert price == (Decimal("20.02") if number in (2, 5, 8, 11) else Decimal("20.01"))
