"""Which path is answered by which function. Paths are Microsoft's."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs

from storefront.partner_center.simulator import (
    catalogue,
    commerce,
    control,
    customers,
    inputs,
    partners,
    subscriptions,
)
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import Answer, Refusal, Request

Handler = Callable[..., Answer]
C = "/v1/customers/(?P<tenant_id>[^/]+)"
P = "/v1/products/(?P<product_id>[^/]+)"
TABLE: list[tuple[str, str, Handler]] = [
    ("HEAD", "/v1/domains/(?P<name>[^/]+)", customers.domain),
    ("POST", "/v1/validations/address", customers.validate_address),
    ("GET", "/v1/relationships", partners.relationships),
    ("GET", "/v1/profiles/mpn", partners.mpn_profile),
    ("POST", "/v1/partners/validateresellers", partners.validate_resellers),
    ("GET", "/v1/compliance/csp/agreementstatus", partners.agreement_status),
    ("GET", "/v1/agreements", customers.agreement_templates),
    ("POST", "/v1/customers", customers.create_customer),
    ("GET", "/v1/customers", customers.list_customers),
    ("GET", C, customers.get_customer),
    ("GET", f"{C}/relationships", customers.customer_relationships),
    ("GET", f"{C}/agreements", customers.agreements),
    ("POST", f"{C}/agreements", customers.confirm_agreement),
    ("GET", f"{C}/directSignedMicrosoftCustomerAgreementStatus", customers.direct_signed),
    ("GET", f"{C}/validationStatus", customers.validation_status),
    ("GET", P, catalogue.product),
    ("GET", f"{P}/skus/(?P<sku_id>[^/]+)", catalogue.sku),
    ("GET", f"{P}/skus/(?P<sku_id>[^/]+)/availabilities", catalogue.availabilities),
    ("POST", f"{C}/carts", commerce.create_cart),
    ("GET", f"{C}/carts/(?P<cart_id>[^/]+)", commerce.get_cart),
    ("POST", f"{C}/carts/(?P<cart_id>[^/]+)/checkout", commerce.checkout),
    ("GET", f"{C}/orders", commerce.list_orders),
    ("GET", f"{C}/orders/(?P<order_id>[^/]+)", commerce.get_order),
    ("GET", f"{C}/orders/(?P<order_id>[^/]+)/provisioningstatus", commerce.order_provisioning),
    ("GET", f"{C}/subscriptions", subscriptions.list_subscriptions),
    ("GET", f"{C}/subscriptions/(?P<subscription_id>[^/]+)", subscriptions.get_subscription),
    ("PATCH", f"{C}/subscriptions/(?P<subscription_id>[^/]+)", subscriptions.patch_subscription),
    (
        "GET",
        f"{C}/subscriptions/(?P<subscription_id>[^/]+)/provisioningstatus",
        subscriptions.subscription_provisioning,
    ),
]
COMPILED = [(method, re.compile(pattern), handler) for method, pattern, handler in TABLE]
# These only ask; they need no request id and are never replayed.
ASKING = {"/v1/validations/address", "/v1/partners/validateresellers"}


def dispatch(world: World, request: Request) -> Answer:
    """Answer one request of the API or of the control routes."""
    try:
        if request.path.startswith("/_sim/"):
            return control.handle(world, request)
        if request.path.endswith("/oauth2/token"):
            return _token(world, request)
        _refuse_stranger(world, request)
        handler, arguments = _route(request)
        if request.method in {"GET", "HEAD"} or request.path in ASKING:
            return handler(world, request, **arguments)
        return _write(world, request, handler, arguments)
    except Refusal as refusal:
        return refusal.answer()


def _route(request: Request) -> tuple[Handler, dict[str, str]]:
    allowed = False
    for method, pattern, handler in COMPILED:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return handler, match.groupdict()
        allowed = allowed or match is not None
    raise Refusal(405 if allowed else 404, 0, f"No route {request.method} {request.path}")


def _write(world: World, request: Request, handler: Handler, arguments: dict[str, str]) -> Answer:
    """One effect, one transaction, remembered by its request id together with the answer."""
    request_id = request.header("ms-requestid")
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", request_id):
        raise Refusal(400, 2000, "MS-RequestId must be a GUID")
    print_of = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.raw).hexdigest()
    with world.ledger.effect():
        known = world.ledger.replay(request_id) if world.setting("replay_memory") else None
        if known:
            if known[0] != print_of:
                raise Refusal(400, 2000, "This MS-RequestId was used with another request")
            return Answer(known[1], json.loads(known[2]) if known[2] else None)
        _fail_recognisably(world, request)
        answer = handler(world, request, **arguments)
        world.ledger.remember(request_id, print_of, answer.status, answer.encoded().decode())
        return answer


def _fail_recognisably(world: World, request: Request) -> None:
    """The outage prefix: the first two creations meet a 503 without effect."""
    if request.path != "/v1/customers" or f'"{inputs.OUTAGE}'.encode() not in request.raw:
        return
    key = hashlib.sha256(request.raw).hexdigest()
    seen = world.outages.get(key, 0)
    world.outages[key] = seen + 1
    if seen < 2:
        raise Refusal(503, 0, "The service is unavailable")


def _token(world: World, request: Request) -> Answer:
    """POST /{tenant}/oauth2/token: refresh_token or client_credentials; values come as strings."""
    form = {name: values[0] for name, values in parse_qs(request.raw.decode("utf-8", "replace")).items()}
    grant = form.get("grant_type", "")
    if grant not in {"refresh_token", "client_credentials"}:
        return Answer(400, {"error": "unsupported_grant_type", "error_description": f"grant_type {grant}"})
    for name in ("client_id", "client_secret"):
        wanted = world.setting(name)
        if not form.get(name) or (wanted and form[name] != wanted):
            return Answer(401, {"error": "invalid_client", "error_description": f"{name} is wrong"})
    if grant == "refresh_token" and form.get("refresh_token") in {None, "", "revoked"}:
        return Answer(400, {"error": "invalid_grant", "error_description": "The refresh token was revoked"})
    with world.ledger.effect():
        token = f"sim-token-{world.ledger.next('token')}"
        expires = world.machine_seconds() + float(world.setting("token_seconds"))
        world.ledger.put("token", token, {"expires": expires})
    return Answer(
        body={
            "token_type": "Bearer",
            "scope": "user_impersonation",
            "expires_in": str(int(world.setting("token_seconds"))),
            "resource": form.get("resource", ""),
            "access_token": token,
            "refresh_token": form.get("refresh_token", ""),
        }
    )


def _refuse_stranger(world: World, request: Request) -> None:
    token = request.header("authorization").removeprefix("Bearer ").strip()
    known = world.ledger.get("token", token) if token else None
    if known is None or known["expires"] < world.machine_seconds():
        raise Refusal(401, 900420, "The access token is missing, expired or unknown")
