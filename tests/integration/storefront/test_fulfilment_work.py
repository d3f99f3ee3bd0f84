"""Who works on fulfilment and when: leases, sweeps, tasks, and the lists that staff look at."""

from __future__ import annotations

from datetime import timedelta

import pgtrigger
import pytest

from accounts.models import Message
from storefront.enums import Delivery, UnitState
from storefront.models import FulfilmentUnit, Subscription
from storefront.selectors import fulfilment as selectors
from storefront.selectors import subscriptions as subscription_selectors
from storefront.services import comparison, fulfilment
from storefront.services.fulfilment import leases
from tests.integration.storefront.fulfilment_cast import LATER, posts
from tests.integration.storefront.partner_cast import NOW, Cast, fulfil, offer, tenant_of, unit_of

pytestmark = pytest.mark.django_db


def test_second_worker_is_kept_out_while_the_lease_holds(cast, microsoft):
    order = cast.order(cast.customer, prefix="glafkos")
    fulfilment.start(order=order, at=NOW)
    lease = leases.take(tenant_of(order).pk)

    assert fulfilment.advance(tenant=tenant_of(order), at=NOW) is False
    lease.release()

    assert fulfilment.advance(tenant=tenant_of(order), at=NOW) is True
    assert unit_of(order).state == UnitState.ACTIVE


def test_worker_that_lost_its_lease_sends_nothing_more(cast, microsoft, monkeypatch):
    order = cast.order(cast.customer, prefix="glafkos")
    fulfilment.start(order=order, at=NOW)
    real = fulfilment.engine.PartnerCenter.catalog_item_id

    def overtaken(self, *arguments):
        tenant = tenant_of(order)
        tenant.lease_until = NOW + timedelta(days=900)
        tenant.save()
        return real(self, *arguments)

    monkeypatch.setattr(fulfilment.engine.PartnerCenter, "catalog_item_id", overtaken)
    fulfilment.advance(tenant=tenant_of(order), at=NOW)

    assert posts(microsoft, "/carts") == []
    assert unit_of(order).state == UnitState.CART_PENDING


def test_item_that_trips_over_a_bug_does_not_hold_up_the_others(cast, microsoft, monkeypatch):
    order = cast.order(cast.customer, (cast.offer, 2), (offer(sku="0002"), 5), prefix="glafkos")
    real = fulfilment.engine.PartnerCenter.catalog_item_id

    def broken(self, product_id, sku_id, country):
        if sku_id == "0001":
            raise ZeroDivisionError
        return real(self, product_id, sku_id, country)

    monkeypatch.setattr(fulfilment.engine.PartnerCenter, "catalog_item_id", broken)
    fulfilment.start(order=order, at=NOW)
    fulfilment.advance(tenant=tenant_of(order), at=NOW)

    first, second = FulfilmentUnit.objects.order_by("pk")
    assert (first.state, first.reason_code) == (UnitState.CART_PENDING, "internal_error")
    assert second.state == UnitState.ACTIVE


def test_order_that_is_partly_rejected_is_reported_when_the_last_item_is_settled(cast, microsoft):
    order = cast.order(cast.customer, (cast.offer, 2), (offer(sku="0002"), 5), prefix="glafkos")
    microsoft.fault("/carts$", nth=2, status=400, body={"code": 2002, "description": "too many"})

    fulfilment.start(order=order, at=NOW)
    fulfilment.advance(tenant=tenant_of(order), at=NOW)

    templates = Message.objects.order_by("template").values_list("template", flat=True)
    assert list(templates) == ["fulfilment_rejected", "fulfilment_rejected_operator", "order_delivered"]
    assert "5 ×" not in Message.objects.get(template="order_delivered").text_body


def test_retry_refuses_what_has_not_stopped(cast, microsoft):
    unit = fulfil(cast.order(cast.customer, prefix="glafkos"))

    with pytest.raises(fulfilment.NotStopped):
        fulfilment.retry(unit=unit, by=cast.dora, at=NOW)


def test_sweep_rings_for_what_is_due_only_and_not_twice_in_a_row(cast, microsoft):
    microsoft.fault("/carts$", times=1, status=503)
    order = cast.order(cast.customer, prefix="glafkos")
    fulfil(order)

    assert fulfilment.sweep(at=NOW) == 0
    assert fulfilment.sweep(at=NOW + LATER) == 1
    assert fulfilment.sweep(at=NOW + LATER) == 0


def test_sweep_plans_orders_whose_bell_was_lost(cast, microsoft, deliver_outbox):
    order = cast.order(cast.customer, prefix="glafkos")
    assert fulfilment.sweep(at=NOW + timedelta(seconds=30)) == 0

    assert fulfilment.sweep(at=NOW + LATER) == 1
    deliver_outbox()

    assert unit_of(order).state == UnitState.ACTIVE
    assert fulfilment.sweep(at=NOW + LATER) == 0


def test_tasks_carry_an_order_to_its_end(cast, microsoft, deliver_outbox):
    from config.kernel import outbox

    order = cast.order(cast.customer, prefix="glafkos")
    outbox.add("storefront.fulfil_order", order_id=order.pk)

    topics = deliver_outbox()

    assert topics[:2] == ["storefront.fulfil_order", "storefront.advance_tenant"]
    assert unit_of(order).state == UnitState.ACTIVE


def test_daily_comparison_reports_strangers_orphans_and_differences(cast, microsoft):
    order = cast.order(cast.customer, prefix="glafkos")
    fulfil(order)
    assert comparison.run(at=NOW) == []

    with pgtrigger.ignore("storefront.Subscription:subscription_frozen"):
        Subscription.objects.update(quantity=4, mpn_id=None)
        assert {row.kind for row in comparison.run(at=NOW)} == {"seats", "partner"}

        Subscription.objects.update(ms_subscription_id="11111111-2222-3333-4444-555555555555")
    assert {row.kind for row in comparison.run(at=NOW)} == {"stranger", "orphan"}


def test_staff_list_needs_one_query_for_one_and_three_units(cast, microsoft, django_assert_num_queries):
    cast.order(cast.customer, prefix="glafkos")
    fulfilment.start(order=cast.customer.orders.get(), at=NOW)
    with django_assert_num_queries(1):
        _printed(selectors.units_for_staff())

    cast.order(cast.affiliate, (offer(sku="0002"), 1), (offer(sku="0003"), 1), prefix="host")
    fulfilment.start(order=cast.affiliate.orders.get(), at=NOW)

    with django_assert_num_queries(1):
        assert len(_printed(selectors.units_for_staff())) == 3


def _printed(units) -> list[str]:
    return [f"{unit.order_item.order.bill_to} {unit.order_item.order.beneficiary} {unit.tenant}" for unit in units]


def test_subscriptions_of_a_reseller_are_one_query_and_nobody_elses(cast, microsoft, django_assert_num_queries):
    other = Cast(mpn="9900074")
    other.order(other.customer)
    mine = cast.order(cast.customer, (cast.offer, 1), (offer(sku="0002"), 2))

    with django_assert_num_queries(1):
        rows = list(subscription_selectors.subscriptions_of(cast.reseller.reseller))
        printed = [f"{row.beneficiary} {row.offer.product} {row.tenant} {row.order_item.order}" for row in rows]

    assert {row.order_item.order_id for row in rows} == {mine.pk}
    assert len(printed) == 2


def test_stopped_units_and_items_by_hand_make_the_work_queue(cast, microsoft):
    stopped = cast.order(cast.customer)
    by_hand = cast.order(cast.affiliate, (offer(Delivery.BY_HAND), 1))
    running = cast.order(cast.reseller, prefix="aigaio")
    for order in (stopped, by_hand, running):
        fulfilment.start(order=order, at=NOW)

    assert [unit.order_item.order for unit in selectors.stopped_units()] == [stopped]
    assert [item.order for item in selectors.items_by_hand()] == [by_hand]
