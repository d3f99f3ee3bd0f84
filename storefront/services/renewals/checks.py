"""Asking Microsoft what became of the terms that have ended: few calls, on the batch queue, one per tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction

from accounts.clock import local_today
from accounts.models import User
from accounts.services import audit
from config.kernel import outbox
from storefront.enums import Vendor
from storefront.models import Renewal, Subscription
from storefront.partner_center import answers, errors
from storefront.partner_center.client import PartnerCenter
from storefront.selectors import renewals as selectors
from storefront.services.renewals import alerts, terms

log = structlog.get_logger(__name__)
CHECK: Final = "storefront.check_renewals"
RENEW_OWN: Final = "storefront.renew_own"


def sweep(*, at: datetime, limit: int = 2000) -> int:
    """Ring for every tenant with a term that has ended, and for own products; tell of renewals above the credit.

    What is rung for is not rung for again before its next look. Returns how often it rang.
    """
    due = list(selectors.due(on=local_today(at), at=at)[:limit])
    with transaction.atomic():
        _note(due, at=at)
        rung = _ring(due)
    alerts.tell(at=at)
    return rung


def check_tenant(*, tenant_id: int, at: datetime, client: PartnerCenter | None = None) -> int:
    """Read the tenant's subscriptions once and settle every term of it that has ended. Returns how many it settled.

    A subscription that cannot be settled (a bug of ours) is logged and looked at again; the others go on.
    """
    rows = selectors.of_tenant(tenant_id, on=local_today(at))
    if not rows or rows[0].tenant is None:
        return 0
    client = client or PartnerCenter()
    try:
        found = client.subscriptions(str(rows[0].tenant.ms_tenant_id))
    except errors.PartnerCenterError as error:
        log.warning("renewal.not_read", tenant=tenant_id, error=str(error))
        return 0
    theirs = {one.subscription_id: one for one in found}
    return sum(_settle(row, theirs.get(str(row.ms_subscription_id)), at) for row in rows)


def renew_own(*, subscription_id: int, at: datetime) -> int:
    """Decide a term of an own product: there is no vendor, its auto-renew flag says what happens."""
    row = selectors.subscription_to_renew(subscription_id)
    return int(row.offer.product.vendor == Vendor.OWN and _settle(row, None, at))


@transaction.atomic
def look_again(*, subscription: Subscription, by: User, at: datetime) -> None:
    """An operator wants it settled now: ring at once, whatever the next look was."""
    audit.record("renewal.asked_again", target=subscription, by=by, at=at, account=subscription.bill_to)
    _ring([subscription])


def _settle(row: Subscription, vendor: answers.Subscription | None, at: datetime) -> bool:
    try:
        terms.settle(subscription=row, vendor=vendor, at=at)
    except Exception:  # a bug of ours: the other subscriptions go on
        log.exception("renewal.bug", subscription=row.pk)
        return False
    return True


def _note(rows: Iterable[Subscription], *, at: datetime) -> None:
    """One row per ended term, not to be rung for again for a while."""
    quiet = at + timedelta(seconds=settings.RENEWAL_LOOK_SECONDS[0])
    keys = [(row.pk, row.schedule.term_end_on) for row in rows if row.schedule and row.schedule.term_end_on]
    Renewal.objects.bulk_create(
        (Renewal(subscription_id=pk, begins_on=day, created_at=at) for pk, day in keys), ignore_conflicts=True
    )
    open_rows = Renewal.objects.filter(decided_at=None, subscription__in=[pk for pk, _day in keys])
    open_rows.filter(begins_on__in={day for _pk, day in keys}).update(next_look_at=quiet)


def _ring(rows: Iterable[Subscription]) -> int:
    tenants, own = set(), []
    for row in rows:
        if row.offer.product.vendor == Vendor.OWN:
            own.append(row.pk)
        elif row.tenant_id:
            tenants.add(row.tenant_id)
    for tenant_id in sorted(tenants):
        outbox.add(CHECK, tenant_id=tenant_id)
    for pk in own:
        outbox.add(RENEW_OWN, subscription_id=pk)
    return len(tenants) + len(own)
