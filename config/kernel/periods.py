"""Half-open periods of dates, `[start, end)`, and calendar arithmetic that keeps the anchor day."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to but not including `end`; never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            msg = f"a period needs at least one day: {self.start} – {self.end}"
            raise ValueError(msg)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day inside, as people print it."""
        return date.fromordinal(self.end.toordinal() - 1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def clamp_day(year: int, month: int, day: int) -> date:
    """The date of that day, or the month's last day when the month is shorter. 31 means the last day."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def add_months(anchor: date, months: int, day: int | None = None) -> date:
    """The anchor moved by whole months, its day (or `day`) clamped to the month's length.

    Always move from the original anchor: 31 Jan + 1 is 28 Feb, 31 Jan + 2 is 31 Mar (product.md §9.2).
    Raises ValueError outside the years 1–9999.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    return clamp_day(index // 12, index % 12 + 1, day or anchor.day)


def month_of(day: date) -> Period:
    """The calendar month that holds the day."""
    first = day.replace(day=1)
    return Period(first, add_months(first, 1))
