"""A running service gets another price: from a billing period on, or by day inside the running one (product.md §9.1).

Terms are price-protected: a schedule with terms changes its price with a renewal only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import User
from config.kernel.errors import DomainError
from invoicing.enums import ChangeKind, ChargeKind
from invoicing.models import BillingSchedule, ScheduleChange
from invoicing.proration import cycle_holding
from invoicing.rating import Rated, increase_charge
from invoicing.refunds import Refund, price_cuts
from invoicing.selectors import refundable
from invoicing.selectors.schedules import step_of
from invoicing.services import charges, order_runs, reductions
from invoicing.services.schedule_changes import (
    LaterChange,
    active,
    append,
    check_order,
    in_force,
    prices_ahead,
    repeat_prices,
)

DAY = timedelta(days=1)


class PriceProtected(DomainError):
    """Inside a term the price that was agreed holds."""

    user_message = _("The price holds to the end of the term, %(day)s. Agree the price of the next term instead.")
    field = "on"


class SamePrice(DomainError):
    """The price is what it costs on that day already, or no price."""

    user_message = _("Enter another price than the present one, 0 or more.")
    field = "price"


class NotFromThatDay(DomainError):
    """A price changes by day up to today and for aligned services only, else with a billing period."""

    user_message = _("From then on its price changes with a billing period only. Choose %(first)s or %(next)s.")
    field = "on"


class PeriodIsCharged(DomainError):
    """A period that lies ahead and is charged already keeps its price until it has begun."""

    user_message = _("The days up to %(day)s are charged already. Choose that day, or change the price once they come.")
    field = "on"


def next_period_start(schedule: BillingSchedule, *, today: date) -> date:
    """The first day of the next billing period that is not charged yet: when a price changes if nothing is said."""
    terms = schedule.terms
    running = cycle_holding(max(today, terms.start_on), terms.start_on, terms.billing_day, terms.cycle_months)
    through = schedule.charged_through or running.end
    if through <= running.end:
        return running.end
    holding = cycle_holding(through, terms.start_on, terms.billing_day, terms.cycle_months)
    return through if holding.start == through else holding.end


@transaction.atomic
def change_price(
    *,
    schedule: BillingSchedule,
    price: Decimal,
    on: date,
    by: User | None,
    at: datetime,
    price_source: str,
    reason: str = "",
) -> BillingSchedule:
    """One unit and billing period costs `price` (net, in the schedule's currency) from `on` on, that day included.

    `on` is the first day of a billing period that is not charged; or, of the running period, today or a day before: the
    days from `on` that are charged at the old price are charged or refunded by the difference, by day for services
    aligned to a billing day, else from the period's first day only. Units that leave with that very day keep their old
    price for it. With partial charges on the order day all this is billed and credited at once. A price that lies ahead
    replaces the one of the same day. Raises NotActive, PriceProtected, SamePrice, BeforeItStarts, LaterChange,
    NotFromThatDay, PeriodIsCharged, TooFarBack.
    """
    schedule = active(schedule)
    today = local_today(at)
    if schedule.term_months or schedule.price_parts > 1:
        raise PriceProtected(day=schedule.term_end_on)
    check_order(schedule, on)
    old = in_force(schedule, on)
    if price < 0 or price == old.price:
        raise SamePrice
    _check_day(schedule, on, today)
    _charge_what_has_begun(schedule, on, today=today, by=by, at=at)
    schedule.price, schedule.price_source = price, price_source
    until = _charged_until(schedule, on)
    change = append(schedule, ChangeKind.PRICE, on=on, by=by, at=at, reason=reason)
    rated = _more(schedule, change, price - old.price, until=until)
    refunds = _less(schedule, change, old.price - price, until=until)
    charges.cut(schedule=schedule, change=change, rated=rated, by=by, at=at)
    repeat_prices(schedule, after=on, by=by, at=at)
    schedule.save()
    reductions.carry_out(schedule=schedule, change=change, refunds=refunds, by=by, at=at)
    order_runs.start_when_settled(schedule=schedule, at=at)
    return schedule


def _check_day(schedule: BillingSchedule, on: date, today: date) -> None:
    terms = schedule.terms
    cycle = cycle_holding(on, terms.start_on, terms.billing_day, terms.cycle_months)
    first = max(cycle.start, terms.start_on)
    by_day = terms.billing_day is not None and on <= today
    if on != first and not by_day:
        raise NotFromThatDay(first=first, next=cycle.end)
    if on > today:
        if on < (schedule.charged_through or on):
            raise PeriodIsCharged(day=next_period_start(schedule, today=today))
    else:
        reductions.check_not_too_early(schedule, on, today)


def _charge_what_has_begun(schedule: BillingSchedule, on: date, *, today: date, by: User | None, at: datetime) -> None:
    """Periods that began before are charged at the old price; that of the day too when units were added on it.

    Those units are charged beside the period already, so the new price must not open it with them.
    """
    changes = list(schedule.changes.order_by("seq"))
    if any(change.kind == ChangeKind.MORE and change.effective_on == on for change in changes):
        if on > today:
            raise LaterChange(day=on)
        on += DAY
    reductions.charge_what_has_begun(schedule, changes, on=on, today=today, by=by, at=at)


def _charged_until(schedule: BillingSchedule, on: date) -> date:
    """The end of the days that are charged at the price of that day."""
    ahead = [planned.effective_on for planned in prices_ahead(schedule, after=on)[:1]]
    return min([schedule.charged_through or on, *ahead])


def _more(schedule: BillingSchedule, change: ScheduleChange, difference: Decimal, *, until: date) -> list[Rated]:
    """What all units pay more for the days that are charged from the change on."""
    rated: list[Rated] = []
    on = change.effective_on
    while difference > 0 and on < until:
        step = replace(step_of(change), on=on, price=difference)
        charge = increase_charge(schedule.terms, step, change.quantity, ChargeKind.PRICE)
        if charge is None:
            break
        rated.append(charge)
        on = charge.period.end
    return rated


def _less(schedule: BillingSchedule, change: ScheduleChange, difference: Decimal, *, until: date) -> list[Refund]:
    """What comes back of the days that are charged from the change on."""
    on = change.effective_on
    if difference <= 0 or on >= until:
        return []
    charged, room = refundable.charged(schedule)
    lots = refundable.lots(schedule.changes.order_by("seq"))
    now = [row for row in charged if row.period.start < until]
    return price_cuts(lots=lots, charged=now, cut=difference, on=on, room=room)
