"""What every change of a billing schedule shares: its checks, the appended row, and the prices that lie ahead.

A change is a row that is never rewritten; the latest row of a day says what holds from it. A price can lie ahead: a
quantity that changes before its day is written first, and the price once more after it, with that quantity.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.enums import SCHEDULE_TRANSITIONS, ChangeKind, ScheduleState
from invoicing.models import BillingSchedule, ScheduleChange
from invoicing.proration import cycle_holding
from invoicing.rating import step_on
from invoicing.selectors.schedules import OPENING, UNRATED, steps_of


class NotActive(DomainError):
    """Only an active schedule can be changed."""

    user_message = _("This service is not active, so it cannot be changed.")


class BeforeItStarts(DomainError):
    """Nothing changes before the first day."""

    user_message = _("It starts on %(day)s. Choose that day or a later one.")
    field = "on"


class NotAPeriodStart(DomainError):
    """Inside a billing period that has not begun, units can only leave at its first day."""

    user_message = _("Fewer units count from the first day of a billing period. Choose %(day)s.")


class LaterChange(DomainError):
    """Changes are made in the order of their days."""

    user_message = _("There is a change on %(day)s. Choose a later day.")


def active(schedule: BillingSchedule) -> BillingSchedule:
    """The schedule under its lock and that of the bill-to, when it can be changed. Raises NotActive."""
    lock(schedule.bill_to)
    schedule = lock(schedule)
    if schedule.state != ScheduleState.ACTIVE or schedule.end_on is not None or schedule.start_on is None:
        raise NotActive
    return schedule


def check_started(schedule: BillingSchedule, on: date) -> None:
    """Raise BeforeItStarts for a day before the first."""
    if schedule.start_on is not None and on < schedule.start_on:
        raise BeforeItStarts(day=schedule.start_on)


def check_order(schedule: BillingSchedule, on: date, *, fewer: bool = False) -> None:
    """Changes follow each other in time: fewer units happen on the day before they count, or open the life or term.

    A price that lies ahead is no hindrance (`repeat_prices`). Raises BeforeItStarts, LaterChange.
    """
    check_started(schedule, on)
    ahead = Q(kind=ChangeKind.PRICE, effective_on__gt=on)
    last = schedule.changes.exclude(ahead).exclude(kind__in=UNRATED).order_by("-seq").first()
    if last is None:
        return
    opens = last.kind in OPENING and on == last.effective_on
    acted_on = on - timedelta(days=1) if fewer and not opens else on
    last_on = last.effective_on - timedelta(days=1) if last.kind == ChangeKind.FEWER else last.effective_on
    if acted_on < last_on:
        raise LaterChange(day=last.effective_on)


def check_period_start(schedule: BillingSchedule, on: date) -> None:
    """Raise NotAPeriodStart for a day inside a period that is not charged yet."""
    if on < (schedule.charged_through or on):
        return
    terms = schedule.terms
    cycle = cycle_holding(on, terms.start_on, terms.billing_day, terms.cycle_months)
    if on not in (cycle.start, terms.start_on):
        raise NotAPeriodStart(day=cycle.end)


def append(
    schedule: BillingSchedule,
    kind: ChangeKind,
    *,
    on: date,
    by: User | None,
    at: datetime,
    reason: str = "",
    priced_as: ScheduleChange | None = None,
) -> ScheduleChange:
    """Write the next change, with the schedule's quantity and its price, or that of the change `priced_as`."""
    return ScheduleChange.objects.create(
        schedule=schedule,
        seq=schedule.changes.count() + 1,
        kind=kind,
        effective_on=on,
        quantity=schedule.quantity,
        price=priced_as.price if priced_as else schedule.price,
        at=at,
        by=by,
        reason=reason[:500],
        price_source=priced_as.price_source if priced_as else schedule.price_source,
    )


def in_force(schedule: BillingSchedule, on: date) -> ScheduleChange:
    """The change by which a billing period that opens on that day is charged."""
    changes = {change.seq: change for change in schedule.changes.order_by("seq")}
    return changes[step_on(steps_of(changes.values()), on).seq]


def prices_ahead(schedule: BillingSchedule, *, after: date) -> list[ScheduleChange]:
    """The prices that are planned for days after that one, one a day, in the order of days."""
    ahead = schedule.changes.filter(kind=ChangeKind.PRICE, effective_on__gt=after).order_by("seq")
    latest = {change.effective_on: change for change in ahead}
    return [latest[day] for day in sorted(latest)]


def repeat_prices(schedule: BillingSchedule, *, after: date, by: User | None, at: datetime) -> None:
    """Write the prices that lie ahead of that day once more, with the quantity that holds now.

    The schedule itself carries the last price that is agreed. The caller saves it.
    """
    for planned in prices_ahead(schedule, after=after):
        schedule.price, schedule.price_source = planned.price, planned.price_source
        append(schedule, ChangeKind.PRICE, on=planned.effective_on, by=by, at=at, reason=planned.reason)


def finish(schedule: BillingSchedule, *, at: datetime) -> None:
    """Nothing more will be charged."""
    SCHEDULE_TRANSITIONS.check(ScheduleState(schedule.state), ScheduleState.ENDED)
    schedule.state, schedule.ended_at = ScheduleState.ENDED, at
    schedule.save()
