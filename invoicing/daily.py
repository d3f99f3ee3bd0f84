"""When the daily run is due: a local hour of the distributor's time zone, on every date once. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

GRACE: Final = timedelta(hours=1)
"""How long after its hour a daily run still starts by itself; later it is missed, and a person decides."""


def due_at(day: date, *, hour: int, zone: str) -> datetime:
    """The moment of that local hour in UTC. An hour that the clock skips begins when the clock has skipped it.

    An hour that comes twice counts the first time.
    """
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def days_between(first: date, last: date) -> list[date]:
    """The dates from the first to the last, both included; none when the last comes before the first."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
