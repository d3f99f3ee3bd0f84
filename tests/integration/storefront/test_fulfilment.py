"""Fulfilment against the simulator process: the three modes, lost answers, refusals, repairs."""

from __future__ import annotations

from datetime import date, timedelta

import pgtrigger
import pytest

from accounts.models import Message
from invoicing.enums import ScheduleState
from invoicing.models import Charge
from invoicing.selectors import credit
from storefront.enums import CallState, Delivery, DeliveryStatus, SubscriptionStatus, TenantState, UnitState
from storefront.models import FulfilmentUnit, PartnerCall, Subscription
from storefront.selectors import fulfilment as selectors
from storefront.selectors import subscriptions as subscription_selectors
from storefront.services import comparison, fulfilment, tenants
from storefront.services.fulfilment import leases
from storefront.services.subscriptions import CreditTooLow
from tests.integration.storefront.partner_cast import NOW, Cast, fulfil, offer, tenant_of, unit_of

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


@pytest.fixture
def cast(microsoft) -> Cast:
    return Cast()


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


@pytest.mark.parametrize("replay", [True, False], ids=["id remembered", "id forgotten"])
@pytest.mark.parametrize("spoil", [{"drop": True}, {"status": 500}, {"truncate": True}, {"garble": True}])
@pytest.mark.parametrize("route", ["/v1/customers$", "/agreements$", "/carts$", "/checkout$"])
def test_answer_lost_after_the_effect_makes_one_of_everything(cast, microsoft, route, spoil, replay):
    microsoft.configure(replay_memory=replay)
    microsoft.fault(route, when="after", times=1, **spoil)
    order = cast.order(cast.customer, prefix="glafkos")

    fulfil(order)
    unit = keep_going(order)

    ledger = microsoft.ledger()
    assert unit.state == UnitState.ACTIVE
    assert (len(ledger["customer"]), len(ledger["order"]), len(ledger["subscription"])) == (1, 1, 1)
    assert str(subscription_of(order).ms_subscription_id) == ledger["subscription"][0]["id"]


def test_legacy_checkout_is_reconciled_by_the_order_list(cast, microsoft):
    microsoft.configure(replay_memory=False, checkout="legacy")
    microsoft.fault("/checkout$", when="after", times=1, drop=True)
    order = cast.order(cast.customer, prefix="glafkos")

    fulfil(order)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + timedelta(seconds=30))
    early = unit_of(order)
    microsoft.advance(901)
    unit = keep_going(order)

    assert early.state == UnitState.CHECKOUT_UNKNOWN
    assert unit.state == UnitState.ACTIVE
    assert len(microsoft.ledger()["order"]) == 1


def test_time_out_then_success_books_once(cast, microsoft, settings):
    settings.PARTNER_CENTER_CHECKOUT_SECONDS = 0.3
    microsoft.fault("/checkout$", when="after", times=1, delay_ms=800)
    order = cast.order(cast.customer, prefix="glafkos")

    first = fulfil(order)
    settings.PARTNER_CENTER_CHECKOUT_SECONDS = 5.0

    assert first.state == UnitState.CHECKOUT_UNKNOWN
    assert keep_going(order).state == UnitState.ACTIVE
    assert len(microsoft.ledger()["order"]) == 1


def test_repeat_after_unknown_carries_the_same_id_and_bytes(cast, microsoft):
    microsoft.fault("/checkout$", times=2, status=503)
    order = cast.order(cast.customer, prefix="glafkos")

    fulfil(order)
    keep_going(order)

    sent = posts(microsoft, "/checkout")
    assert len(sent) == 3
    assert len({(row["headers"]["MS-RequestId"], row["path"], row["raw"]) for row in sent}) == 1


def test_id_and_cart_are_committed_before_the_socket_opens(cast, microsoft, monkeypatch):
    seen = []
    order = cast.order(cast.customer, prefix="glafkos")
    real = fulfilment.engine.PartnerCenter.send

    def spy(self, outgoing, **more):
        call = PartnerCall.objects.get(ms_request_id=more["request_id"])
        seen.append((call.step, call.state, call.path == outgoing.path, call.body_hash == outgoing.body_hash))
        return real(self, outgoing, **more)

    monkeypatch.setattr(fulfilment.engine.PartnerCenter, "send", spy)
    fulfil(order)

    steps = ["create_customer", "agreement", "cart", "checkout"]
    assert seen == [(step, CallState.SENT, True, True) for step in steps]


def test_throttling_waits_as_told_and_uses_up_no_tries(cast, microsoft):
    microsoft.fault("/carts$", times=3, status=429, headers={"Retry-After": "40"}, body={"statusCode": 429})
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)

    assert (unit.state, unit.attempts, unit.reason_code) == (UnitState.CART_PENDING, 0, "throttled")
    assert timedelta(seconds=40) <= unit.next_try_at - NOW <= timedelta(seconds=44)
    fulfilment.advance(tenant=tenant_of(order), at=NOW + timedelta(seconds=39))
    assert len(posts(microsoft, "/carts")) == 1
    assert keep_going(order).state == UnitState.ACTIVE
    assert len(microsoft.ledger()["cart"]) == 1


def test_storm_of_503_keeps_the_order_until_it_is_over(cast, microsoft):
    microsoft.fault("/v1/customers$", times=12, status=503)
    order = cast.order(cast.customer, prefix="glafkos")

    fulfil(order)
    unit = keep_going(order)

    assert unit.state == UnitState.ACTIVE
    assert len(microsoft.ledger()["customer"]) == 1


def test_order_in_progress_is_waited_for_with_the_same_id(cast, microsoft):
    microsoft.fault("/checkout$", times=2, status=409, body={"code": 800060, "description": "in progress"})
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)

    assert (unit.state, unit.reason_code) == (UnitState.CHECKOUT_UNKNOWN, "busy")
    assert keep_going(order).state == UnitState.ACTIVE
    assert len({row["headers"]["MS-RequestId"] for row in posts(microsoft, "/checkout")}) == 1
    assert len(microsoft.ledger()["order"]) == 1


def test_unreachable_microsoft_is_waited_for(cast, microsoft, settings):
    order = cast.order(cast.customer, prefix="glafkos")
    reachable = settings.PARTNER_CENTER_TOKEN_URL, settings.PARTNER_CENTER_URL, settings.OUTGOING_HTTP_HOSTS
    settings.PARTNER_CENTER_URL = "http://127.0.0.1:9"
    settings.PARTNER_CENTER_TOKEN_URL = "http://127.0.0.1:9/token"
    settings.OUTGOING_HTTP_HOSTS = ["127.0.0.1:9"]

    unit = fulfil(order)
    settings.PARTNER_CENTER_TOKEN_URL, settings.PARTNER_CENTER_URL, settings.OUTGOING_HTTP_HOSTS = reachable

    assert (unit.state, unit.reason_code) == (UnitState.WAITING_TENANT, "unreachable")
    assert keep_going(order).state == UnitState.ACTIVE


def test_revoked_consent_parks_orders_unharmed(cast, microsoft):
    microsoft.fault("/v1/customers$", times=2, status=401)
    order = cast.order(cast.customer, prefix="glafkos")

    unit = fulfil(order)

    assert (unit.state, unit.reason_code) == (UnitState.WAITING_TENANT, "not_authenticated")
    assert keep_going(order).state == UnitState.ACTIVE


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
