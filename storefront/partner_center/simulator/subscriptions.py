"""Routes of subscriptions: read, change, and what their terms do when the clock passes their end.

A term is settled when somebody looks: with auto-renew on, the next one begins where the old one ended, counted from
the original day; with auto-renew off the subscription is expired, 30 days later disabled, after another 90 deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from storefront.partner_center.simulator import inputs
from storefront.partner_center.simulator.customers import customer_of, prefix_of
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import (
    Answer,
    Refusal,
    Request,
    checked,
    collection,
    instant,
    stable_guid,
    stamp,
)

WINDOW_DAYS: Final = 7
EXPIRED_DAYS: Final = 30
DISABLED_DAYS: Final = 90
MONTHS: Final = {"P1M": 1, "P1Y": 12, "P3Y": 36}
HIDDEN: Final = frozenset({"customer", "expired", "waitingPatch"})
WRITABLE: Final = frozenset({"autoRenewEnabled", "scheduledNextTermInstructions"})
# Every field of the resource may come back in a PATCH, which carries the whole of it.
FIELDS: Final[dict[str, type]] = {
    "id": str, "offerId": str, "friendlyName": str, "quantity": int, "termDuration": str, "billingCycle": str,
    "effectiveStartDate": str, "commitmentEndDate": str, "cancellationAllowedUntilDate": str,
    "refundableQuantity": dict, "autoRenewEnabled": bool, "partnerId": str, "orderId": str, "status": str,
    "scheduledNextTermInstructions": dict, "nextChargeInstructions": dict, "attributes": dict, "links": dict,
}  # fmt: skip


def subscribe(
    world: World, customer_id: str, order_id: str, number: int, line: dict[str, Any], partner_id: str | None
) -> str:
    """Book the subscription of one order line from now on; returns its id."""
    now = world.now()
    subscription_id = stable_guid("subscription", order_id, str(number))
    row = {
        "id": subscription_id,
        "customer": customer_id,
        "offerId": line["catalogItemId"],
        "friendlyName": line.get("friendlyName") or "",
        "quantity": line["quantity"],
        "termDuration": line["termDuration"],
        "billingCycle": line["billingCycle"],
        "effectiveStartDate": stamp(now),
        "autoRenewEnabled": True,
        "partnerId": partner_id,
        "orderId": order_id,
    }
    months = MONTHS.get(line["termDuration"], 1)
    world.ledger.put("subscription", subscription_id, row | _term(row, now, months_later(now, months)))
    return subscription_id


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and time so many months later; the month's last day where the day is missing."""
    index = moment.month - 1 + months
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + index // 12, month=index % 12 + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=moment.year + index // 12, month=index % 12 + 1)


def provisioning(world: World, subscription: dict[str, Any]) -> str:
    """`success`, `pending` or `failed`."""
    prefix = prefix_of(customer_of(world, subscription["customer"]))
    if prefix.startswith(inputs.PROVISIONING_FAILS):
        return "failed"
    ready = instant(subscription["effectiveStartDate"]) + timedelta(
        seconds=float(world.setting("provisioning_seconds"))
    )
    waiting = prefix.startswith(inputs.NEVER_PROVISIONED) or world.now() < ready
    return "pending" if waiting else "success"


def settled(world: World) -> list[dict[str, Any]]:
    """Every subscription, oldest first, after the clock has done to it what is due by now."""
    now = world.now()
    with world.ledger.effect():
        rows = world.ledger.all("subscription")
        for row in rows:
            before = dict(row)
            _live_on(row, now)
            if row != before:
                world.ledger.put("subscription", row["id"], row)
    return rows


def _live_on(row: dict[str, Any], now: datetime) -> None:
    """Let changes that waited and ends of terms happen, in the order of their moments."""
    while True:
        end = instant(row["commitmentEndDate"])
        patch = row.get("waitingPatch")
        if patch and instant(patch["at"]) <= min(now, end):
            row |= patch["change"]
            row["waitingPatch"] = None
        elif row.get("expired") or end > now:
            return
        elif not row["autoRenewEnabled"]:
            row |= {"expired": True, "waitingPatch": None}
        else:
            row |= _term(row, end, _next_end(row, end))


def _next_end(row: dict[str, Any], end: datetime) -> datetime:
    """The end of the term that begins at `end`, counted from the original day."""
    start, months = instant(row["effectiveStartDate"]), MONTHS.get(row["termDuration"], 1)
    terms = 1
    while (found := months_later(start, terms * months)) <= end:
        terms += 1
    return found


def _term(row: dict[str, Any], begins: datetime, ends: datetime) -> dict[str, Any]:
    """The fields of a term: its end, and the window in which seats may be given back."""
    until = stamp(begins + timedelta(days=WINDOW_DAYS))
    return {
        "commitmentEndDate": stamp(ends),
        "cancellationAllowedUntilDate": until,
        "refundableQuantity": {
            "totalQuantity": row["quantity"],
            "details": [{"quantity": row["quantity"], "allowedUntilDateTime": until}],
        },
    }


def _status(world: World, row: dict[str, Any]) -> str:
    if row.get("expired"):
        since = (world.now() - instant(row["commitmentEndDate"])).days
        return "expired" if since < EXPIRED_DAYS else "disabled" if since < EXPIRED_DAYS + DISABLED_DAYS else "deleted"
    return "active" if provisioning(world, row) == "success" else "pending"


def _shown(world: World, row: dict[str, Any]) -> dict[str, Any]:
    etag = stable_guid("etag", str(sorted(row.items())))
    shown = {name: value for name, value in row.items() if name not in HIDDEN and value is not None}
    return {
        **shown,
        "status": _status(world, row),
        "attributes": {"etag": f'"{etag}"', "objectType": "Subscription"},
    }


def list_subscriptions(world: World, request: Request, tenant_id: str) -> Answer:
    """GET …/subscriptions, optionally of one order."""
    customer = customer_of(world, tenant_id)
    rows = [row for row in settled(world) if row["customer"] == customer["id"]]
    if order_id := request.query.get("order_id"):
        rows = [row for row in rows if row["orderId"] == order_id]
    return Answer(body=collection(_shown(world, row) for row in rows))


def _subscription_of(world: World, tenant_id: str, subscription_id: str) -> dict[str, Any]:
    customer = customer_of(world, tenant_id)
    settled(world)
    row = world.ledger.get("subscription", subscription_id.lower())
    if row is None or row["customer"] != customer["id"]:
        raise Refusal(404, 20003, f"Subscription {subscription_id} not found")
    return row


def get_subscription(world: World, request: Request, tenant_id: str, subscription_id: str) -> Answer:
    """GET …/subscriptions/{id}."""
    return Answer(body=_shown(world, _subscription_of(world, tenant_id, subscription_id)))


def subscription_provisioning(world: World, request: Request, tenant_id: str, subscription_id: str) -> Answer:
    """GET …/subscriptions/{id}/provisioningstatus."""
    row = _subscription_of(world, tenant_id, subscription_id)
    return Answer(body={"status": provisioning(world, row), "quantity": row["quantity"], "skuId": row["offerId"]})


def patch_subscription(world: World, request: Request, tenant_id: str, subscription_id: str) -> Answer:
    """PATCH …/subscriptions/{id}: the whole resource with If-Match. Only auto-renew and the next term may change here.

    What is left out of these two is reset. With `patch_seconds` the answer is 202 and a Location to look at.
    """
    row = _subscription_of(world, tenant_id, subscription_id)
    shown = _shown(world, row)
    if not request.header("if-match"):
        raise Refusal(400, 2000, "If-Match is missing")
    if request.header("if-match").strip('"') != shown["attributes"]["etag"].strip('"'):
        raise Refusal(412, 2055, "The ETag is not the one of the stored resource")
    body = checked(request.json(), "subscription", required={"id": str, "quantity": int}, optional=FIELDS)
    for name in set(body) - WRITABLE - {"attributes", "links"}:
        if body[name] != shown.get(name):
            raise Refusal(400, 3000, f"subscription.{name} cannot be changed here")
    if shown["status"] != "active":
        raise Refusal(400, 3000, "Only an active subscription can be changed")
    if row.get("waitingPatch"):
        raise Refusal(409, 900278, "Another change of this subscription is being made")
    change = {
        "autoRenewEnabled": bool(body.get("autoRenewEnabled", False)),
        "scheduledNextTermInstructions": body.get("scheduledNextTermInstructions"),
    }
    return _book(world, row, change)


def _book(world: World, row: dict[str, Any], change: dict[str, Any]) -> Answer:
    wait = float(world.setting("patch_seconds"))
    if wait:
        row["waitingPatch"] = {"at": stamp(world.now() + timedelta(seconds=wait)), "change": change}
        world.ledger.put("subscription", row["id"], row)
        return Answer(202, None, {"Location": f"/v1/customers/{row['customer']}/subscriptions/{row['id']}"})
    row |= change
    world.ledger.put("subscription", row["id"], row)
    return Answer(200, _shown(world, row))
