"""Reads of fulfilment: what is due, what a person must look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from storefront.enums import Delivery, OrderStatus, UnitState
from storefront.models import FulfilmentUnit, Order, OrderItem, Tenant

LOST = timedelta(minutes=1)
OPEN = (
    UnitState.PLANNED,
    UnitState.WAITING_TENANT,
    UnitState.CART_PENDING,
    UnitState.CART_READY,
    UnitState.CHECKOUT_PENDING,
    UnitState.CHECKOUT_UNKNOWN,
    UnitState.ACCEPTED,
    UnitState.PROVISIONING,
)
STOPPED = (UnitState.NEEDS_PERSON, UnitState.REJECTED)


def _is_due(at: datetime) -> Q:
    return Q(next_try_at=None) | Q(next_try_at__lte=at)


def due_units(tenant: Tenant, *, at: datetime) -> QuerySet[FulfilmentUnit]:
    """The tenant's open units whose time has come, oldest first."""
    return FulfilmentUnit.objects.filter(_is_due(at), tenant=tenant, state__in=OPEN).order_by("pk")


def tenants_due(*, at: datetime, limit: int) -> list[int]:
    """Tenants with a due unit that no worker holds and that nobody rang for just now."""
    due = FulfilmentUnit.objects.filter(_is_due(at), tenant__isnull=False, state__in=OPEN)
    free = due.filter(Q(tenant__lease_until=None) | Q(tenant__lease_until__lt=Now()))
    free = free.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
    return sorted(set(free.order_by("next_try_at", "pk").values_list("tenant_id", flat=True)[:limit]))


def orders_unplanned(*, at: datetime, limit: int) -> list[int]:
    """Executed orders that nobody planned within a minute: the bell for them was lost."""
    late = Order.objects.filter(status=OrderStatus.EXECUTED, executed_at__lte=at - LOST, items__unit=None)
    return list(late.order_by("pk").values_list("pk", flat=True).distinct()[:limit])


def unit_to_work_on(unit_id: int) -> FulfilmentUnit:
    """A unit with all that its steps read, in one query."""
    related = (
        "tenant__account__bill_to__reseller",
        "order_item__offer__product",
        "order_item__subscription",
        "order_item__order__beneficiary",
        "order_item__order__placed_by",
        "order_item__order__bill_to__reseller",
        "order_item__order__bill_to__responsible_user",
    )
    return FulfilmentUnit.objects.select_related(*related).get(pk=unit_id)


def units_for_staff() -> QuerySet[FulfilmentUnit]:
    """Every unit with what BSS lists, newest first."""
    related = ("tenant", "order_item__order__bill_to", "order_item__order__beneficiary", "order_item__subscription")
    return FulfilmentUnit.objects.select_related(*related).order_by("-created_at", "-pk")


def stopped_units() -> QuerySet[FulfilmentUnit]:
    """What the work queue shows: units that a person must look at, or may repair and retry."""
    return units_for_staff().filter(state__in=STOPPED)


def items_by_hand() -> QuerySet[OrderItem]:
    """Own products that wait for an operator, oldest first."""
    waiting = OrderItem.objects.filter(delivery=Delivery.BY_HAND, unit__state=UnitState.PLANNED)
    return waiting.select_related("order__bill_to", "order__beneficiary").order_by("order__executed_at", "pk")
