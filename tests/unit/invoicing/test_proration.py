"""The worked examples E1–E11, E15–E18 of product.md §10.4, and the edges of `billing_periods`."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from config.kernel.money import round_half_up
from config.kernel.periods import Period
from invoicing.proration import (
    BillingPeriod,
    billing_periods,
    cycle_holding,
    increase_factor,
    line_net,
    next_billing_day,
    stub_factor,
)

TWELVE = Decimal("12.00")


@pytest.mark.parametrize(
    ("price", "order_on", "billing_day", "months", "factor", "net"),
    [
        pytest.param("31.00", date(2026, 7, 9), 1, 1, Fraction(23, 31), "23.00", id="E1"),
        pytest.param("12.00", date(2026, 1, 10), 1, 1, Fraction(22, 31), "8.52", id="E2"),
        pytest.param("12.00", date(2026, 4, 10), 1, 1, Fraction(21, 30), "8.40", id="E3"),
        pytest.param("12.00", date(2026, 3, 10), 15, 1, Fraction(5, 28), "2.14", id="E4"),
        pytest.param("12.00", date(2026, 3, 10), 31, 1, Fraction(21, 31), "8.13", id="E5"),
        pytest.param("120.00", date(2026, 7, 9), 1, 12, Fraction(23, 365), "7.56", id="E6"),
        pytest.param("120.00", date(2027, 3, 10), 1, 12, Fraction(22, 365), "7.23", id="E6b"),
        pytest.param("120.00", date(2028, 2, 10), 1, 12, Fraction(20, 366), "6.56", id="E7"),
    ],
)
def test_opening_stub_is_measured_against_the_cycle_that_ends_on_the_first_billing_day(
    price, order_on, billing_day, months, factor, net
):
    [stub] = billing_periods(order_on, None, order_on, billing_day, months)

    assert stub.start == order_on
    assert stub.end == next_billing_day(order_on, billing_day)
    assert stub.fraction == factor == stub_factor(order_on, billing_day, months)
    assert line_net(1, Decimal(price), stub.fraction) == Decimal(net)


def test_increase_pays_the_days_that_remain_with_the_day_of_change_e8():
    march = Period(date(2026, 3, 1), date(2026, 4, 1))

    assert line_net(3, TWELVE, increase_factor(date(2026, 3, 20), march)) == Decimal("13.94")


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 4, 1)])
def test_increase_outside_the_cycle_is_refused(day):
    with pytest.raises(ValueError, match="is not in"):
        increase_factor(day, Period(date(2026, 3, 1), date(2026, 4, 1)))


def test_product_excluded_from_proration_runs_from_its_own_day_e11():
    [cycle] = billing_periods(date(2026, 3, 20), None, date(2026, 3, 20), 1, 1, prorate=False)

    assert cycle == BillingPeriod(date(2026, 3, 20), date(2026, 4, 20), Fraction(1))
    assert line_net(5, TWELVE, cycle.fraction) == Decimal("60.00")


def test_added_seats_of_a_monthly_billed_term_pay_the_rest_of_the_month_e15():
    cycle = cycle_holding(date(2026, 3, 25), date(2026, 3, 10), None, 1)

    assert cycle == Period(date(2026, 3, 10), date(2026, 4, 10))
    assert line_net(2, Decimal("11.00"), increase_factor(date(2026, 3, 25), cycle)) == Decimal("11.35")


def test_added_seats_of_a_prepaid_term_pay_the_rest_of_the_year_e16():
    cycle = cycle_holding(date(2026, 3, 25), date(2026, 3, 10), None, 12)

    assert line_net(2, Decimal("132.00"), increase_factor(date(2026, 3, 25), cycle)) == Decimal("253.15")


def test_anniversaries_keep_the_original_day_e17():
    periods = billing_periods(date(2026, 1, 31), None, date(2026, 3, 31), None, 1, prorate=False)

    assert [(period.start, period.end) for period in periods] == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ]


def test_billing_day_31_is_the_last_day_of_a_short_month_e18():
    assert next_billing_day(date(2026, 4, 2), 31) == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("on", "billing_day", "expected"),
    [
        (date(2026, 3, 1), 1, date(2026, 3, 1)),
        (date(2026, 3, 2), 1, date(2026, 4, 1)),
        (date(2026, 12, 31), 30, date(2027, 1, 30)),
        (date(2028, 2, 29), 30, date(2028, 2, 29)),
        (date(2028, 2, 29), 29, date(2028, 2, 29)),
        (date(2026, 2, 28), 29, date(2026, 2, 28)),
        (date(2026, 1, 30), 29, date(2026, 2, 28)),
    ],
)
def test_next_billing_day_includes_today(on, billing_day, expected):
    assert next_billing_day(on, billing_day) == expected


def test_order_on_the_billing_day_is_a_full_cycle_without_stub():
    periods = billing_periods(date(2026, 3, 1), None, date(2026, 4, 1), 1, 1)

    assert periods == [
        BillingPeriod(date(2026, 3, 1), date(2026, 4, 1), Fraction(1)),
        BillingPeriod(date(2026, 4, 1), date(2026, 5, 1), Fraction(1)),
    ]
    assert stub_factor(date(2026, 3, 1), 1, 1) == 1


def test_stub_is_followed_by_cycles_on_the_billing_day():
    periods = billing_periods(date(2026, 1, 20), None, date(2026, 3, 31), 31, 1)

    assert periods == [
        BillingPeriod(date(2026, 1, 20), date(2026, 1, 31), Fraction(11, 31)),
        BillingPeriod(date(2026, 1, 31), date(2026, 2, 28), Fraction(1)),
        BillingPeriod(date(2026, 2, 28), date(2026, 3, 31), Fraction(1)),
        BillingPeriod(date(2026, 3, 31), date(2026, 4, 30), Fraction(1)),
    ]


def test_last_cycle_is_cut_at_the_end():
    periods = billing_periods(date(2026, 2, 1), date(2026, 3, 11), date(2026, 12, 31), 1, 1)

    assert periods == [
        BillingPeriod(date(2026, 2, 1), date(2026, 3, 1), Fraction(1)),
        BillingPeriod(date(2026, 3, 1), date(2026, 3, 11), Fraction(10, 31)),
    ]


def test_stub_that_ends_before_the_billing_day_is_cut_too():
    assert billing_periods(date(2026, 3, 10), date(2026, 3, 20), date(2026, 12, 31), 1, 1) == [
        BillingPeriod(date(2026, 3, 10), date(2026, 3, 20), Fraction(10, 31))
    ]


def test_end_on_the_billing_day_leaves_whole_cycles_only():
    [only] = billing_periods(date(2026, 3, 1), date(2026, 4, 1), date(2026, 12, 31), 1, 1)

    assert only == BillingPeriod(date(2026, 3, 1), date(2026, 4, 1), Fraction(1))


@pytest.mark.parametrize("end", [date(2026, 3, 10), date(2026, 3, 9)])
def test_nothing_is_charged_when_it_ends_before_it_begins(end):
    assert billing_periods(date(2026, 3, 10), end, date(2026, 12, 31), 1, 1) == []


def test_nothing_is_charged_before_the_start():
    assert billing_periods(date(2026, 3, 10), None, date(2026, 3, 9), 1, 1) == []


def test_anniversary_cycle_is_cut_at_the_end():
    [year] = billing_periods(date(2026, 3, 10), date(2026, 9, 10), date(2026, 12, 31), None, 12, prorate=False)

    assert year.fraction == Fraction(184, 365)


def test_leap_day_anniversary_comes_back_every_fourth_year():
    starts = [p.start for p in billing_periods(date(2028, 2, 29), None, date(2032, 3, 1), None, 12, prorate=False)]

    assert starts == [date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)]


@pytest.mark.parametrize("billing_day", [0, 32, -1, None])
def test_impossible_billing_day_is_refused(billing_day):
    with pytest.raises(ValueError, match="billing day is 1 to 31"):
        billing_periods(date(2026, 1, 1), None, date(2026, 2, 1), billing_day, 1)


def test_empty_cycle_is_refused():
    with pytest.raises(ValueError, match="one month or longer"):
        billing_periods(date(2026, 1, 1), None, date(2026, 2, 1), 1, 0)


@pytest.mark.parametrize(
    ("day", "billing_day", "months", "expected"),
    [
        (date(2026, 3, 10), 1, 1, Period(date(2026, 3, 1), date(2026, 4, 1))),
        (date(2026, 3, 31), 1, 1, Period(date(2026, 3, 1), date(2026, 4, 1))),
        (date(2026, 4, 1), 1, 1, Period(date(2026, 4, 1), date(2026, 5, 1))),
        (date(2026, 4, 30), 31, 1, Period(date(2026, 4, 30), date(2026, 5, 31))),
        (date(2027, 4, 2), 1, 12, Period(date(2027, 4, 1), date(2028, 4, 1))),
    ],
)
def test_cycle_holding_finds_the_full_cycle(day, billing_day, months, expected):
    assert cycle_holding(day, date(2026, 3, 10), billing_day, months) == expected


def test_cycle_before_the_start_is_refused():
    with pytest.raises(ValueError, match="before the start"):
        cycle_holding(date(2026, 3, 9), date(2026, 3, 10), 1, 1)


def test_line_is_rounded_once_and_half_up():
    assert line_net(3, Decimal("0.005"), Fraction(1)) == Decimal("0.02")
    assert line_net(-5, TWELVE, Fraction(10, 31)) == Decimal("-19.35")
    assert round_half_up(Fraction(-1, 200)) == Decimal("-0.01")


def test_module_imports_without_django():
    code = "import sys, invoicing.proration as p; assert 'django' not in sys.modules; print(p.BillingPeriod.__name__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PATH": ""})

    assert (done.stdout.strip(), done.stderr) == ("BillingPeriod", "")
