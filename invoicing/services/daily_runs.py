"""The daily run: what is due is taken at a set local hour, once a date; a missed one is an alarm, never made up.

Any number of schedulers may ask at any time: the date is unique, and a run over everyone is unfinished only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import names
from accounts.enums import StaffRole
from accounts.models import Organisation, User
from accounts.services import audit, messages
from config.kernel.clock import local_date
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.daily import GRACE, days_between, due_at
from invoicing.enums import UNFINISHED_RUNS
from invoicing.models import BillingRun, BillingSettings, DailyRun
from invoicing.services import billing_runs

log = structlog.get_logger(__name__)


class SettleNeedsWords(DomainError):
    """What became of a missed run is told."""

    user_message = gettext_lazy("Say what was done about it.")
    field = "settled_as"


class NotMissed(DomainError):
    """Only a missed run that waits is settled."""

    user_message = gettext_lazy("This daily run was not missed, or is settled already.")


def tick(*, at: datetime) -> DailyRun | None:
    """Start today's run when its hour has come; note every run that was missed. Safe to call at any time.

    Returns the row of a run that this call has started. A run that cannot start, because another one is not finished,
    is tried again until an hour has passed; then it is missed.
    """
    settings = BillingSettings.get()
    organisation = Organisation.objects.filter(pk=1).first()
    if not settings.daily_run or settings.daily_since is None or organisation is None:
        return None
    today = local_date(at, organisation.time_zone)
    known = DailyRun.objects.order_by("-on").values_list("on", flat=True).first()
    first = max(settings.daily_since, known + timedelta(days=1)) if known else settings.daily_since
    wanted = due_at(today, hour=settings.daily_hour, zone=organisation.time_zone)
    started = None
    if first <= today and wanted <= at <= wanted + GRACE:
        started = _start(today, auto_issue=settings.auto_issue, at=at)
    over = today if at > wanted + GRACE else today - timedelta(days=1)
    _miss(days_between(first, over), at=at)
    return started


def _start(today: date, *, auto_issue: bool, at: datetime) -> DailyRun | None:
    try:
        with transaction.atomic():
            run = billing_runs.start(through=today, by=None, at=at, auto_issue=auto_issue)
            started = DailyRun.objects.create(on=today, run=run)
    except (billing_runs.AlreadyRunning, IntegrityError):
        log.warning("daily_run.not_started", on=today.isoformat())
        return None
    log.info("daily_run.started", on=today.isoformat(), run=run.pk)
    return started


@transaction.atomic
def _miss(days: Sequence[date], *, at: datetime) -> None:
    """Note the dates as missed and tell Finance, once; the rows wait in the work queue until a person settles them."""
    blocked = BillingRun.objects.filter(reseller=None, state__in=UNFINISHED_RUNS).exists()
    reason = _("Another billing run was not finished.") if blocked else _("The scheduler was silent.")
    missed = []
    for day in days:
        row, is_new = DailyRun.objects.get_or_create(on=day, defaults={"missed_at": at, "reason": reason})
        if is_new:
            missed.append(row)
            audit.record("daily_run.missed", target=row, by=None, at=at, reason=reason)
            log.error("daily_run.missed", on=day.isoformat(), reason=reason)
    if missed:
        finance = User.objects.filter(is_staff=True, is_active=True, groups__name=StaffRole.FINANCE.value)
        addresses = list(finance.order_by("pk").values_list("email", flat=True))
        messages.queue(template="daily_run_missed", to=addresses, context={"rows": missed, "reason": reason}, at=at)


@transaction.atomic
def settle(*, daily: DailyRun, settled_as: str, by: User, at: datetime) -> DailyRun:
    """Say what was done about a missed run; it leaves the work queue. Raises SettleNeedsWords, NotMissed."""
    settled_as = names.clean_text(settled_as)
    if not settled_as:
        raise SettleNeedsWords
    daily = lock(daily)
    if not daily.is_open:
        raise NotMissed
    daily.settled_at, daily.settled_by, daily.settled_as = at, by, settled_as[:300]
    daily.save(update_fields=["settled_at", "settled_by", "settled_as"])
    audit.record("daily_run.settled", target=daily, by=by, at=at, reason=daily.settled_as)
    return daily
