"""Moments and dates. Billing dates are dates in the distributor's time zone; Microsoft's windows are UTC moments."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_date(at: datetime, tz: str) -> date:
    """The calendar date of the moment in the named time zone. Raises ValueError for a naive moment."""
    if at.tzinfo is None:
        msg = "a moment needs its time zone"
        raise ValueError(msg)
    return at.astimezone(ZoneInfo(tz)).date()
