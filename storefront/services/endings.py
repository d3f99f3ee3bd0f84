"""Our own services end when somebody says so, and go on when an end that lies ahead is revoked (product.md §9.1).

What Microsoft delivers ends with its term: there the end is scheduled and revoked by auto-renew (`renewals.request`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.services import schedules
from storefront.enums import SubscriptionStatus, Vendor
from storefront.models import Subscription
from storefront.transitions import SUBSCRIPTION_TRANSITIONS

log = structlog.get_logger(__name__)
DAY = timedelta(days=1)


class EndsWithItsTerm(DomainError):
    """Microsoft's subscriptions are ended by switching auto-renew off."""

    user_message = _("It ends with its term: switch auto-renew off instead.")


class NotRunning(DomainError):
    """Only an active subscription can be ended."""

    user_message = _("This subscription does not run, so it cannot be ended.")


class NotEnding(DomainError):
    """There is no end to revoke."""

    user_message = _("No end is planned that could be revoked.")


def period_end(subscription: Subscription, *, today: date) -> date | None:
    """The first day after what is charged already, or after the running period: an end that gives nothing back."""
    schedule = subscription.schedule
    if schedule is None or schedule.start_on is None:
        return None
    return max(schedule.charged_through or today + DAY, today + DAY)


@transaction.atomic
def end(*, subscription: Subscription, on: date, reason: str, by: User, at: datetime) -> Subscription:
    """It ends: `on` is the first day without it. Until tomorrow it is canceled at once, for a later day it is *ending*.

    Charged days from `on` are refunded by the product's policy. Raises NotRunning, EndsWithItsTerm, and what
    `schedules.end` raises.
    """
    lock(Account(pk=subscription.bill_to_id))
    row = lock(subscription)
    if row.offer.product.vendor != Vendor.OWN:
        raise EndsWithItsTerm
    if row.status != SubscriptionStatus.ACTIVE or row.schedule is None:
        raise NotRunning
    schedules.end(schedule=row.schedule, on=on, by=by, at=at, reason=reason.strip()[:500])
    if on <= local_today(at) + DAY:
        _cancel(row, at=at)
    else:
        SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.PENDING_CANCEL)
        row.status = SubscriptionStatus.PENDING_CANCEL
        row.save(update_fields=["status"])
    audit.record(
        "subscription.ended" if row.ended_at else "subscription.end_planned", target=row, by=by, at=at,
        account=row.bill_to, reason=reason.strip(), after={"ends_on": str(on)},
    )  # fmt: skip
    log.info("subscription.ends", subscription=row.pk, on=str(on))
    return row


@transaction.atomic
def revoke(*, subscription: Subscription, by: User, at: datetime, reason: str = "") -> Subscription:
    """An end that lies ahead is taken back: the subscription is active again, and billing goes on without a gap.

    Raises NotEnding, and what `schedules.resume` raises.
    """
    lock(Account(pk=subscription.bill_to_id))
    row = lock(subscription)
    if row.status != SubscriptionStatus.PENDING_CANCEL or row.schedule is None:
        raise NotEnding
    ends_on = row.schedule.end_on
    schedules.resume(schedule=row.schedule, by=by, at=at, reason=reason.strip()[:500])
    SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.ACTIVE)
    row.status = SubscriptionStatus.ACTIVE
    row.save(update_fields=["status"])
    audit.record(
        "subscription.end_revoked", target=row, by=by, at=at, account=row.bill_to, reason=reason.strip(),
        before={"ends_on": str(ends_on)},
    )  # fmt: skip
    log.info("subscription.goes_on", subscription=row.pk)
    return row


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Cancel what has reached its end; returns how many."""
    due = Subscription.objects.filter(
        status=SubscriptionStatus.PENDING_CANCEL, schedule__end_on__lte=local_today(at)
    ).order_by("pk")
    return sum(_reached(pk, at=at) for pk in due.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _reached(pk: int, *, at: datetime) -> bool:
    row = Subscription.objects.select_for_update(of=("self",)).select_related("schedule", "bill_to").get(pk=pk)
    end_on = row.schedule.end_on if row.schedule else None
    if row.status != SubscriptionStatus.PENDING_CANCEL or end_on is None or end_on > local_today(at):
        return False
    _cancel(row, at=at)
    audit.record("subscription.ended", target=row, by=None, at=at, account=row.bill_to, after={"ends_on": str(end_on)})
    return True


def _cancel(row: Subscription, *, at: datetime) -> None:
    SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.CANCELED)
    row.status, row.ended_at, row.auto_renew = SubscriptionStatus.CANCELED, at, False
    row.save(update_fields=["status", "ended_at", "auto_renew"])
