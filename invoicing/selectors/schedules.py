"""Reads about billing schedules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Final

from accounts.models import Account
from invoicing.enums import ChangeKind
from invoicing.models import BillingSchedule, ScheduleChange
from invoicing.models.schedules import BillingScheduleQuerySet
from invoicing.rating import Step
from resellers.enums import BillingDayRule, PartialCharges
from resellers.models import Reseller

if TYPE_CHECKING:
    from invoicing.selectors.due import DueChange

OPENING: Final = (ChangeKind.START, ChangeKind.RENEWAL, ChangeKind.PRICE)
"""What counts from the first moment of its day."""
OPENS_CYCLE: Final = (*OPENING, ChangeKind.FEWER)
"""What the billing period of its day is charged by."""
UNRATED: Final = (ChangeKind.END, ChangeKind.RESUME)
"""What changes neither quantity nor price."""


def schedules_of(bill_to: Account) -> BillingScheduleQuerySet:
    """The schedules that the account pays for, newest first."""
    return BillingSchedule.objects.filter(bill_to=bill_to).select_related("beneficiary").order_by("-pk")


def coming_prices(changes: Iterable[ScheduleChange], *, today: date) -> list[ScheduleChange]:
    """The change whose price holds today, then those of the prices that are planned, one a day.

    `changes` are all of one schedule, in their order.
    """
    rows = [change for change in changes if change.kind not in UNRATED]
    now = [change for change in rows if change.effective_on <= today][-1:] or rows[:1]
    ahead = {row.effective_on: row for row in rows if row.kind == ChangeKind.PRICE and row.effective_on > today}
    return [*now, *(ahead[day] for day in sorted(ahead))]


def billing_day_of(reseller: Reseller, *, on: date) -> int:
    """The reseller's billing day, 1–31; the day itself when the first order decides it and there is none yet (M7)."""
    return {
        BillingDayRule.FIRST: 1,
        BillingDayRule.LAST: 31,
        BillingDayRule.FIRST_ORDER: reseller.first_order_day or on.day,
        BillingDayRule.FIXED: reseller.billing_day or 1,
    }[BillingDayRule(reseller.billing_day_rule)]


def alignment_of(reseller: Reseller, *, proratable: bool, on: date) -> tuple[int | None, int | None]:
    """How an order of that day is aligned: the billing day of its cycles, and the day its other charges wait for.

    The first is None when the cycles run on their own anniversary, the second when partial charges are invoiced on the
    order day (product.md §10.2).
    """
    day = billing_day_of(reseller, on=on)
    aligned = day if proratable and reseller.prorate_billing else None
    return aligned, None if reseller.partial_charges == PartialCharges.ORDER_DAY else day


def step_of(change: ScheduleChange | DueChange) -> Step:
    """The change as the rating takes it."""
    return Step(change.seq, change.effective_on, change.quantity, change.price, change.kind in OPENS_CYCLE)


def steps_of(changes: Iterable[ScheduleChange | DueChange]) -> list[Step]:
    """The changes of one schedule, in their order, that say how much is charged."""
    return [step_of(change) for change in changes if change.kind not in UNRATED]
