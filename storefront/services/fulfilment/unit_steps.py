"""One unit on its way: partner check, cart, checkout, read-back. Each step moves the state or raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.enums import PurchaseMode
from config.kernel.locks import lock
from storefront.enums import UnitState
from storefront.models import FulfilmentUnit, PartnerCall
from storefront.partner_center import answers, errors, payloads
from storefront.partner_center.client import PartnerCenter
from storefront.services.fulfilment import calls, outcomes, tenant_steps
from storefront.services.fulfilment.leases import Lease
from storefront.services.fulfilment.waits import Wait
from storefront.transitions import UNIT_TRANSITIONS

CART, CHECKOUT = "cart", "checkout"
STALE_ITEM = 10001
MOST_CARTS = 3  # a product id that is stale this often is not for sale


@dataclass(frozen=True, slots=True)
class Work:
    """What a step needs besides the unit."""

    lease: Lease
    client: PartnerCenter
    at: datetime


def step(unit: FulfilmentUnit, work: Work) -> None:
    """Take the next step of the unit. Raises Wait, LeaseLost and the client's errors."""
    STEPS[UnitState(unit.state)](unit, work)


def move(unit: FulfilmentUnit, target: UnitState, work: Work | None = None, **fields: Any) -> FulfilmentUnit:
    """Set the state under lock (and lease); a new state starts with fresh attempts and no reason."""
    with transaction.atomic():
        if work:
            work.lease.check()
        row = lock(unit)
        if row.state != target:
            UNIT_TRANSITIONS.check(UnitState(row.state), target)
        row.state, row.attempts, row.next_try_at = target, 0, None
        row.reason_code = row.reason = ""
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
    return row


def partner_id_of(unit: FulfilmentUnit) -> str | None:
    """The MPN ID to send: none outside end-customer mode; the order's, or on a retry the reseller's repaired one."""
    order = unit.order_item.order
    if order.mode != PurchaseMode.END_CUSTOMER:
        return None
    repaired = order.bill_to.reseller.mpn_id if unit.series > 1 else None
    return repaired or order.mpn_id or ""


def reference(unit: FulfilmentUnit) -> str:
    """Our mark in the friendly name: it comes back on orders and subscriptions (§12.3 rule 5)."""
    return f"#U{unit.pk}-{unit.series}"


def friendly_name(unit: FulfilmentUnit) -> str:
    """At most 60 characters: the product's name, cut, and our mark."""
    mark = reference(unit)
    plain = unit.order_item.product_name.encode("ascii", "ignore").decode().strip()
    return f"{plain[: 59 - len(mark)]} {mark}".strip()


def _tenant_id(unit: FulfilmentUnit) -> str:
    assert unit.tenant is not None
    return str(unit.tenant.ms_tenant_id)


def _begin(unit: FulfilmentUnit, work: Work) -> None:
    move(unit, UnitState.WAITING_TENANT, work)


def _prepare(unit: FulfilmentUnit, work: Work) -> None:
    """Partner first (a refusal here creates nothing), then the tenant, then the cart may be built."""
    partner_id = partner_id_of(unit)
    if partner_id is not None:
        if not partner_id:
            raise errors.Refused("no MPN ID", code=2071, status=400)
        check = work.client.check_partner(partner_id)
        if not check.is_valid:
            raise errors.Refused(check.error_text, code=check.error_code, status=400)
    assert unit.tenant is not None
    tenant_steps.make_ready(tenant=unit.tenant, lease=work.lease, client=work.client, at=work.at)
    move(unit, UnitState.CART_PENDING, work)


def _build_cart(unit: FulfilmentUnit, work: Work) -> None:
    def booked(answer: dict[str, Any]) -> None:
        cart = answers.read(answers.Cart, answer)
        if not cart.error_code:
            move(unit, UnitState.CART_READY, ms_cart_id=cart.cart_id)

    calls.perform(
        subject=unit, step=CART, series=unit.series, build=lambda: _cart_payload(unit, work.client), apply=booked,
        lease=work.lease, client=work.client, at=work.at,
    )  # fmt: skip
    unit.refresh_from_db(fields=["state"])
    if unit.state == UnitState.CART_PENDING:
        _refuse_cart(unit, work)


def _cart_payload(unit: FulfilmentUnit, client: PartnerCenter) -> payloads.Outgoing:
    item = unit.order_item
    offer, product = item.offer, item.offer.product
    country = offer.market or str(item.order.beneficiary.country)
    line = payloads.Line(
        catalog_item_id=client.catalog_item_id(product.vendor_product_id, product.sku_id, country),
        friendly_name=friendly_name(unit),
        quantity=item.quantity,
        term=offer.term,
        billing_cycle=offer.billing_plan,
    )
    partner_id = partner_id_of(unit)
    if partner_id is None:
        return payloads.OwnUseCart(_tenant_id(unit), line).outgoing()
    return payloads.EndCustomerCart(_tenant_id(unit), line, partner_id).outgoing()


def _refuse_cart(unit: FulfilmentUnit, work: Work) -> None:
    """The cart came back with a line error: nothing was spent. A stale product id is read again."""
    call = calls.find(unit, CART, unit.series)
    cart = answers.read(answers.Cart, (call.answer if call else None) or {})
    if cart.error_code == STALE_ITEM and PartnerCall.objects.filter(unit=unit, step=CART).count() < MOST_CARTS:
        move(unit, UnitState.CART_PENDING, work, series=unit.series + 1)
        return
    raise errors.Refused(cart.error_text, code=cart.error_code, status=201)


def _start_checkout(unit: FulfilmentUnit, work: Work) -> None:
    move(unit, UnitState.CHECKOUT_PENDING, work)


def _check_out(unit: FulfilmentUnit, work: Work) -> None:
    """The only call that spends money. Repeats carry the same request id and the same cart."""

    def booked(answer: dict[str, Any]) -> None:
        result = answers.read(answers.Checkout, answer)
        if result.order:
            move(unit, UnitState.ACCEPTED, ms_order_id=result.order.order_id)

    FulfilmentUnit.objects.filter(pk=unit.pk).update(checkout_sent_at=work.at)
    try:
        calls.perform(
            subject=unit, step=CHECKOUT, series=unit.series,
            build=lambda: payloads.checkout(_tenant_id(unit), unit.ms_cart_id), apply=booked,
            lease=work.lease, client=work.client, at=work.at, seconds=settings.PARTNER_CENTER_CHECKOUT_SECONDS,
        )  # fmt: skip
    except errors.NotFound:
        _cart_is_gone(unit, work)
        return
    except (errors.OutcomeUnknown, errors.Busy, errors.MaybeDone) as error:
        move(unit, UnitState.CHECKOUT_UNKNOWN, work, attempts=unit.attempts)
        raise Wait("busy" if isinstance(error, errors.Busy) else "outcome_unknown") from error
    unit.refresh_from_db(fields=["state"])
    if unit.state == UnitState.CHECKOUT_PENDING:
        call = calls.find(unit, CHECKOUT, unit.series)
        result = answers.read(answers.Checkout, (call.answer if call else None) or {})
        raise errors.refusal(403, result.error_code, result.error_text, "")


def _cart_is_gone(unit: FulfilmentUnit, work: Work) -> None:
    """A cart that expired before it was ever sent is replaced; after an unknown outcome only a proof may do that."""
    call = calls.find(unit, CHECKOUT, unit.series)
    if call is not None and len(call.attempts) > 1:
        move(unit, UnitState.CHECKOUT_UNKNOWN, work)
        raise Wait("outcome_unknown")
    move(unit, UnitState.CART_PENDING, work, series=unit.series + 1, ms_cart_id="")


def _reconcile(unit: FulfilmentUnit, work: Work) -> None:
    """Find out by reading what became of the checkout; only then repeat it, with the same id and cart."""
    call = calls.find(unit, CHECKOUT, unit.series)
    order = _matching_order(unit, work.client)
    if order and call:
        calls.settle(call, apply=lambda: _accept(unit, order.order_id), at=work.at)
        return
    try:
        cart = work.client.cart(_tenant_id(unit), unit.ms_cart_id)
    except errors.NotFound:
        sent = unit.checkout_sent_at or unit.created_at
        if work.at - sent > timedelta(seconds=4 * settings.FULFILMENT_PROOF_SECONDS):
            raise outcomes.NeedsPerson("cart_gone") from None
        raise Wait("outcome_unknown") from None
    if cart.is_ordered and call and (call.answer or {}).get("code") == 800065:
        raise Wait("outcome_unknown")  # it is booked; the order list will show it
    move(unit, UnitState.CHECKOUT_PENDING, work, attempts=unit.attempts)


def _matching_order(unit: FulfilmentUnit, client: PartnerCenter) -> answers.Order | None:
    mark, item = reference(unit), unit.order_item
    product = f"{item.offer.product.vendor_product_id}:{item.offer.product.sku_id}:"
    for order in client.orders(_tenant_id(unit)):
        ours = order.friendly_name.endswith(mark) and order.quantity == item.quantity
        if ours and order.offer_id.startswith(product):
            return order
    return None


def _accept(unit: FulfilmentUnit, order_id: str) -> None:
    row = lock(unit)
    if row.state in {UnitState.CHECKOUT_PENDING, UnitState.CHECKOUT_UNKNOWN}:
        move(row, UnitState.ACCEPTED, ms_order_id=order_id)


def _read_back(unit: FulfilmentUnit, work: Work) -> None:
    """The order was accepted: wait for its subscription, check that it is what we asked for, and activate."""
    found = work.client.subscriptions(_tenant_id(unit), order_id=unit.ms_order_id)
    if not found:
        raise _patience(unit, work, "no_subscription_yet")
    subscription = found[0]
    state = work.client.provisioning(_tenant_id(unit), subscription.subscription_id)
    if state == "failed":
        raise outcomes.NeedsPerson("provisioning_failed")
    if state != "success":
        if unit.state == UnitState.ACCEPTED:
            move(unit, UnitState.PROVISIONING, work)
        raise _patience(unit, work, "provisioning")
    if subscription.quantity != unit.order_item.quantity:
        raise outcomes.NeedsPerson("quantity_differs")
    if subscription.partner_id != (partner_id_of(unit) or ""):
        raise outcomes.NeedsPerson("partner_differs")
    outcomes.activate(unit=unit, vendor=subscription, partner_id=partner_id_of(unit), at=work.at)


def _patience(unit: FulfilmentUnit, work: Work, code: str) -> Exception:
    limit = timedelta(hours=settings.FULFILMENT_PROVISIONING_HOURS)
    if work.at - (unit.checkout_sent_at or unit.created_at) > limit:
        return outcomes.NeedsPerson("provisioning_never_ends")
    return Wait(code, poll=True)


STEPS: dict[UnitState, Callable[[FulfilmentUnit, Work], None]] = {
    UnitState.PLANNED: _begin,
    UnitState.WAITING_TENANT: _prepare,
    UnitState.CART_PENDING: _build_cart,
    UnitState.CART_READY: _start_checkout,
    UnitState.CHECKOUT_PENDING: _check_out,
    UnitState.CHECKOUT_UNKNOWN: _reconcile,
    UnitState.ACCEPTED: _read_back,
    UnitState.PROVISIONING: _read_back,
}
