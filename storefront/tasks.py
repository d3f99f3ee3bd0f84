"""Background work of the Storefront: what users wait for on the interactive queue, renewals on the batch queue.

So neither billing nor a day with thousands of renewals delays an order.
"""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

log = structlog.get_logger(__name__)


@shared_task(name="storefront.fulfil_order", acks_late=True)
def fulfil_order(*, order_id: int, **_later: object) -> int:
    """Plan the fulfilment of an executed order."""
    from storefront.models import Order
    from storefront.services import fulfilment

    order = Order.objects.select_related("beneficiary", "bill_to", "placed_by").get(pk=order_id)
    return len(fulfilment.start(order=order, at=timezone.now()))


@shared_task(name="storefront.advance_tenant", acks_late=True)
def advance_tenant(*, tenant_id: int, **_later: object) -> bool:
    """Work on a tenant's units that are due."""
    from storefront.models import Tenant
    from storefront.services import fulfilment

    return fulfilment.advance(tenant=Tenant.objects.get(pk=tenant_id), at=timezone.now())


@shared_task(name="storefront.sweep_fulfilment")
def sweep_fulfilment(**_later: object) -> int:
    """Ring again for whatever waits, was lost, or was left by a worker that died."""
    from storefront.services import fulfilment

    return fulfilment.sweep(at=timezone.now())


@shared_task(name="storefront.check_partner", acks_late=True)
def check_partner(*, reseller_id: int, **_later: object) -> str:
    """Ask Microsoft about a reseller's MPN ID."""
    from resellers.models import Reseller
    from storefront.services import partners

    return partners.check(reseller=Reseller.objects.get(pk=reseller_id), at=timezone.now()).verdict.value


@shared_task(name="storefront.compare_subscriptions")
def compare_subscriptions(**_later: object) -> int:
    """The daily comparison of what Microsoft books with what we know; differences are logged for the operators."""
    from storefront.services import comparison

    return len(comparison.run(at=timezone.now()))


@shared_task(name="storefront.set_auto_renew", acks_late=True)
def set_auto_renew(*, request_id: int, **_later: object) -> bool:
    """Bring a user's wish about auto-renew to Microsoft."""
    from storefront.services import renewals

    return renewals.advance_request(request_id=request_id, at=timezone.now())


@shared_task(name="storefront.sweep_auto_renew")
def sweep_auto_renew(**_later: object) -> int:
    """Ring again for wishes that wait or were lost."""
    from storefront.services import renewals

    return renewals.sweep_requests(at=timezone.now())


@shared_task(name="storefront.sweep_endings")
def sweep_endings(**_later: object) -> int:
    """Cancel the subscriptions that have reached the end that was planned for them."""
    from storefront.services import endings

    return endings.sweep(at=timezone.now())


@shared_task(name="storefront.sweep_renewals")
def sweep_renewals(**_later: object) -> int:
    """Ring for every tenant with a term that has ended."""
    from storefront.services import renewals

    return renewals.sweep(at=timezone.now())


@shared_task(name="storefront.check_renewals", acks_late=True)
def check_renewals(*, tenant_id: int, **_later: object) -> int:
    """Ask Microsoft about a tenant's terms that have ended."""
    from storefront.services import renewals

    return renewals.check_tenant(tenant_id=tenant_id, at=timezone.now())


@shared_task(name="storefront.renew_own", acks_late=True)
def renew_own(*, subscription_id: int, **_later: object) -> int:
    """Decide the end of a term of an own product."""
    from storefront.services import renewals

    return renewals.renew_own(subscription_id=subscription_id, at=timezone.now())


@shared_task(name="storefront.sweep_announcements")
def sweep_announcements(**_later: object) -> int:
    """Ring for each reseller whose renewals may have to be announced."""
    from storefront.services import renewals

    return renewals.sweep_announcements(at=timezone.now())


@shared_task(name="storefront.announce_renewals", acks_late=True)
def announce_renewals(*, account_id: int, **_later: object) -> int:
    """Tell one reseller what its coming renewals cost."""
    from accounts.models import Account
    from storefront.services import renewals

    return renewals.announce(account=Account.objects.get(pk=account_id), at=timezone.now())
