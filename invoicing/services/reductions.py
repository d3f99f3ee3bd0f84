"""Fewer units, or none: what is given back by the refund policy, and on which document (product.md §9, §12.1).

`on` is the first day without the units; the day before is the cancel day, which is still charged by the daily policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import User
from config.kernel.errors import DomainError
from invoicing.enums import RefundPolicy
from invoicing.models import BillingSchedule, Charge, ScheduleChange
from invoicing.proration import cycle_holding
from invoicing.rating import cycle_charge, cycles_from
from invoicing.refunds import Refund, refunds_of, units_in_window
from invoicing.selectors import refundable
from invoicing.selectors.credits import is_of_invoiced
from invoicing.selectors.schedules import steps_of
from invoicing.services import charges, order_runs
from invoicing.services.credits import issue_refunds
from invoicing.services.issuing import OrganisationIncomplete


class WindowClosed(DomainError):
    """By the hour, units go back within 168 hours of their purchase only; each increase has its own window."""

    user_message = _(
        "Only %(units)s units can be taken back now: 168 hours after the purchase the term is binding. "
        "Choose fewer, or let it end with its term."
    )


class NotOnThatDay(DomainError):
    """By the hour it ends now, or with its term."""

    user_message = _("Inside its term it can only end now: choose %(day)s.")
    field = "on"


class TooFarBack(DomainError):
    """A past day lies in the running billing period; earlier ones are credited by hand."""

    user_message = _("Choose %(day)s or a later day. What is older is credited on the invoice.")
    field = "on"


def plan(*, schedule: BillingSchedule, units: int, on: date, at: datetime, by: User | None) -> list[Refund]:
    """What comes back when so many units leave on `on`; the periods that have begun are charged first.

    So the amounts never depend on when a run happens. The caller holds the lock and has not changed the schedule yet.
    Raises WindowClosed, NotOnThatDay, TooFarBack.
    """
    today = local_today(at)
    changes = list(schedule.changes.order_by("seq"))
    charge_what_has_begun(schedule, changes, on=on, today=today, by=by, at=at)
    through = schedule.charged_through or on
    policy = RefundPolicy(schedule.refund_policy)
    lots = refundable.lots(changes)
    if policy is RefundPolicy.HOUR and on < (schedule.term_end_on or through):
        if on != today + timedelta(days=1):
            raise NotOnThatDay(day=today + timedelta(days=1))
        if (fitting := units_in_window(lots, at)) < units:
            raise WindowClosed(units=fitting)
    elif on >= through:
        return []
    check_not_too_early(schedule, on, today)
    charged, room = refundable.charged(schedule)
    return refunds_of(policy, lots=lots, units=units, charged=charged, on=on, at=at, room=room)


def check_not_too_early(schedule: BillingSchedule, on: date, today: date) -> None:
    """Raise TooFarBack for a day before the running billing period."""
    terms = schedule.terms
    running = cycle_holding(max(today, terms.start_on), terms.start_on, terms.billing_day, terms.cycle_months)
    earliest = max(running.start, terms.start_on)
    if on < earliest:
        raise TooFarBack(day=earliest)


def charge_what_has_begun(
    schedule: BillingSchedule,
    changes: Sequence[ScheduleChange],
    *,
    on: date,
    today: date,
    by: User | None,
    at: datetime,
) -> None:
    """Cut the charges of periods that began before `on`, also when no invoice may carry them yet."""
    by_seq = {change.seq: change for change in changes}
    steps = steps_of(changes)
    terms = schedule.terms
    through = schedule.charged_through
    for period in cycles_from(terms, through or terms.start_on):
        if period.start >= on or period.start > today:
            break
        rated = cycle_charge(terms, steps, period)
        charges.cut(schedule=schedule, change=by_seq[rated.seq], rated=[rated], by=by, at=at)
        through = period.end
    if through is not None and through != schedule.charged_through:
        charges.move_cursor(schedule, through)


def carry_out(
    *,
    schedule: BillingSchedule,
    change: ScheduleChange,
    refunds: Sequence[Refund],
    by: User | None,
    at: datetime,
) -> None:
    """Write the refunds. With partial charges on the order day their credit invoices are issued at once.

    Else, or while the organisation's own data is not complete, the next run makes them (product.md §10.2).
    """
    if not refunds:
        return
    made = charges.take_back(schedule=schedule, change=change, refunds=refunds, by=by, at=at)
    if schedule.partial_on is None:
        try:
            issue_refunds(refunds=list(_invoiced(made)), by=by, at=at)
        except OrganisationIncomplete:
            return
        order_runs.start_when_settled(schedule=schedule, at=at)


def _invoiced(made: Sequence[Charge]) -> Iterator[Charge]:
    rows = Charge.objects.select_related("change", "refunds__invoice_item__invoice").order_by("pk")
    for refund in rows.filter(pk__in=[charge.pk for charge in made]):
        if is_of_invoiced(refund):
            yield refund
