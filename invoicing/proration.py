"""Which periods a schedule is charged for, and which part of a full cycle each of them is (product.md §10.3).

Pure: dates in, exact fractions out. Dates are calendar dates in the distributor's time zone, periods are half-open
`[start, end)`. Imports without Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from config.kernel.money import ratio_half_up
from config.kernel.periods import Period, add_months, clamp_day

WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """The days `[start, end)` and which part of one full cycle they are, as an exact fraction."""

    start: date
    end: date
    fraction: Fraction


def billing_periods(  # noqa: PLR0917 -- the promise of architecture.md §5 is positional
    start: date, end: date | None, through: date, billing_day: int | None, months: int, prorate: bool = True
) -> list[BillingPeriod]:
    """All periods charged in advance whose first day is not later than `through`, oldest first.

    `end` is exclusive, None means open. `billing_day` is 1–31, clamped to each month (31 = last day).
    With `prorate` the cycles start on the billing day: an opening stub is measured against the cycle that ends on the
    first billing day. Without it they start on the anniversary of `start`, counted from the original day, and
    `billing_day` is not used. The last cycle is cut at `end` and measured in days. The periods tile
    `[start, end)` without gap or overlap. Raises ValueError for a billing day outside 1–31 or less than one month.
    """
    check_cycle(billing_day, months, prorate=prorate)
    periods: list[BillingPeriod] = []
    for cycle, opens in _cycles(start, billing_day if prorate else None, months):
        if opens > through or (end is not None and opens >= end):
            return periods
        closes = cycle.end if end is None else min(cycle.end, end)
        periods.append(BillingPeriod(opens, closes, part_of(cycle, opens, closes)))
    return periods


def _cycles(start: date, billing_day: int | None, months: int) -> Iterator[tuple[Period, date]]:
    """Each full cycle with the first day charged in it: `start` for the opening one, its own first day after that."""
    anchor = start if billing_day is None else next_billing_day(start, billing_day)
    day = billing_day or start.day
    if start < anchor:
        yield Period(add_months(anchor, -months, day), anchor), start
    step = 0
    while True:
        cycle = Period(add_months(anchor, step, day), add_months(anchor, step + months, day))
        yield cycle, cycle.start
        step += months


def check_cycle(billing_day: int | None, months: int, *, prorate: bool) -> None:
    """Raise ValueError unless the cycle is one month or longer and, with proration, the billing day is 1–31."""
    if months < 1:
        msg = f"a cycle is one month or longer, not {months}"
        raise ValueError(msg)
    if prorate and (billing_day is None or not 1 <= billing_day <= 31):
        msg = f"a billing day is 1 to 31, not {billing_day}"
        raise ValueError(msg)


def next_billing_day(on: date, billing_day: int) -> date:
    """The first billing day on or after the date; a day past the month's end means its last day."""
    this_month = clamp_day(on.year, on.month, billing_day)
    return this_month if this_month >= on else add_months(on, 1, billing_day)


@lru_cache(maxsize=4096)
def cycle_holding(day: date, start: date, billing_day: int | None, months: int) -> Period:
    """The full cycle that holds the day, of a schedule that begins on `start`; the opening one may begin before it.

    `billing_day` None means cycles on the anniversary of `start`. Raises ValueError for a day before `start`.
    """
    if day < start:
        msg = f"{day} is before the start, {start}"
        raise ValueError(msg)
    anchor = start if billing_day is None else next_billing_day(start, billing_day)
    anchor_day = billing_day or start.day
    distance = (day.year - anchor.year) * 12 + day.month - anchor.month
    step = distance // months * months
    if add_months(anchor, step, anchor_day) > day:
        step -= months
    return Period(add_months(anchor, step, anchor_day), add_months(anchor, step + months, anchor_day))


def next_term_end(start: date, ends: date, months: int) -> date:
    """Where the term that begins on `ends` ends, `months` later, counted from the original day of `start`.

    31 Jan, 28 Feb, 31 Mar: a short month never moves the anchor (product.md §9.2).
    """
    passed = (ends.year - start.year) * 12 + ends.month - start.month
    return add_months(start, passed + months)


@lru_cache(maxsize=4096)
def part_of(cycle: Period, opens: date, closes: date) -> Fraction:
    """Which part of the cycle the days `[opens, closes)` are, in actual days of that cycle."""
    return WHOLE if (opens, closes) == (cycle.start, cycle.end) else Fraction((closes - opens).days, cycle.days)


def stub_factor(order_on: date, billing_day: int, months: int) -> Fraction:
    """From the order day (included) to the next billing day, as part of the cycle that ends there; 1 on the day."""
    closes = next_billing_day(order_on, billing_day)
    if closes == order_on:
        return WHOLE
    return part_of(Period(add_months(closes, -months, billing_day), closes), order_on, closes)


def increase_factor(change_on: date, cycle: Period) -> Fraction:
    """What added units pay in the running cycle: the days that remain, the day of the change included.

    Raises ValueError for a day outside the cycle.
    """
    if change_on not in cycle:
        msg = f"{change_on} is not in {cycle.start} – {cycle.end}"
        raise ValueError(msg)
    return part_of(cycle, change_on, cycle.end)


def line_net(quantity: int, unit_price: Decimal, factor: Fraction) -> Decimal:
    """Net of one line in cents: quantity × unit price × factor, rounded half up once."""
    price, parts = unit_price.as_integer_ratio()
    return ratio_half_up(quantity * price * factor.numerator, parts * factor.denominator)
