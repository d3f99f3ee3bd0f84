"""How fulfilment is watched: time passes, calls are counted."""

from __future__ import annotations

from datetime import timedelta

from storefront.enums import UnitState
from storefront.models import FulfilmentUnit, Subscription
from storefront.services import fulfilment
from tests.integration.storefront.partner_cast import NOW, tenant_of, unit_of

LATER = timedelta(minutes=5)


def keep_going(order, *, hours: float = 2.0) -> FulfilmentUnit:
    """Let time pass as the sweeper would see it, until the unit ends."""
    at, end = NOW, NOW + timedelta(hours=hours)
    unit = unit_of(order)
    while at < end and unit.state not in {UnitState.ACTIVE, UnitState.REJECTED, UnitState.NEEDS_PERSON}:
        at = max(at, unit.next_try_at or at) + timedelta(seconds=1)
        fulfilment.advance(tenant=tenant_of(order), at=at)
        unit = unit_of(order)
    return unit


def subscription_of(order) -> Subscription:
    return Subscription.objects.select_related("schedule").get(order_item__order=order)


def posts(microsoft, path: str) -> list[dict]:
    return [row for row in microsoft.journal("POST") if row["path"].endswith(path)]
