"""The distributor's calendar: billing dates are dates in its time zone."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from accounts.models import Organisation
from config.kernel.clock import local_date


def local_today(at: datetime) -> date:
    """The distributor's date of a moment. Raises ValueError for a naive one.

    Until the distributor is set up, `TIME_ZONE` counts, so that its staff can look around.
    """
    zone = Organisation.objects.filter(pk=1).values_list("time_zone", flat=True).first()
    return local_date(at, zone or settings.TIME_ZONE)
