"""What a customer gets back (product.md §10.3). Pure; amounts are net, in one currency, negative when given back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from config.kernel.money import round_half_up
from config.kernel.periods import Period

HOUR = timedelta(hours=1)
FULL_REFUND_HOURS = 24
WINDOW_HOURS = 168


class WindowClosed(ValueError):
    """More than 168 hours have passed since the purchase, the renewal or the added seats."""


def day_refund(*, quantity: int, unit_price: Decimal, cancel_on: date, cycle: Period) -> Decimal:
    """Refund by day: the days after the cancel day, which is still charged. Raises ValueError outside the cycle."""
    if cancel_on not in cycle:
        msg = f"{cancel_on} is not in {cycle.start} – {cycle.end}"
        raise ValueError(msg)
    days_after = (cycle.end - cancel_on).days - 1
    return round_half_up(-quantity * Fraction(unit_price) * Fraction(days_after, cycle.days))


def hour_refund(*, amount: Decimal, bought_at: datetime, cancelled_at: datetime, charged: Period) -> Decimal:
    """Refund by started hours of the charged period; all of it within 24 hours of the purchase.

    `amount` is the positive net that was charged for `charged`; the moments are aware. Raises WindowClosed after
    168 hours (product.md §9.2) and ValueError for a cancellation before the purchase.
    """
    used = cancelled_at - bought_at
    if used < timedelta(0):
        msg = "cancelled before it was bought"
        raise ValueError(msg)
    if used > WINDOW_HOURS * HOUR:
        msg = "the 168 hours have passed"
        raise WindowClosed(msg)
    if used <= FULL_REFUND_HOURS * HOUR:
        return -amount
    hours = charged.days * 24
    started_hours = -(-used // HOUR)
    left = max(0, hours - started_hours)
    return round_half_up(-Fraction(amount) * Fraction(left, hours))
