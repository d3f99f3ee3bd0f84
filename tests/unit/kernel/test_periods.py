"""Half-open periods and month arithmetic."""

from datetime import date

import pytest

from config.kernel.periods import Period, add_months, clamp_day, month_of


def test_period_is_half_open():
    march = Period(date(2026, 3, 1), date(2026, 4, 1))

    assert march.days == 31
    assert march.last_day == date(2026, 3, 31)
    assert date(2026, 3, 1) in march
    assert date(2026, 3, 31) in march
    assert date(2026, 4, 1) not in march
    assert date(2026, 2, 28) not in march


@pytest.mark.parametrize("end", [date(2026, 3, 1), date(2026, 2, 28)])
def test_empty_period_is_refused(end):
    with pytest.raises(ValueError, match="at least one day"):
        Period(date(2026, 3, 1), end)


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (0, date(2026, 1, 31)),
        (1, date(2026, 2, 28)),
        (2, date(2026, 3, 31)),
        (25, date(2028, 2, 29)),
        (-2, date(2025, 11, 30)),
    ],
)
def test_months_are_counted_from_the_original_day(months, expected):
    assert add_months(date(2026, 1, 31), months) == expected


def test_day_can_be_stated():
    assert add_months(date(2026, 2, 28), 1, 31) == date(2026, 3, 31)
    assert clamp_day(2027, 2, 30) == date(2027, 2, 28)


@pytest.mark.parametrize(("anchor", "months"), [(date(9999, 12, 1), 1), (date(1, 1, 1), -1)])
def test_years_outside_the_calendar_are_refused(anchor, months):
    with pytest.raises(ValueError, match="year"):
        add_months(anchor, months)


def test_month_of_a_day():
    assert month_of(date(2026, 12, 31)) == Period(date(2026, 12, 1), date(2027, 1, 1))
