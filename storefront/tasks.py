"""Background work of the Storefront: fulfilment, on the interactive queue, so that billing never delays an order."""

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
