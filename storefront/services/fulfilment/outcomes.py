"""How a unit ends: active, rejected, or waiting for a person. Each is one transaction, and both sides are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Organisation, User
from accounts.services import audit, messages
from config.kernel.locks import lock
from storefront.enums import DeliveryStatus, TenantState, UnitState
from storefront.models import FulfilmentUnit, Order, OrderItem
from storefront.partner_center import answers, errors
from storefront.services import subscriptions
from storefront.services.fulfilment import tenant_steps
from storefront.transitions import UNIT_TRANSITIONS

log = structlog.get_logger(__name__)
SETTLED: Final = frozenset({UnitState.ACTIVE, UnitState.REJECTED})
WORDS: Final[dict[str, Any]] = {
    "no_tenant": _("No tenant name was chosen for this customer."),
    "cart_gone": _(
        "Whether Microsoft booked the order could not be proven, and its cart is gone. Look in Partner Center."
    ),
    "provisioning_failed": _("Microsoft accepted the order but could not set the service up."),
    "provisioning_never_ends": _("Microsoft accepted the order but has not set the service up in time."),
    "quantity_differs": _("Microsoft shows another number of licences than was ordered."),
    "partner_differs": _("Microsoft shows another partner of record than was sent."),
    "on_hold": _("Microsoft holds the order back: credit line, risk check or review of the customer."),
}


class NeedsPerson(Exception):
    """The unit cannot go on by itself. `code` is a key of WORDS."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text


@transaction.atomic
def activate(
    *, unit: FulfilmentUnit, vendor: answers.Subscription | None, partner_id: str | None, at: datetime
) -> None:
    """The service runs: confirm subscription and billing from the vendor's start date. Safe to repeat.

    The start is the distributor's calendar date of the vendor's moment (product.md M6), of `at` for own products.
    """
    unit = _locked(unit)
    if unit.state == UnitState.ACTIVE:
        return
    UNIT_TRANSITIONS.check(UnitState(unit.state), UnitState.ACTIVE)
    unit.state, unit.finished_at, unit.next_try_at = UnitState.ACTIVE, at, None
    unit.reason_code = unit.reason = ""
    unit.save()
    _deliver(unit.order_item, DeliveryStatus.DELIVERED)
    subscriptions.confirm(
        subscription=unit.order_item.subscription, vendor=vendor, tenant=unit.tenant, partner_id=partner_id, at=at
    )
    audit.record("fulfilment.active", target=unit, by=None, at=at, account=unit.order_item.order.bill_to)
    log.info("fulfilment.active", unit=unit.pk, order=unit.order_item.order_id)
    _tell_when_settled(unit.order_item.order, at)


@transaction.atomic
def reject(*, unit: FulfilmentUnit, code: int, reason: str, by: User | None, at: datetime) -> None:
    """A definite no: nothing is billed, the credit is free again, the data can be repaired and the unit retried."""
    unit = _locked(unit)
    if unit.state == UnitState.REJECTED:
        return
    UNIT_TRANSITIONS.check(UnitState(unit.state), UnitState.REJECTED)
    tenant = unit.tenant if unit.state == UnitState.WAITING_TENANT else None
    if tenant is not None and TenantState(tenant.state) in {TenantState.CREATING, TenantState.CREATED}:
        tenant_steps.reject(tenant=tenant, code=code, reason=reason)
    unit.state, unit.finished_at, unit.next_try_at = UnitState.REJECTED, at, None
    unit.reason_code, unit.reason = str(code), reason[:300]
    unit.save()
    _deliver(unit.order_item, DeliveryStatus.FAILED)
    subscriptions.fail(subscription=unit.order_item.subscription, reason=reason, at=at)
    order = unit.order_item.order
    audit.record("fulfilment.rejected", target=unit, by=by, at=at, account=order.bill_to, reason=reason)
    log.warning("fulfilment.rejected", unit=unit.pk, order=order.pk, code=code)
    _tell_both("fulfilment_rejected", unit, at)
    if FulfilmentUnit.objects.filter(order_item__order=order, state=UnitState.ACTIVE).exists():
        _tell_when_settled(order, at)


@transaction.atomic
def needs_person(*, unit: FulfilmentUnit, code: str, text: str, at: datetime) -> None:
    """Stop and ask the operators. The billing schedule stays pending: whether money was spent is not settled."""
    unit = _locked(unit)
    if unit.state == UnitState.NEEDS_PERSON:
        return
    UNIT_TRANSITIONS.check(UnitState(unit.state), UnitState.NEEDS_PERSON)
    words = str(WORDS.get(code, code))
    unit.state, unit.next_try_at = UnitState.NEEDS_PERSON, None
    unit.reason_code, unit.reason = code, (f"{words} {text}" if text else words)[:300]
    unit.save()
    audit.record(
        "fulfilment.needs_person",
        target=unit,
        by=None,
        at=at,
        account=unit.order_item.order.bill_to,
        reason=unit.reason,
    )
    log.error("fulfilment.needs_person", unit=unit.pk, code=code)
    _tell_both("fulfilment_needs_person", unit, at)


def refuse(*, unit: FulfilmentUnit, error: errors.PartnerCenterError, at: datetime) -> None:
    """End the unit as the client's answer says: on hold needs a person, everything else is a rejection."""
    if isinstance(error, errors.OnHold):
        needs_person(unit=unit, code="on_hold", text=f"{error.code} {error.text}", at=at)
    else:
        advice = error.advice if isinstance(error, errors.Refused) else error.text
        reject(unit=unit, code=error.code, reason=str(advice), by=None, at=at)


def _locked(unit: FulfilmentUnit) -> FulfilmentUnit:
    """Bill-to first, then tenant, then the unit: the order of every lock here."""
    lock(Account(pk=unit.order_item.order.bill_to_id))
    if unit.tenant is not None:
        lock(unit.tenant)
    return lock(unit)


def _deliver(item: OrderItem, status: DeliveryStatus) -> None:
    OrderItem.objects.filter(pk=item.pk).update(delivery_status=status)


def _tell_when_settled(order: Order, at: datetime) -> None:
    """One mail per order, when its last item runs."""
    units = FulfilmentUnit.objects.filter(order_item__order=order)
    if order.items.count() > units.filter(state__in=SETTLED).count():
        return
    items = order.items.filter(unit__state=UnitState.ACTIVE).order_by("position")
    rows = [{"quantity": item.quantity, "product": item.product_name} for item in items]
    context = {
        "order": order.number,
        "beneficiary": order.beneficiary.name,
        "items": rows,
        "public_id": order.public_id,
    }
    messages.queue(template="order_delivered", to=resellers_of(order), context=context, account=order.bill_to, at=at)


def _tell_both(template: str, unit: FulfilmentUnit, at: datetime) -> None:
    item = unit.order_item
    context = {
        "order": item.order.number,
        "beneficiary": item.order.beneficiary.name,
        "product": item.product_name,
        "quantity": item.quantity,
        "reason": unit.reason,
        "public_id": item.order.public_id,
    }
    account = item.order.bill_to
    messages.queue(
        template=template,
        to=resellers_of(item.order),
        context=context,
        account=account,
        language=account.language,
        at=at,
    )
    messages.queue(
        template=f"{template}_operator", to=operators_of(item.order), context=context, account=account, at=at
    )


def resellers_of(order: Order) -> list[str]:
    """Who ordered, and the company's own address."""
    return sorted({address for address in (order.placed_by.email, order.bill_to.email) if address})


def operators_of(order: Order) -> list[str]:
    """The account manager, else the distributor's own address."""
    manager = order.bill_to.responsible_user
    return [manager.email if manager else Organisation.get().email]
