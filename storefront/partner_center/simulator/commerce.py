"""Routes that spend money: carts, checkout, orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storefront.partner_center.simulator import catalogue, inputs
from storefront.partner_center.simulator.customers import customer_of, prefix_of
from storefront.partner_center.simulator.partners import partner_fault
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.subscriptions import provisioning, subscribe
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

CART_DAYS = 7
LINE = {"id": int, "catalogItemId": str, "quantity": int, "termDuration": str, "billingCycle": str}
LINE_OPTIONAL = {
    "friendlyName": str, "promotionId": str, "customTermEndDate": str, "attestationAccepted": bool,
    "provisioningContext": dict, "addonItems": list, "participants": list,
}  # fmt: skip


def create_cart(world: World, request: Request, tenant_id: str) -> Answer:
    """POST /v1/customers/{id}/carts."""
    customer = customer_of(world, tenant_id)
    body = checked(
        request.json(),
        "cart",
        required={"lineItems": list},
        optional={"partnerOnRecordAttestationAccepted": bool},
    )
    if not body["lineItems"]:
        raise Refusal(400, 800009, "A cart needs a line")
    _refuse_buyer(customer)
    lines = [_checked_line(world, customer, body, line) for line in body["lineItems"]]
    now = world.now()
    cart = {
        "id": stable_guid("cart", str(world.ledger.next("cart"))),
        "customer": customer["id"],
        "status": "Active",
        "creationTimestamp": stamp(now),
        "expirationTimestamp": stamp(now + timedelta(days=CART_DAYS)),
        "lineItems": lines,
    }
    world.ledger.put("cart", cart["id"], cart)
    return Answer(201, _shown_cart(cart))


def _refuse_buyer(customer: dict[str, Any]) -> None:
    if not customer.get("agreement"):
        raise Refusal(403, 13605, "The customer has not accepted the Microsoft Customer Agreement")
    if customer["vetting"] == "UnderReview":
        raise Refusal(403, 800074, "The customer is under review")
    if customer["vetting"] == "NotAllowed":
        raise Refusal(403, 800075, "The customer is not approved")


def _checked_line(world: World, customer: dict[str, Any], cart: dict[str, Any], value: Any) -> dict[str, Any]:
    line = checked(value, "lineItem", required=LINE, optional=LINE_OPTIONAL)
    if line["quantity"] < 1:
        raise Refusal(400, 2002, "The quantity is outside the allowed range")
    if "participants" in line:
        _refuse_bad_participants(world, customer, cart, line["participants"])
    sku = catalogue.resolve(world, line["catalogItemId"])
    line["billingCycle"] = line["billingCycle"].lower()
    line["error"] = None
    if sku is None:
        line["error"] = {
            "errorCode": "CatalogItemIdIsNotValid",
            "code": 10001,
            "description": "The catalog item id is not valid",
        }
    elif {"duration": line["termDuration"], "billingCycle": line["billingCycle"]} not in sku["terms"]:
        line["error"] = {
            "errorCode": "InvalidInput",
            "code": 10010,
            "description": "Term and billing cycle are not offered",
        }
    elif not sku["minimum"] <= line["quantity"] <= sku["maximum"]:
        raise Refusal(400, 2002, f"The quantity must be {sku['minimum']} to {sku['maximum']}")
    return {**line, "currencyCode": "EUR", "orderGroup": "0"}


def _refuse_bad_participants(world: World, customer: dict[str, Any], cart: dict[str, Any], entries: list[Any]) -> None:
    shaped = [checked(entry, "participant", required={"key": str, "value": str}) for entry in entries]
    partners = [entry["value"] for entry in shaped if entry["key"] == "transaction_reseller"]
    if len(partners) != 1 or len(shaped) != 1:
        raise Refusal(400, 3000, "participants needs exactly one transaction_reseller")
    if not cart.get("partnerOnRecordAttestationAccepted"):
        raise Refusal(400, 900206, "The partner-on-record attestation was not accepted")
    fault = partner_fault(world, partners[0])
    if fault:
        raise Refusal(400, *fault)
    associated = customer.get("associatedPartnerId")
    reseller = world.ledger.get("reseller", associated) if associated else None
    if reseller is None or reseller["mpnId"] != partners[0]:
        raise Refusal(400, 900400, "The partner is not the reseller of this customer")


def _shown_cart(cart: dict[str, Any]) -> dict[str, Any]:
    hidden = {"customer", "orders"}
    return {name: value for name, value in cart.items() if name not in hidden}


def _cart_of(world: World, tenant_id: str, cart_id: str) -> dict[str, Any]:
    cart = world.ledger.get("cart", cart_id)
    expired = cart and cart["status"] == "Active" and cart["expirationTimestamp"] < stamp(world.now())
    if cart is None or expired or cart["customer"] != tenant_id.lower():
        raise Refusal(404, 800008, f"Cart {cart_id} not found")
    return cart


def get_cart(world: World, request: Request, tenant_id: str, cart_id: str) -> Answer:
    """GET …/carts/{id}: Active or Ordered."""
    customer_of(world, tenant_id)
    return Answer(body=_shown_cart(_cart_of(world, tenant_id, cart_id)))


def checkout(world: World, request: Request, tenant_id: str, cart_id: str) -> Answer:
    """POST …/carts/{id}/checkout: books the orders once; a repeat gets the first result."""
    customer = customer_of(world, tenant_id)
    cart = _cart_of(world, tenant_id, cart_id)
    if cart["status"] == "Ordered":
        if world.setting("checkout") == "legacy":
            raise Refusal(400, 800065, "The cart was already submitted")
        return Answer(
            201,
            {
                "orders": [_shown_order(world, world.ledger.get("order", key) or {}) for key in cart["orders"]],
                "orderErrors": [],
            },
        )
    _refuse_buyer(customer)
    if prefix_of(customer).startswith(inputs.RISK):
        raise Refusal(403, 800069, "The risk check failed")
    if any(line["error"] for line in cart["lineItems"]):
        raise Refusal(400, 800009, "The cart has lines with errors")
    for line in cart["lineItems"]:
        for entry in line.get("participants") or []:
            fault = partner_fault(world, entry["value"])
            if fault:
                raise Refusal(400, *fault)
    orders = [_book(world, customer, group) for group in _groups(cart["lineItems"])]
    cart |= {"status": "Ordered", "orders": [order["id"] for order in orders]}
    world.ledger.put("cart", cart["id"], cart)
    return Answer(201, {"orders": [_shown_order(world, order) for order in orders], "orderErrors": []})


def _groups(lines: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        grouped.setdefault((line["termDuration"], line["billingCycle"]), []).append(line)
    return list(grouped.values())


def _partner_of(line: dict[str, Any]) -> str | None:
    entries = line.get("participants") or []
    return str(entries[0]["value"]) if entries else None


def _book(world: World, customer: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    now = world.now()
    order_id = stable_guid("order", str(world.ledger.next("order"))).replace("-", "")[:12]
    booked = []
    for number, line in enumerate(lines):
        subscription_id = subscribe(world, customer["id"], order_id, number, line, _partner_of(line))
        booked.append(
            {
                "lineItemNumber": number,
                "offerId": line["catalogItemId"],
                "subscriptionId": subscription_id,
                "termDuration": line["termDuration"],
                "transactionType": "New",
                "friendlyName": line.get("friendlyName") or "",
                "quantity": line["quantity"],
                **({"partnerIdOnRecord": _partner_of(line)} if _partner_of(line) else {}),
            }
        )
    order = {
        "id": order_id,
        "alternateId": order_id,
        "referenceCustomerId": customer["id"],
        "billingCycle": lines[0]["billingCycle"],
        "currencyCode": "EUR",
        "transactionType": "UserPurchase",
        "creationDate": stamp(now),
        "lineItems": booked,
    }
    world.ledger.put("order", order_id, order)
    return order


def _shown_order(world: World, order: dict[str, Any]) -> dict[str, Any]:
    age = world.now() - instant(order["creationDate"])
    hide = age < timedelta(seconds=float(world.setting("subscription_lag_seconds")))
    lines, states = [], set()
    for line in order["lineItems"]:
        subscription = world.ledger.get("subscription", line["subscriptionId"]) or {}
        states.add(provisioning(world, subscription))
        lines.append({name: value for name, value in line.items() if not (hide and name == "subscriptionId")})
    status = "completed" if states == {"success"} else "pending"
    return {**order, "lineItems": lines, "status": status}


def list_orders(world: World, request: Request, tenant_id: str) -> Answer:
    """GET …/orders: young orders are missing."""
    customer = customer_of(world, tenant_id)
    lag = timedelta(seconds=float(world.setting("order_list_lag_seconds")))
    limit = stamp(world.now() - lag)
    rows = [row for row in world.ledger.all("order") if row["referenceCustomerId"] == customer["id"]]
    return Answer(body=collection(_shown_order(world, row) for row in rows if row["creationDate"] <= limit))


def _order_of(world: World, tenant_id: str, order_id: str) -> dict[str, Any]:
    customer = customer_of(world, tenant_id)
    order = world.ledger.get("order", order_id)
    if order is None or order["referenceCustomerId"] != customer["id"]:
        raise Refusal(404, 20000, f"Order {order_id} not found")
    return order


def get_order(world: World, request: Request, tenant_id: str, order_id: str) -> Answer:
    """GET …/orders/{id}."""
    return Answer(body=_shown_order(world, _order_of(world, tenant_id, order_id)))


def order_provisioning(world: World, request: Request, tenant_id: str, order_id: str) -> Answer:
    """GET …/orders/{id}/provisioningstatus, one entry per line."""
    words = {"success": "Fulfilled", "pending": "PrefulfillmentPending", "failed": "Unfulfilled"}
    rows = []
    for line in _order_of(world, tenant_id, order_id)["lineItems"]:
        subscription = world.ledger.get("subscription", line["subscriptionId"]) or {}
        status = words[provisioning(world, subscription)]
        rows.append({"lineItemNumber": line["lineItemNumber"], "status": status, "quantityProvisioningInformation": []})
    return Answer(body=collection(rows))
