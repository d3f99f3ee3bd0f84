"""Any weather: random faults on random calls, request ids remembered or not; afterwards exactly one order is booked."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from storefront.enums import UnitState
from storefront.services import fulfilment
from tests.integration.storefront.partner_cast import NOW, Cast, tenant_of, unit_of

ROUTES = [
    "/v1/customers$",
    "/agreements",
    "/carts",
    "/checkout$",
    "/orders",
    "/subscriptions",
    "/availabilities",
    "reseller",
]
SPOILS = [
    {"drop": True},
    {"status": 500},
    {"status": 502, "garble": True},
    {"truncate": True},
    {"status": 429, "headers": {"Retry-After": "3"}},
    {"status": 409, "body": {"code": 800060, "description": "in progress"}},
    {"status": 401},
]
ENDED = {UnitState.ACTIVE, UnitState.REJECTED, UnitState.NEEDS_PERSON}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_one_order_is_booked_whatever_the_weather(microsoft, seed):
    dice = random.Random(seed)
    microsoft.configure(replay_memory=dice.random() < 0.5, provisioning_seconds=dice.choice([0, 90]))
    for _ in range(dice.randint(3, 7)):
        spoil = dice.choice(SPOILS)
        when = "before" if "headers" in spoil or "body" in spoil else dice.choice(["before", "after"])
        method = dice.choice(["POST", "POST", "GET"])
        microsoft.fault(dice.choice(ROUTES), method=method, when=when, times=dice.randint(1, 3), **spoil)
    cast = Cast()
    order = cast.order(cast.customer, prefix="glafkos")

    fulfilment.start(order=order, at=NOW)
    at = NOW
    while unit_of(order).state not in ENDED and at < NOW + timedelta(hours=6):
        fulfilment.advance(tenant=tenant_of(order), at=at)
        wait = max(1.0, ((unit_of(order).next_try_at or at) - at).total_seconds() + 1)
        at += timedelta(seconds=wait)
        microsoft.advance(wait)

    ledger = microsoft.ledger()
    assert unit_of(order).state == UnitState.ACTIVE, unit_of(order).reason
    assert (len(ledger["customer"]), len(ledger["order"])) == (1, 1)
    assert order.items.get().subscription.mpn_id == "9900037"
    for row in microsoft.journal("POST", "/carts"):
        if row["path"].endswith("/carts"):
            assert "transaction_reseller" in row["raw"]
