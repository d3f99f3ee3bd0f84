"""E9 and E12–E14 of product.md §10.4."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel.periods import Period
from invoicing.refunds import WindowClosed, day_refund, hour_refund

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
BOUGHT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
CHARGED = Period(date(2026, 3, 10), date(2026, 4, 10))


def refund(at, amount="207.00"):
    return hour_refund(amount=Decimal(amount), bought_at=BOUGHT, cancelled_at=at, charged=CHARGED)


def test_day_refund_keeps_the_cancel_day_e9():
    assert day_refund(quantity=5, unit_price=Decimal("12.00"), cancel_on=date(2026, 3, 21), cycle=MARCH) == Decimal(
        "-19.35"
    )


def test_day_refund_on_the_last_day_is_nothing():
    assert day_refund(quantity=5, unit_price=Decimal("12.00"), cancel_on=date(2026, 3, 31), cycle=MARCH) == 0


def test_day_refund_outside_the_cycle_is_refused():
    with pytest.raises(ValueError, match="is not in"):
        day_refund(quantity=5, unit_price=Decimal("12.00"), cancel_on=date(2026, 4, 1), cycle=MARCH)


def test_hour_refund_counts_started_hours_e12():
    assert refund(datetime(2026, 3, 12, 15, 0, tzinfo=UTC)) == Decimal("-191.98")


@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=1), timedelta(hours=24)])
def test_all_of_it_comes_back_within_24_hours_e13(after):
    assert refund(BOUGHT + after) == Decimal("-207.00")


def test_second_after_24_hours_keeps_25_hours():
    assert refund(BOUGHT + timedelta(hours=24, seconds=1)) == Decimal("-200.04")


def test_exact_hour_is_not_rounded_up():
    assert refund(BOUGHT + timedelta(hours=25)) == Decimal("-200.04")


def test_last_second_of_the_window_still_refunds():
    assert refund(BOUGHT + timedelta(hours=168)) == Decimal("-160.26")


def test_after_168_hours_it_is_refused_e14():
    with pytest.raises(WindowClosed):
        refund(datetime(2026, 3, 17, 9, 30, 1, tzinfo=UTC))


def test_refund_before_the_purchase_is_refused():
    with pytest.raises(ValueError, match="before it was bought"):
        refund(BOUGHT - timedelta(seconds=1))


def test_short_period_never_refunds_more_than_nothing_is_left():
    short = Period(date(2026, 3, 10), date(2026, 3, 12))

    left = hour_refund(
        amount=Decimal("10.00"), bought_at=BOUGHT, cancelled_at=BOUGHT + timedelta(hours=60), charged=short
    )

    assert left == 0
