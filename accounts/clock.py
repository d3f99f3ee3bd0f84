"""The distributor's calendar: billing dates are dates in its time zone."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import Organisation
from config.kernel.clock import local_date


def local_today(at: datetime) -> date:
    """The distributor's date of a moment. Raises ValueError for a naive one."""
    return local_date(at, Organisation.get().time_zone)
