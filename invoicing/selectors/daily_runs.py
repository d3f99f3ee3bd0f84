"""Reads of daily runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Organisation
from config.kernel.clock import local_date
from invoicing.daily import GRACE, due_at
from invoicing.models import BillingSettings, DailyRun


def missed_runs() -> QuerySet[DailyRun]:
    """Dates whose daily run was missed and that nobody has settled, oldest first."""
    return DailyRun.objects.filter(run=None, settled_at=None).order_by("on", "pk")


def first_day(*, hour: int, at: datetime) -> date:
    """The first date of daily runs that are switched on now: today, or tomorrow when its hour is over."""
    organisation = Organisation.objects.filter(pk=1).first()
    zone = organisation.time_zone if organisation else "UTC"
    today = local_date(at, zone)
    return today + timedelta(days=1) if at > due_at(today, hour=hour, zone=zone) + GRACE else today


def since_of(settings: BillingSettings, *, at: datetime) -> date | None:
    """From which date daily runs count: None while they are off, else the day on which they were switched on."""
    if not settings.daily_run:
        return None
    return settings.daily_since or first_day(hour=settings.daily_hour, at=at)
