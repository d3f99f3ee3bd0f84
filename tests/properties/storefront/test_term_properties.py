"""Ends of terms: counted from the original day, tiling the life without gap, the same here and at the simulator."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.proration import next_term_end
from storefront.partner_center.simulator.subscriptions import months_later

STARTS = st.dates(date(2020, 1, 1), date(2090, 12, 31))
TERMS = st.sampled_from([1, 12, 36])


def ends_of(start: date, months: int, count: int) -> list[date]:
    ends = [next_term_end(start, start, months)]
    while len(ends) < count:
        ends.append(next_term_end(start, ends[-1], months))
    return ends


def test_a_short_month_does_not_move_the_anchor():
    assert ends_of(date(2027, 1, 31), 1, 3) == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


@pytest.mark.parametrize(
    ("start", "first"), [(date(2028, 2, 29), date(2029, 2, 28)), (date(2026, 11, 30), date(2027, 11, 30))]
)
def test_a_year_ends_on_the_day_or_the_last_of_its_month(start, first):
    assert ends_of(start, 12, 1) == [first]


@given(start=STARTS, months=TERMS, count=st.integers(1, 40))
def test_every_end_is_the_original_day_or_the_last_of_a_shorter_month(start, months, count):
    ends = ends_of(start, months, count)

    for number, end in enumerate(ends, start=1):
        index = start.year * 12 + start.month - 1 + number * months
        assert (end.year, end.month) == (index // 12, index % 12 + 1)
        assert end.day == min(start.day, monthrange(end.year, end.month)[1])
    assert ends == sorted(set(ends))


@given(start=STARTS, months=TERMS, count=st.integers(1, 40))
def test_the_simulator_and_billing_agree_about_every_end(start, months, count):
    moment = datetime.combine(start, time(9, 30), UTC)

    theirs = [months_later(moment, number * months).date() for number in range(1, count + 1)]

    assert theirs == ends_of(start, months, count)
