"""Fulfilment when an answer is lost or late, or Microsoft is away: nothing is sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.enums import CallState, UnitState
from storefront.models import PartnerCall
from storefront.services import fulfilment
from tests.integration.storefront.fulfilment_cast import keep_going, posts, subscription_of
from tests.integration.storefront.partner_cast import NOW, fulfil, tenant_of, unit_of

pytestmark = pytest.mark.django_db


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
