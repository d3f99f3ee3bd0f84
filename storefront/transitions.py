"""The arrows of orders, subscriptions and fulfilment; the database holds the same tables (pgtrigger.FSM)."""

from __future__ import annotations

from typing import Final

from config.kernel.transitions import Transitions
from storefront.enums import OrderStatus as Order
from storefront.enums import RenewalState as Renewal
from storefront.enums import RequestState as Request
from storefront.enums import SubscriptionStatus as Sub
from storefront.enums import TenantState as Tenant
from storefront.enums import UnitState as Unit

ORDER_TRANSITIONS: Final = Transitions(
    {
        Order.SUBMITTED: frozenset({Order.EXECUTED, Order.CANCELED}),
        Order.EXECUTED: frozenset(),
        Order.CANCELED: frozenset(),
    }
)
SUBSCRIPTION_TRANSITIONS: Final = Transitions(
    {
        Sub.PENDING: frozenset({Sub.ACTIVE, Sub.FAILED, Sub.CANCELED}),
        Sub.FAILED: frozenset({Sub.PENDING, Sub.CANCELED}),
        Sub.ACTIVE: frozenset({Sub.CANCELED, Sub.PENDING_CANCEL, Sub.SUSPENDED, Sub.EXPIRED}),
        Sub.PENDING_CANCEL: frozenset({Sub.ACTIVE, Sub.CANCELED}),
        Sub.SUSPENDED: frozenset({Sub.ACTIVE, Sub.CANCELED, Sub.EXPIRED}),
        Sub.EXPIRED: frozenset(),
        Sub.CANCELED: frozenset(),
    }
)
RENEWAL_TRANSITIONS: Final = Transitions(
    {
        Renewal.WAITING: frozenset({Renewal.HELD, Renewal.RENEWED, Renewal.ENDED}),
        Renewal.HELD: frozenset({Renewal.WAITING, Renewal.RENEWED, Renewal.ENDED}),
        Renewal.RENEWED: frozenset(),
        Renewal.ENDED: frozenset(),
    }
)
REQUEST_TRANSITIONS: Final = Transitions(
    {
        Request.PENDING: frozenset({Request.DONE, Request.REFUSED}),
        Request.DONE: frozenset(),
        Request.REFUSED: frozenset(),
    }
)
TENANT_TRANSITIONS: Final = Transitions(
    {
        Tenant.DRAFT: frozenset({Tenant.CREATING}),
        Tenant.CREATING: frozenset({Tenant.CREATED, Tenant.REJECTED}),
        Tenant.CREATED: frozenset({Tenant.READY, Tenant.REJECTED}),
        Tenant.READY: frozenset(),
        Tenant.REJECTED: frozenset({Tenant.DRAFT, Tenant.CREATING, Tenant.CREATED}),
    }
)
_STOPS = frozenset({Unit.REJECTED, Unit.NEEDS_PERSON})
UNIT_TRANSITIONS: Final = Transitions(
    {
        Unit.PLANNED: frozenset({Unit.WAITING_TENANT, Unit.CART_PENDING, Unit.ACTIVE}) | _STOPS,
        Unit.WAITING_TENANT: frozenset({Unit.CART_PENDING, Unit.PLANNED}) | _STOPS,
        Unit.CART_PENDING: frozenset({Unit.CART_READY}) | _STOPS,
        Unit.CART_READY: frozenset({Unit.CHECKOUT_PENDING, Unit.CART_PENDING}) | _STOPS,
        Unit.CHECKOUT_PENDING: frozenset({Unit.CHECKOUT_UNKNOWN, Unit.ACCEPTED, Unit.CART_PENDING}) | _STOPS,
        Unit.CHECKOUT_UNKNOWN: frozenset({Unit.CHECKOUT_PENDING, Unit.ACCEPTED, Unit.CART_PENDING}) | _STOPS,
        Unit.ACCEPTED: frozenset({Unit.PROVISIONING, Unit.ACTIVE}) | _STOPS,
        Unit.PROVISIONING: frozenset({Unit.ACTIVE}) | _STOPS,
        Unit.ACTIVE: frozenset(),
        Unit.REJECTED: frozenset({Unit.PLANNED}),
        Unit.NEEDS_PERSON: frozenset({Unit.PLANNED, Unit.CHECKOUT_UNKNOWN, Unit.ACCEPTED, Unit.REJECTED}),
    }
)
