"""Fulfilment against the simulator process: the three modes, and what success brings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import Message
from invoicing.enums import ScheduleState
from invoicing.models import Charge
from storefront.enums import Delivery, DeliveryStatus, SubscriptionStatus, UnitState
from storefront.models import FulfilmentUnit
from storefront.services import fulfilment
from tests.integration.storefront.fulfilment_cast import posts, subscription_of
from tests.integration.storefront.partner_cast import NOW, fulfil, offer, tenant_of, unit_of

pytestmark = pytest.mark.django_db


def test_modes_send_the_partner_id_only_for_end_customers(cast, microsoft):
    orders = {
        "personal": cast.order(cast.reseller, prefix="aigaio"),
        "affiliate": cast.order(cast.affiliate, prefix="aigaiohosting"),
        "end_customer": cast.order(cast.customer, prefix="glafkos"),
    }

    for order in orders.values():
        assert fulfil(order).state == UnitState.ACTIVE

    mine = {str(tenant_of(order).ms_tenant_id): mode for mode, order in orders.items()}
    domains = {tenant_of(order).domain: mode for mode, order in orders.items()}
    for row in posts(microsoft, "/v1/customers"):
        mode = domains[row["body"]["CompanyProfile"]["Domain"]]
        assert ("AssociatedPartnerId" in row["body"]) == (mode == "end_customer")
    carts = {mine[row["path"].split("/")[3]]: row for row in posts(microsoft, "/carts")}
    assert set(carts) == set(orders)
    for mode in ("personal", "affiliate"):
        assert "partner" not in carts[mode]["raw"].lower()
        assert "participants" not in carts[mode]["raw"]
        assert "9900037" not in carts[mode]["raw"]
        assert subscription_of(orders[mode]).mpn_id is None
    line = carts["end_customer"]["body"]["lineItems"][0]
    assert line["participants"] == [{"key": "transaction_reseller", "value": "9900037"}]
    assert subscription_of(orders["end_customer"]).mpn_id == "9900037"


def test_success_confirms_subscription_and_billing_with_the_vendors_date(cast, microsoft):
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order, at=NOW + timedelta(days=1))

    subscription = subscription_of(order)
    item = order.items.get()
    assert (unit.state, item.delivery_status) == (UnitState.ACTIVE, DeliveryStatus.DELIVERED)
    assert (subscription.status, subscription.start_on) == (SubscriptionStatus.ACTIVE, date(2026, 11, 10))
    assert (subscription.term_end_on, subscription.cancellable_until) == (date(2027, 11, 10), NOW + timedelta(days=7))
    assert subscription.schedule.state == ScheduleState.ACTIVE
    assert (subscription.schedule.start_on, subscription.schedule.tenant_domain) == (
        date(2026, 11, 10),
        "glafkos.onmicrosoft.com",
    )
    assert subscription.schedule.partner_id == "9900037"
    assert Charge.objects.filter(schedule=subscription.schedule).exists()
    assert Message.objects.get(template="order_delivered").recipients == sorted([cast.ada.email, cast.reseller.email])


def test_vendor_start_is_the_distributors_calendar_date(cast, microsoft):
    microsoft.set_clock(NOW.replace(hour=23, minute=30))  # 01:30 of the next day in Athens
    order = cast.order(cast.reseller, prefix="aigaio")

    fulfil(order, at=NOW.replace(hour=23, minute=31))

    assert subscription_of(order).start_on == date(2026, 11, 11)


def test_personal_orders_reuse_the_one_tenant(cast, microsoft):
    first = cast.order(cast.reseller, prefix="aigaio")
    second = cast.order(cast.reseller)

    fulfil(first)
    fulfil(second)

    assert unit_of(first).tenant == unit_of(second).tenant
    assert len(microsoft.ledger()["customer"]) == 1
    assert len(microsoft.ledger()["order"]) == 2


def test_many_items_and_tenants_stay_apart(cast, microsoft):
    order = cast.order(cast.customer, (cast.offer, 2), (offer(sku="0002"), 5), prefix="glafkos")

    fulfilment.start(order=order, at=NOW)
    fulfilment.advance(tenant=tenant_of(order), at=NOW)

    assert [unit.state for unit in FulfilmentUnit.objects.all()] == [UnitState.ACTIVE] * 2
    assert sorted(row["quantity"] for row in microsoft.ledger()["subscription"]) == [2, 5]
    assert Message.objects.filter(template="order_delivered").count() == 1


def test_start_twice_plans_once(cast, microsoft):
    order = cast.order(cast.customer, prefix="glafkos")

    fulfilment.start(order=order, at=NOW)

    assert fulfilment.start(order=order, at=NOW) == []
    assert FulfilmentUnit.objects.count() == 1


def test_own_products_are_delivered_at_once_or_by_hand(cast, microsoft):
    order = cast.order(cast.customer, (offer(Delivery.AT_ONCE), 1), (offer(Delivery.BY_HAND), 1))

    fulfilment.start(order=order, at=NOW)

    at_once, by_hand = order.items.order_by("position")
    assert at_once.subscription.status == SubscriptionStatus.ACTIVE
    assert at_once.subscription.schedule.state == ScheduleState.ACTIVE
    assert by_hand.subscription.status == SubscriptionStatus.PENDING
    fulfilment.deliver_by_hand(item=by_hand, by=cast.dora, at=NOW + timedelta(days=2))
    by_hand.subscription.refresh_from_db()
    assert by_hand.subscription.start_on == date(2026, 11, 12)
    with pytest.raises(fulfilment.NotWaitingForHand):
        fulfilment.deliver_by_hand(item=by_hand, by=cast.dora, at=NOW)
    assert microsoft.journal() == []
