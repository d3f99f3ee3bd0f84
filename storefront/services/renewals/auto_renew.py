"""Switching auto-renew: the wish is a row, its request id committed before the call, an unknown outcome read back.

The wish is an absolute value under If-Match, so that sending it twice changes nothing (partner_center.md §12.3).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import audit
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from storefront.enums import RequestState, SubscriptionStatus, Vendor
from storefront.models import AutoRenewRequest, Subscription
from storefront.partner_center import answers, errors, payloads
from storefront.partner_center.client import PartnerCenter
from storefront.selectors import renewals as selectors
from storefront.services.fulfilment import calls, leases
from storefront.services.fulfilment.waits import next_try, wait_for
from storefront.transitions import REQUEST_TRANSITIONS

log = structlog.get_logger(__name__)
ADVANCE: Final = "storefront.set_auto_renew"
STEP: Final = "auto_renew"
MOST_WRITES: Final = 3


class NotRenewable(DomainError):
    """Only an active subscription with a term can renew, or not."""

    user_message = _("This subscription has no term that could renew.")


class AlreadyAsked(DomainError):
    """One wish at a time."""

    user_message = _("The last change of auto-renew is still on its way. Wait until it is done.")


class TooLate(DomainError):
    """Shortly before its end a term is settled."""

    user_message = _("The term ends too soon to change its renewal. It could be changed until %(until)s.")


@transaction.atomic
def request(*, subscription: Subscription, renews: bool, by: User, at: datetime) -> Subscription:
    """A user wants it to renew, or to end with its term. Own products are switched at once, others by Microsoft.

    Asking for what holds already changes nothing. Raises NotRenewable, AlreadyAsked, TooLate.
    """
    row = lock(subscription)
    if row.status != SubscriptionStatus.ACTIVE or row.term_end_on is None:
        raise NotRenewable
    if AutoRenewRequest.objects.filter(subscription=row, state=RequestState.PENDING).exists():
        raise AlreadyAsked
    if row.auto_renew == renews:
        return row
    until = selectors.locked_from(row)
    if until is not None and at >= until:
        raise TooLate(until=until.strftime("%Y-%m-%d %H:%M"))
    if row.offer.product.vendor == Vendor.OWN:
        _switch(row, renews, by=by, at=at)
        return row
    wish = AutoRenewRequest.objects.create(
        subscription=row, renews=renews, requested_at=at, requested_by=by, next_try_at=at
    )
    audit.record(
        "subscription.auto_renew_asked", target=row, by=by, at=at, account=row.bill_to, after={"auto_renew": renews}
    )
    outbox.add(ADVANCE, request_id=wish.pk)
    return row


def advance_request(*, request_id: int, at: datetime, client: PartnerCenter | None = None) -> bool:
    """Bring a wish to Microsoft, or find out what became of it. False while somebody else works on the tenant."""
    wish = AutoRenewRequest.objects.select_related("subscription__tenant").get(pk=request_id)
    tenant = wish.subscription.tenant
    if wish.state != RequestState.PENDING or tenant is None:
        return True
    lease = leases.take(tenant.pk)
    if lease is None:
        return False
    try:
        for _write in range(MOST_WRITES):
            if _attempt(wish, lease, client or PartnerCenter(), at):
                return True
            wish.refresh_from_db()
        _wait(wish, "stale", at)
    except leases.LeaseLost:
        log.warning("auto_renew.lease_lost", request=wish.pk)
    finally:
        lease.release()
    return True


def sweep_requests(*, at: datetime, limit: int = 200) -> int:
    """Ring again for wishes that wait, were lost, or were left by a worker that died."""
    found = selectors.requests_due(at=at, limit=limit)
    with transaction.atomic():
        for pk in found:
            outbox.add(ADVANCE, request_id=pk)
        waits = next_try(attempts=1, poll=False, at=at)
        AutoRenewRequest.objects.filter(pk__in=found, state=RequestState.PENDING).update(next_try_at=waits)
    return len(found)


def _attempt(wish: AutoRenewRequest, lease: leases.Lease, client: PartnerCenter, at: datetime) -> bool:
    """Read first, then write when it is still needed; False when the resource had changed and is to be read again."""
    row = wish.subscription
    assert row.tenant is not None
    tenant_id = str(row.tenant.ms_tenant_id)
    try:
        document = client.subscription(tenant_id, str(row.ms_subscription_id))
        vendor = answers.read(answers.Subscription, document)
        if vendor.auto_renew == wish.renews:
            _prove(wish, at)
            return True
        outgoing = payloads.auto_renew(tenant_id, document, on=wish.renews)
        series = _series(wish, outgoing, lease)
        calls.perform(
            subject=wish, step=STEP, series=series, build=lambda: outgoing, apply=lambda _answer: _finish(wish, at),
            lease=lease, client=client, at=at, etag=vendor.etag,
        )  # fmt: skip
    except errors.Stale:
        _next_series(wish, lease)
        return False
    except (errors.Refused, errors.OnHold, errors.NotFound) as error:
        _refuse(wish, str(getattr(error, "advice", "") or error.text), at)
    except errors.PartnerCenterError as error:
        wait = wait_for(error)
        _wait(wish, wait.code, at, poll=isinstance(error, errors.Accepted), seconds=wait.seconds)
    return True


def _series(wish: AutoRenewRequest, outgoing: payloads.Outgoing, lease: leases.Lease) -> int:
    """The write to send: the one of before, or a new one when the resource was changed by somebody else since.

    The earlier write can then have no late effect any more: it carries the etag of what was there before.
    """
    call = calls.find(wish, STEP, wish.series)
    if call is None or call.body_hash == outgoing.body_hash:
        return wish.series
    return _next_series(wish, lease)


def _next_series(wish: AutoRenewRequest, lease: leases.Lease) -> int:
    with transaction.atomic():
        lease.check()
        row = lock(wish)
        row.series += 1
        row.save(update_fields=["series"])
    wish.series = row.series
    return row.series


def _prove(wish: AutoRenewRequest, at: datetime) -> None:
    """Reading shows the wish fulfilled, by our write or by somebody else's."""
    call = calls.find(wish, STEP, wish.series)
    if calls.was_maybe_sent(call) and call is not None:
        calls.settle(call, apply=lambda: _finish(wish, at), at=at)
    _finish(wish, at)


@transaction.atomic
def _finish(wish: AutoRenewRequest, at: datetime) -> None:
    subscription = lock(wish.subscription)
    row = lock(wish)
    if row.state != RequestState.PENDING:
        return
    _settle(row, RequestState.DONE, at)
    subscription.synced_at = at
    _switch(subscription, row.renews, by=row.requested_by, at=at)


@transaction.atomic
def _refuse(wish: AutoRenewRequest, reason: str, at: datetime) -> None:
    row = lock(wish)
    if row.state != RequestState.PENDING:
        return
    row.reason = (reason or str(_("Microsoft refused the request.")))[:300]
    _settle(row, RequestState.REFUSED, at)
    subscription = row.subscription
    audit.record(
        "subscription.auto_renew_refused", target=subscription, by=None, at=at, account=subscription.bill_to,
        reason=row.reason, after={"auto_renew": subscription.auto_renew},
    )  # fmt: skip
    log.warning("auto_renew.refused", request=row.pk)


def _settle(row: AutoRenewRequest, state: RequestState, at: datetime) -> None:
    REQUEST_TRANSITIONS.check(RequestState(row.state), state)
    row.state, row.settled_at, row.next_try_at = state, at, None
    row.save()


def _switch(row: Subscription, renews: bool, *, by: User, at: datetime) -> None:
    before: dict[str, Any] = {"auto_renew": row.auto_renew}
    row.auto_renew = renews
    row.save(update_fields=["auto_renew", "synced_at"])
    audit.record(
        "subscription.auto_renew_changed", target=row, by=by, at=at, account=row.bill_to, before=before,
        after={"auto_renew": renews},
    )  # fmt: skip
    log.info("auto_renew.switched", subscription=row.pk, renews=renews)


@transaction.atomic
def _wait(wish: AutoRenewRequest, code: str, at: datetime, *, poll: bool = False, seconds: float | None = None) -> None:
    row = lock(wish)
    if row.state != RequestState.PENDING:
        return
    row.next_try_at = next_try(attempts=row.attempts, poll=poll, at=at, seconds=seconds)
    row.attempts = min(row.attempts + (seconds is None), 10_000)
    row.save(update_fields=["next_try_at", "attempts"])
    log.info("auto_renew.waits", request=row.pk, why=code)
