"""What becomes of an order: executed, held for credit, canceled (product.md §7.2, §8)."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.models import Account, Organisation, User
from accounts.services import accounts, audit, messages
from config.kernel import outbox
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.selectors import credit
from resellers.enums import MpnStatus
from resellers.models import Reseller
from resellers.services import resellers
from storefront.enums import DeliveryStatus, HoldReason, OrderStatus
from storefront.models import Order
from storefront.services import subscriptions
from storefront.services.orders.refusals import CreditShort, MpnIdNeeded, ReasonNeeded
from storefront.transitions import ORDER_TRANSITIONS

log = structlog.get_logger(__name__)
FULFIL = "storefront.fulfil_order"


def run(order: Order, *, available: Money | None, by: User, at: datetime, override_reason: str = "") -> Order:
    """Executed: pending schedules and subscriptions now, fulfilment after commit. The bill-to is locked."""
    ORDER_TRANSITIONS.check(OrderStatus(order.status), OrderStatus.EXECUTED)
    order.status, order.hold_reason = OrderStatus.EXECUTED, HoldReason.NONE
    order.executed_at, order.executed_by = at, by
    order.available_at_execution = None if available is None else available.amount
    order.was_unlimited = available is None
    order.override_reason = override_reason
    order.save()
    for account in {order.bill_to_id: order.bill_to, order.beneficiary_id: order.beneficiary}.values():
        accounts.mark_in_use(account=account, at=at)
    resellers.note_first_order(reseller=order.bill_to.reseller, day=local_today(at).day)
    order.bill_to.reseller.refresh_from_db()
    subscriptions.open_from(order=order, by=by, at=at)
    audit.record("order.executed", target=order, account=order.bill_to, by=by, at=at, reason=override_reason)
    outbox.add(FULFIL, order_id=order.pk)
    log.info("order.executed", order=order.number, bill_to=order.bill_to_id, gross=str(order.first_period_gross))
    return order


def hold(order: Order, *, exceeds: Money, at: datetime) -> None:
    """Kept as submitted: nothing runs, nothing is billed; both sides are told (product.md §8)."""
    order.exceeds_by = exceeds.amount
    order.save(update_fields=["exceeds_by"])
    log.info("order.held", order=order.number, bill_to=order.bill_to_id, exceeds=str(exceeds.amount))
    context = {"order": order, "exceeds": exceeds, "items": list(order.items.order_by("position"))}
    bill_to = order.bill_to
    messages.queue(
        template="order_held",
        to=[order.placed_by.email],
        context=context,
        account=bill_to,
        at=at,
        language=bill_to.language,
    )
    messages.queue(template="order_held_operator", to=operators_of(bill_to), context=context, account=bill_to, at=at)


def operators_of(bill_to: Account) -> list[str]:
    """Whom the distributor wants to hear of an account: its manager, else the company's address."""
    manager = bill_to.responsible_user
    return [manager.email] if manager and manager.is_active else [Organisation.get().email]


@transaction.atomic
def execute(*, order: Order, by: User, at: datetime, override_reason: str = "") -> Order:
    """Execute a held order: within the credit that is free now, or with a reason.

    The page checks the right to override. Raises CreditShort, InvalidTransition, and MpnIdNeeded when the number
    became invalid in the meantime.
    """
    bill_to = lock(order.bill_to)
    order = lock(order)
    ORDER_TRANSITIONS.check(OrderStatus(order.status), OrderStatus.EXECUTED)
    reseller = Reseller.objects.get(account=bill_to)
    if order.mpn_id is not None and (reseller.mpn_id != order.mpn_id or reseller.mpn_status == MpnStatus.INVALID):
        raise MpnIdNeeded(_("The MPN ID of this order is not the reseller's valid one any more. Cancel the order."))
    available = credit.available(bill_to)
    gross = Money(order.first_period_gross, order.currency)
    fits = available is None or gross <= available
    override_reason = names.clean_text(override_reason)[:300]
    if not fits and not override_reason:
        raise CreditShort(exceeds=gross - (available or Money.zero(order.currency)))
    return run(order, available=available, by=by, at=at, override_reason="" if fits else override_reason)


@transaction.atomic
def cancel(*, order: Order, reason: str, by: User, at: datetime) -> Order:
    """Cancel a held order; its reseller is told why. Raises ReasonNeeded, InvalidTransition."""
    reason = names.clean_text(reason)[:300]
    if not reason:
        raise ReasonNeeded
    lock(order.bill_to)
    order = lock(order)
    ORDER_TRANSITIONS.check(OrderStatus(order.status), OrderStatus.CANCELED)
    order.status, order.cancel_reason = OrderStatus.CANCELED, reason
    order.canceled_at, order.canceled_by = at, by
    order.save()
    order.items.update(delivery_status=DeliveryStatus.FAILED)
    audit.record("order.canceled", target=order, account=order.bill_to, by=by, at=at, reason=order.cancel_reason)
    messages.queue(
        template="order_canceled",
        to=[order.placed_by.email],
        context={"order": order, "items": list(order.items.order_by("position"))},
        account=order.bill_to,
        at=at,
        language=order.bill_to.language,
    )
    return order
