"""Fulfilment that Microsoft refuses or holds up: rejected, repaired, tried again, given up."""

from __future__ import annotations

import pytest

from accounts.models import Message
from invoicing.enums import ScheduleState
from invoicing.models import Charge
from invoicing.selectors import credit
from storefront.enums import DeliveryStatus, SubscriptionStatus, TenantState, UnitState
from storefront.services import fulfilment, tenants
from storefront.services.subscriptions import CreditTooLow
from tests.integration.storefront.fulfilment_cast import LATER, keep_going, posts, subscription_of
from tests.integration.storefront.partner_cast import NOW, Cast, fulfil, tenant_of, unit_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("mpn", "code"),
    [("2203203", "2203"), ("2201201", "2201"), ("8000160", "800016"), ("9004140", "900414"), ("4040404", "900154")],
)
def test_bad_partner_is_rejected_before_anything_exists_and_frees_the_credit(microsoft, mpn, code):
    cast = Cast(mpn=mpn, credit_limit="1000.00")
    order = cast.order(cast.customer, prefix="glafkos")
    before = credit.available(cast.reseller)

    unit = fulfil(order)

    subscription = subscription_of(order)
    assert (unit.state, unit.reason_code) == (UnitState.REJECTED, code)
    assert (subscription.status, subscription.failure_reason) == (SubscriptionStatus.FAILED, unit.reason)
    assert subscription.schedule.state == ScheduleState.VOID
    assert order.items.get().delivery_status == DeliveryStatus.FAILED
    assert credit.available(cast.reseller).amount - before.amount == subscription.schedule.first_period_gross
    assert microsoft.ledger()["customer"] == []
    assert not Charge.objects.exists()
    templates = Message.objects.values_list("template", flat=True)
    assert sorted(templates) == ["fulfilment_rejected", "fulfilment_rejected_operator"]


def test_bad_partner_does_not_touch_the_other_modes(microsoft):
    cast = Cast(mpn="9004140")

    assert fulfil(cast.order(cast.reseller, prefix="aigaio")).state == UnitState.ACTIVE
    assert fulfil(cast.order(cast.affiliate, prefix="aigaiohost")).state == UnitState.ACTIVE


def test_domain_taken_is_rejected_repaired_and_retried_without_a_duplicate(cast, microsoft):
    order = cast.order(cast.customer, prefix="simrace1")
    unit = fulfil(order)
    refused = (unit.state, unit.reason_code, tenant_of(order).state)
    void = subscription_of(order).schedule

    tenants.hold(account=cast.customer, prefix="glafkos2", by=cast.dora, at=NOW + LATER)
    fulfilment.retry(unit=unit, by=cast.dora, at=NOW + LATER)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + LATER)

    subscription = subscription_of(order)
    assert refused == (UnitState.REJECTED, "600004", TenantState.REJECTED)
    assert unit_of(order).state == UnitState.ACTIVE
    assert subscription.status == SubscriptionStatus.ACTIVE
    assert (subscription.schedule != void, subscription.schedule.state) == (True, ScheduleState.ACTIVE)
    assert [row["companyProfile"]["domain"] for row in microsoft.ledger()["customer"]] == ["glafkos2.onmicrosoft.com"]
    assert len(microsoft.ledger()["order"]) == 1


def test_bad_postcode_is_repaired_and_retried(cast, microsoft):
    cast.customer.postcode = "00000"
    cast.customer.save()
    order = cast.order(cast.customer, prefix="glafkos")
    unit = fulfil(order)
    assert (unit.state, unit.reason_code) == (UnitState.REJECTED, "2007")

    cast.customer.postcode = "10557"
    cast.customer.save()
    fulfilment.retry(unit=unit, by=cast.dora, at=NOW + LATER)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + LATER)

    assert unit_of(order).state == UnitState.ACTIVE


def test_partner_suspended_at_checkout_is_rejected_with_nothing_booked(cast, microsoft):
    suspended = {"code": 900154, "description": "suspended"}
    microsoft.fault("/checkout$", times=1, status=400, body=suspended)
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)
    fulfilment.retry(unit=unit, by=cast.dora, at=NOW + LATER)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + LATER)

    assert unit.state == UnitState.REJECTED
    assert unit_of(order).state == UnitState.ACTIVE
    assert len(microsoft.ledger()["order"]) == 1
    assert len({row["headers"]["MS-RequestId"] for row in posts(microsoft, "/checkout")}) == 2


def test_retry_is_refused_when_the_credit_has_gone(microsoft):
    cast = Cast(mpn="9004140", credit_limit="50.00")
    order = cast.order(cast.customer, prefix="glafkos")
    unit = fulfil(order)
    cast.reseller.reseller.credit_limit = 1
    cast.reseller.reseller.save()

    with pytest.raises(CreditTooLow):
        fulfilment.retry(unit=unit, by=cast.dora, at=NOW)

    assert unit_of(order).state == UnitState.REJECTED


def test_risk_check_needs_a_person_keeps_the_credit_and_can_be_retried(cast, microsoft):
    microsoft.fault("/checkout$", times=1, status=403, body={"code": 800069, "description": "risk"})
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)
    state = subscription_of(order).schedule.state
    fulfilment.retry(unit=unit, by=cast.dora, at=NOW + LATER)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + LATER)

    assert (unit.state, unit.reason_code, state) == (UnitState.NEEDS_PERSON, "on_hold", ScheduleState.PENDING)
    assert unit_of(order).state == UnitState.ACTIVE
    assert len(microsoft.ledger()["order"]) == 1


def test_give_up_voids_and_frees(cast, microsoft):
    order = cast.order(cast.customer, prefix="simrisk1")
    unit = fulfil(order)

    fulfilment.give_up(unit=unit, reason="customer changed its mind", by=cast.dora, at=NOW)

    assert unit_of(order).state == UnitState.REJECTED
    assert subscription_of(order).schedule.state == ScheduleState.VOID


@pytest.mark.parametrize(
    ("prefix", "code"), [("simfail1", "provisioning_failed"), ("simstuck1", "provisioning_never_ends")]
)
def test_provisioning_that_does_not_end_well_needs_a_person_and_cannot_be_given_up(cast, microsoft, prefix, code):
    order = cast.order(cast.customer, prefix=prefix)

    fulfil(order)
    unit = keep_going(order, hours=60)

    assert (unit.state, unit.reason_code) == (UnitState.NEEDS_PERSON, code)
    with pytest.raises(fulfilment.MaybeBooked):
        fulfilment.give_up(unit=unit, reason="no", by=cast.dora, at=NOW)


def test_slow_provisioning_is_polled_at_growing_distances(cast, microsoft):
    microsoft.configure(provisioning_seconds=600, subscription_lag_seconds=60)
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)
    waiting = unit.state
    microsoft.advance(601)

    assert waiting == UnitState.PROVISIONING
    assert keep_going(order).state == UnitState.ACTIVE


def test_customer_under_review_is_waited_for(cast, microsoft):
    order = cast.order(cast.customer, prefix="simreview1")

    unit = fulfil(order)
    tenant_id = microsoft.ledger()["customer"][0]["id"]
    microsoft.call("PUT", "vetting", {"tenant": tenant_id, "status": "Allowed"})

    assert (unit.state, unit.reason_code) == (UnitState.WAITING_TENANT, "under_review")
    assert keep_going(order).state == UnitState.ACTIVE


def test_customer_that_may_not_buy_is_rejected(cast, microsoft):
    unit = fulfil(cast.order(cast.customer, prefix="simbarred1"))

    assert (unit.state, unit.reason_code) == (UnitState.REJECTED, "800075")


def test_product_id_that_went_stale_is_read_again_once(cast, microsoft, monkeypatch):
    order = cast.order(cast.customer, prefix="glafkos")
    real = fulfilment.engine.PartnerCenter.catalog_item_id
    given = []

    def stale_first(self, *arguments):
        given.append(real(self, *arguments))
        return given[-1] if len(given) > 1 else given[-1][:-1] + "x"

    monkeypatch.setattr(fulfilment.engine.PartnerCenter, "catalog_item_id", stale_first)

    assert fulfil(order).state == UnitState.ACTIVE
    assert len(posts(microsoft, "/carts")) == 2


def test_cart_that_expired_before_checkout_is_replaced(cast, microsoft):
    order = cast.order(cast.customer, prefix="glafkos")
    microsoft.fault("/checkout$", times=1, status=404, body={"code": 800008, "description": "not found"})

    assert fulfil(order).state == UnitState.ACTIVE
    assert len(microsoft.ledger()["cart"]) == 2
    assert len(microsoft.ledger()["order"]) == 1


def test_cart_gone_after_an_unknown_checkout_needs_a_person_not_a_second_cart(cast, microsoft):
    microsoft.configure(replay_memory=False)
    microsoft.fault("/checkout$", times=1, status=500)
    order = cast.order(cast.customer, prefix="glafkos")
    fulfil(order)
    microsoft.advance(8 * 86400)

    unit = keep_going(order)

    assert (unit.state, unit.reason_code) == (UnitState.NEEDS_PERSON, "cart_gone")
    assert len(microsoft.ledger()["cart"]) == 1


def test_beneficiary_without_a_tenant_needs_a_person(cast, microsoft):
    order = cast.order(cast.customer)

    fulfilment.start(order=order, at=NOW)

    assert (unit_of(order).state, unit_of(order).reason_code) == (UnitState.NEEDS_PERSON, "no_tenant")
