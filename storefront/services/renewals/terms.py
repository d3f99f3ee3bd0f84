"""The end of one subscription's term: renewed at the price of the day, ended, held, or looked at again later.

The vendor decides; we write down what it has decided, once per term, with its reason. Lock order: bill-to,
subscription, schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.models import BillingSchedule
from invoicing.proration import next_term_end
from invoicing.selectors import credit
from invoicing.services import schedules
from storefront.enums import RenewalState, SubscriptionStatus, Vendor
from storefront.models import AutoRenewRequest, Renewal, Subscription
from storefront.partner_center import answers
from storefront.selectors import renewals as selectors
from storefront.services.prices import BY_HAND
from storefront.transitions import RENEWAL_TRANSITIONS, SUBSCRIPTION_TRANSITIONS

log = structlog.get_logger(__name__)
CLOSE: Final = timedelta(days=3)  # the vendor's moment and our date of one end may lie so far apart
WORDS: Final[dict[str, Any]] = {
    "not_confirmed": _("Microsoft has not confirmed the next term."),
    "not_found": _("Microsoft does not know this subscription any more."),
    "no_price": _("There is no price for the day of the renewal."),
    "seats_differ": _("Microsoft renewed another number of seats than is known here."),
    "term_differs": _("Microsoft renewed with another term or billing plan than was ordered."),
    "dates_differ": _("The end of Microsoft's new term fits no whole number of terms."),
}


class NotHeld(DomainError):
    """Only a renewal that is not decided can be decided by hand."""

    user_message = _("This renewal does not wait for a person any more.")


class PriceNeeded(DomainError):
    """A price agreed by hand is an amount, and has its reason."""

    user_message = _("Give the price, 0 or more, and the reason.")
    field = "price"


@dataclass(slots=True)
class _AtEnd:
    """A subscription at its term's end, its rows locked, and what the vendor says (None: no vendor, or unknown)."""

    row: Subscription
    schedule: BillingSchedule
    vendor: answers.Subscription | None
    at: datetime
    today: date

    @property
    def is_own(self) -> bool:
        return self.row.offer.product.vendor == Vendor.OWN


@transaction.atomic
def settle(*, subscription: Subscription, vendor: answers.Subscription | None, at: datetime) -> Subscription:
    """Write down what became of the term. Safe to repeat, also after a crash between the vendor's yes and this.

    `vendor` is the subscription as it was just read; for own products there is none, their flag decides. Several terms
    that were missed are made up one by one, each at the price of its own day. What cannot be written without guessing
    is held with its reason, for the operators.
    """
    lock(Account(pk=subscription.bill_to_id))
    row = lock(subscription)
    today = local_today(at)
    if row.status not in selectors.RUNNING or row.schedule is None or row.term_end_on is None:
        return row
    if row.term_end_on > today:
        return row
    end = _AtEnd(row, row.schedule, vendor, at, today)
    _follow(end)
    if end.is_own:
        _settle_own(end)
    elif vendor is None:
        _hold(end, "not_found")
    elif vendor.has_ended:
        _end(end, _("Microsoft says that it has expired: auto-renew was off."))
    elif (until := _new_end(end)) is not None:
        _renew_until(end, until)
    else:
        _wait(end)
    row.save()
    return row


@transaction.atomic
def agree(
    *, renewal: Renewal, price: Decimal | None, quantity: int | None, reason: str, by: User, at: datetime
) -> Renewal:
    """An operator sets price (per unit and term, without tax) and seats of a renewal that is held.

    It counts once the vendor has confirmed. Raises NotHeld, PriceNeeded.
    """
    row = lock(renewal)
    if row.state != RenewalState.HELD:
        raise NotHeld
    if price is None or price < 0 or not reason.strip():
        raise PriceNeeded
    row.price, row.quantity, row.price_source, row.next_look_at = price, quantity, str(BY_HAND), at
    row.save()
    subscription = row.subscription
    told = {"begins_on": str(row.begins_on), "price": str(price), "quantity": quantity}
    audit.record(
        "renewal.agreed", target=subscription, by=by, at=at, account=subscription.bill_to, reason=reason, after=told
    )
    return row


def _follow(end: _AtEnd) -> None:
    """Take over the vendor's flag, unless a wish of ours is on its way."""
    row, vendor = end.row, end.vendor
    if vendor is None:
        return
    row.synced_at = end.at
    if row.auto_renew == vendor.auto_renew or AutoRenewRequest.objects.filter(subscription=row, state="pending"):
        return
    told = {"auto_renew": row.auto_renew}, {"auto_renew": vendor.auto_renew}
    row.auto_renew = vendor.auto_renew
    audit.record(
        "subscription.auto_renew_changed", target=row, by=None, at=end.at, account=row.bill_to,
        reason="as Microsoft says", before=told[0], after=told[1],
    )  # fmt: skip


def _settle_own(end: _AtEnd) -> None:
    if not end.row.auto_renew:
        _end(end, _("Auto-renew was off."))
        return
    until = end.schedule.term_end_on
    while until is not None and until <= end.today:
        until = next_term_end(end.schedule.terms.start_on, until, end.schedule.term_months or 1)
    if until is not None:
        _renew_until(end, until)


def _new_end(end: _AtEnd) -> date | None:
    """The end of the term that runs now by the vendor, when it has moved on from the one we know."""
    if end.vendor is None or end.vendor.commitment_ends_at is None or end.row.term_end_on is None:
        return None
    found = local_today(end.vendor.commitment_ends_at)
    return found if found > end.row.term_end_on + CLOSE else None


def _renew_until(end: _AtEnd, until: date) -> None:
    """Renew term by term up to the vendor's end, or hold the first one that cannot be written."""
    begins = _beginnings(end.schedule, until)
    problem = _contradiction(end, until, begins)
    if problem:
        _hold(end, problem)
        return
    for day in begins:
        if not _renew(end, day):
            return
    if end.vendor is not None:
        end.row.term_end_on, end.row.term_ends_at = until, end.vendor.commitment_ends_at
        end.row.cancellable_until = end.vendor.cancel_until


def _beginnings(schedule: BillingSchedule, until: date) -> list[date]:
    """The first days of the terms between the end we know and the vendor's."""
    days, day = [], schedule.term_end_on
    while day is not None and day + CLOSE < until:
        days.append(day)
        day = next_term_end(schedule.terms.start_on, day, schedule.term_months or 1)
    return days


def _contradiction(end: _AtEnd, until: date, begins: list[date]) -> str:
    """Why the vendor's renewal is not the one that was agreed; empty when it is."""
    row, vendor, schedule = end.row, end.vendor, end.schedule
    last = next_term_end(schedule.terms.start_on, begins[-1], schedule.term_months or 1) if begins else None
    if last is None or abs(last - until) > CLOSE:
        return "dates_differ"
    if vendor is None:
        return ""
    if (vendor.term, vendor.billing_cycle) != (row.offer.term, row.offer.billing_plan):
        return "term_differs"
    return "" if vendor.quantity in {row.quantity, _renewal(end).quantity} else "seats_differ"


def _renew(end: _AtEnd, begins: date) -> bool:
    """Write one renewal; False when it is held because its price is not known."""
    row, renewal = end.row, _renewal(end, begins)
    price = selectors.price_on(row, on=begins)
    if renewal.price is not None:  # agreed by hand
        price = selectors.NextPrice(renewal.price, renewal.price_source)
    if price.amount is None:
        _hold(end, "no_price", price.reason)
        return False
    seats = end.vendor.quantity if end.vendor else row.quantity
    before = {"price": str(end.schedule.price), "quantity": row.quantity, "term_end_on": str(begins)}
    reason = _("Renewed by Microsoft") if end.vendor else _("Renewed by its auto-renew flag")
    renewal.over_credit_by = _over_credit(end, price.amount, seats, begins)
    end.schedule = schedules.renew(
        schedule=end.schedule, price=price.amount, price_source=price.source, quantity=seats, reason=str(reason),
        at=end.at,
    )  # fmt: skip
    renewal.change = end.schedule.changes.order_by("-seq").first()
    renewal.price, renewal.price_source, renewal.quantity = price.amount, price.source, seats
    _decide(renewal, RenewalState.RENEWED, end.at)
    row.schedule, row.quantity, row.term_end_on = end.schedule, seats, end.schedule.term_end_on
    after = {"price": str(price.amount), "quantity": seats, "term_end_on": str(row.term_end_on)}
    audit.record(
        "subscription.renewed", target=row, by=None, at=end.at, account=row.bill_to, reason=f"{reason}, {price.source}",
        before=before, after=after,
    )  # fmt: skip
    log.info("renewal.renewed", subscription=row.pk, begins=str(begins), over_credit=renewal.over_credit_by is not None)
    return True


def _over_credit(end: _AtEnd, price: Decimal, seats: int, begins: date) -> Decimal | None:
    """By how much (gross) the first period of the new term exceeds the credit; it renews all the same (§8)."""
    schedule = end.schedule
    view = credit.exposure(end.row.bill_to)
    if view.available is None:
        return None
    first = schedules.first_period(
        bill_to=end.row.bill_to, quantity=seats, price=price, price_parts=schedule.price_parts,
        cycle_months=schedule.cycle_months, proratable=False, on=begins, product_type=schedule.product_type,
    )  # fmt: skip
    excess = first.gross.amount - view.available.amount
    return excess if excess > 0 else None


def _end(end: _AtEnd, reason: Any) -> None:
    """It does not go on: billing ends with the term, and the subscription is expired."""
    row, ends = end.row, end.schedule.term_end_on
    assert ends is not None
    end.schedule = schedules.end(schedule=end.schedule, on=ends, by=None, at=end.at, reason=str(reason))
    SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.EXPIRED)
    row.status, row.ended_at, row.auto_renew, row.schedule = SubscriptionStatus.EXPIRED, end.at, False, end.schedule
    _decide(_renewal(end), RenewalState.ENDED, end.at)
    audit.record(
        "subscription.expired", target=row, by=None, at=end.at, account=row.bill_to, reason=str(reason),
        after={"ended_on": str(ends)},
    )  # fmt: skip
    log.info("renewal.ended", subscription=row.pk, ends=str(ends))


def _wait(end: _AtEnd) -> None:
    """The vendor has not decided yet: look again, ever more seldom; after a day the operators are told."""
    since = selectors.ends_at(end.row) or end.at
    if end.at - since > timedelta(hours=settings.RENEWAL_PATIENCE_HOURS):
        _hold(end, "not_confirmed")
        return
    _postpone(_renewal(end), end.at)


def _hold(end: _AtEnd, code: str, detail: str = "") -> None:
    """Nothing is billed for the new term until a person has looked; it is looked at again all the same."""
    renewal = _renewal(end)
    reason = f"{WORDS[code]} {detail}".strip()[:300]
    is_news = (renewal.state, renewal.reason_code) != (RenewalState.HELD, code)
    if renewal.state != RenewalState.HELD:
        RENEWAL_TRANSITIONS.check(RenewalState(renewal.state), RenewalState.HELD)
    renewal.state, renewal.reason_code, renewal.reason = RenewalState.HELD, code, reason
    _postpone(renewal, end.at)
    if is_news:
        audit.record(
            "renewal.held", target=end.row, by=None, at=end.at, account=end.row.bill_to, reason=reason,
            after={"begins_on": str(renewal.begins_on)},
        )  # fmt: skip
        log.warning("renewal.held", subscription=end.row.pk, code=code)


def _renewal(end: _AtEnd, begins: date | None = None) -> Renewal:
    day = begins or end.schedule.term_end_on
    assert day is not None
    found, _made = Renewal.objects.get_or_create(
        subscription=end.row, begins_on=day, defaults={"created_at": end.at, "next_look_at": end.at}
    )
    return found


def _postpone(renewal: Renewal, at: datetime) -> None:
    table = settings.RENEWAL_LOOK_SECONDS
    renewal.next_look_at = at + timedelta(seconds=table[min(renewal.attempts, len(table) - 1)])
    renewal.attempts = min(renewal.attempts + 1, 10_000)
    renewal.save()


def _decide(renewal: Renewal, state: RenewalState, at: datetime) -> None:
    RENEWAL_TRANSITIONS.check(RenewalState(renewal.state), state)
    renewal.state, renewal.decided_at, renewal.next_look_at = state, at, None
    renewal.reason_code = renewal.reason = ""
    renewal.save()
