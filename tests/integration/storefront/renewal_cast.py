"""Subscriptions that renew: products with prices, a month's price sheets, and the days on which their terms end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from invoicing.models import BillingSchedule
from storefront.enums import Term
from storefront.models import Offer, Order, Subscription
from storefront.services import renewals
from tests.integration.storefront.catalogue_cast import import_rows, premium
from tests.integration.storefront.partner_cast import Cast, fulfil

OLD, NEW = Decimal("12.00"), Decimal("22.87")  # agreed at the order; retail in the sheet


def monthly_offer(term: Term = Term.P1M) -> Offer:
    """Business Premium for one month (or a year), with prices from the sheet."""
    if not Offer.objects.filter(product__sku_id="0002", market="GR").exists():
        import_rows(*premium(EffectiveStartDate="07/01/2025"))
    return Offer.objects.get(product__sku_id="0002", term=term, billing_plan="monthly", market="GR")


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def subscribe(cast: Cast, microsoft, when: datetime, *, seats: int = 3, term: Term = Term.P1M) -> Subscription:
    """A subscription that Microsoft has set up at that moment."""
    microsoft.set_clock(when)
    order: Order = cast.order(cast.customer, (monthly_offer(term), seats), prefix="glafkos")
    fulfil(order, at=when)
    return order.items.get().subscription


def check(subscription: Subscription, microsoft, when: datetime) -> Subscription:
    """Microsoft's clock stands there, and a worker looks at the tenant."""
    microsoft.set_clock(when)
    renewals.check_tenant(tenant_id=subscription.tenant_id, at=when)
    return fresh(subscription)


def fresh(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_related("schedule", "tenant").get(pk=subscription.pk)


def renewals_in(schedule: BillingSchedule) -> list[tuple]:
    """Day, price and seats of each renewal that billing knows."""
    return list(
        schedule.changes.filter(kind="renewal").order_by("seq").values_list("effective_on", "price", "quantity")
    )
