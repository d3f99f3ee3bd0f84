"""The control routes under `/_sim/`, for tests and the demo: reset, seed, clock, settings, faults, journal, ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storefront.partner_center.simulator import catalogue, faults, partners, subscriptions
from storefront.partner_center.simulator.customers import customer_of
from storefront.partner_center.simulator.state import SETTINGS, World
from storefront.partner_center.simulator.wire import Answer, Refusal, Request, stamp

READABLE = ("reseller", "customer", "cart", "order", "subscription", "fault", "sku")


def _reset(world: World, request: Request) -> Answer:
    world.ledger.reset()
    world.journal.clear()
    return Answer(body={"reset": True})


def _settings(world: World, request: Request) -> Answer:
    """GET shows the switches, PUT changes some of them."""
    if request.method == "PUT":
        wishes = request.json()
        if unknown := set(wishes) - set(SETTINGS):
            raise Refusal(400, 1, f"unknown settings: {sorted(unknown)}")
        with world.ledger.effect():
            for name, value in wishes.items():
                world.ledger.put("setting", name, {"value": value})
    return Answer(body={name: world.setting(name) for name in SETTINGS})


def _clock(world: World, request: Request) -> Answer:
    """PUT `{"frozen": ISO}` stops it, `{"offset": seconds}` lets it run moved, `{"advance": seconds}` moves it on."""
    if request.method == "PUT":
        wish = request.json()
        stored = world.ledger.get("setting", "clock") or {}
        if "frozen" in wish:
            world.set_clock(frozen=datetime.fromisoformat(wish["frozen"]))
        elif "advance" in wish and "frozen" in stored:
            moment = datetime.fromisoformat(stored["frozen"]).timestamp() + float(wish["advance"])
            world.set_clock(frozen=datetime.fromtimestamp(moment, tz=world.now().tzinfo))
        else:
            offset = float(wish.get("offset", stored.get("offset", 0))) + float(wish.get("advance", 0))
            world.set_clock(offset=offset)
    return Answer(body={"now": stamp(world.now())})


def _seed(world: World, request: Request) -> Answer:
    """PUT `{"resellers": [{mpnId, id?, name?, state?}], "products": [{productId, skuId, title?, terms, maximum?}]}`."""
    wish = request.json()
    for row in wish.get("resellers", []):
        known = next((entry for entry in world.ledger.all("reseller") if entry["mpnId"] == row["mpnId"]), None)
        if known:
            with world.ledger.effect():
                world.ledger.drop("reseller", known["id"])
        partners.add_reseller(
            world,
            mpn_id=row["mpnId"],
            tenant_id=row.get("id") or (known or {}).get("id", ""),
            name=row.get("name", ""),
            state=row.get("state", "Active"),
        )
    with world.ledger.effect():
        for row in wish.get("products", []):
            sku = catalogue.sku_document(
                row["productId"],
                row["skuId"],
                row.get("title", row["productId"]),
                row["terms"],
                maximum=row.get("maximum", catalogue.DEFAULT_MAXIMUM),
            )
            world.ledger.put("sku", f"{row['productId']}:{row['skuId']}", sku)
    return Answer(body={"seeded": True})


def _rotate(world: World, request: Request) -> Answer:
    with world.ledger.effect():
        generation = world.ledger.next("availability_generation")
        world.ledger.put("setting", "availability_generation", {"value": generation})
    return Answer(body={"generation": generation})


def _vetting(world: World, request: Request) -> Answer:
    """PUT `{"tenant": id, "status": "Allowed"}`."""
    wish = request.json()
    row = customer_of(world, wish["tenant"]) | {"vetting": wish["status"]}
    with world.ledger.effect():
        world.ledger.put("customer", row["id"], row)
    return Answer(body={"vetting": row["vetting"]})


def _faults(world: World, request: Request) -> Answer:
    """GET lists, PUT adds one, DELETE clears."""
    if request.method == "PUT":
        return Answer(body={"id": faults.put(world.ledger, request.json())})
    if request.method == "DELETE":
        with world.ledger.effect():
            world.ledger.drop("fault")
    return Answer(body={"faults": world.ledger.all("fault")})


def _journal(world: World, request: Request) -> Answer:
    """GET all requests in order; DELETE empties the journal."""
    if request.method == "DELETE":
        world.journal.clear()
    return Answer(body={"requests": world.journal.read()})


def _ledger(world: World, request: Request) -> Answer:
    """GET what is truly booked, terms that ended meanwhile included."""
    subscriptions.settled(world)
    return Answer(body={kind: world.ledger.all(kind) for kind in READABLE})


def _forget(world: World, request: Request) -> Answer:
    """POST: no request id is remembered any more."""
    with world.ledger.effect():
        world.ledger.forget_replays()
    return Answer(body={"forgotten": True})


ROUTES: dict[str, tuple[set[str], Callable[[World, Request], Answer]]] = {
    "/_sim/reset": ({"POST"}, _reset),
    "/_sim/settings": ({"GET", "PUT"}, _settings),
    "/_sim/clock": ({"GET", "PUT"}, _clock),
    "/_sim/seed": ({"PUT"}, _seed),
    "/_sim/rotate": ({"POST"}, _rotate),
    "/_sim/vetting": ({"PUT"}, _vetting),
    "/_sim/faults": ({"GET", "PUT", "DELETE"}, _faults),
    "/_sim/journal": ({"GET", "DELETE"}, _journal),
    "/_sim/ledger": ({"GET"}, _ledger),
    "/_sim/forget": ({"POST"}, _forget),
}


def handle(world: World, request: Request) -> Answer:
    """Answer one control request; bad input is a 400 with words."""
    entry = ROUTES.get(request.path)
    if entry is None or request.method not in entry[0]:
        raise Refusal(404, 1, f"no control route {request.method} {request.path}")
    try:
        return entry[1](world, request)
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(400, 1, f"control request not understood: {error!r}") from error
