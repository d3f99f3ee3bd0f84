"""Orders: placed from a basket, held for credit or executed, executed or canceled by operators (product.md §7, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.enums import PurchaseMode
from accounts.models import Account, Organisation, User
from accounts.services import accounts, audit, messages
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.selectors import credit
from invoicing.selectors import tax as tax_selectors
from resellers.enums import MpnStatus
from resellers.models import Reseller
from resellers.services import resellers
from storefront.enums import DeliveryStatus, HoldReason, OrderStatus
from storefront.models import Basket, Checkout, Order, OrderItem
from storefront.selectors import baskets as basket_selectors
from storefront.selectors.baskets import Group, PricedLine
from storefront.services import baskets, subscriptions, tenants
from storefront.services.tenants import Signer
from storefront.transitions import ORDER_TRANSITIONS

log = structlog.get_logger(__name__)
FULFIL = "storefront.fulfil_order"


class EmptyBasket(DomainError):
    """Nothing to order."""

    user_message = _("The basket is empty. Choose a product first.")


class BasketChanged(DomainError):
    """Another tab or person changed the basket after this page was shown (reliability.md R04)."""

    user_message = _("The basket has changed since this page was shown. Look at it once more and confirm again.")


class PriceChanged(DomainError):
    """A price is another one than was shown (reliability.md R07). The basket holds the new one."""

    user_message = _("Prices have changed since you put these products into the basket. Confirm the new ones.")


class NobodyChosen(DomainError):
    """A line without a beneficiary."""

    user_message = _("Say for whom each line is.")


class OrderingOff(DomainError):
    """The account may not order."""

    user_message = _("Ordering is switched off for this account. Ask your distributor.")


class MayNotResell(DomainError):
    """Without *Enable reselling* an account buys for itself only (product.md M15)."""

    user_message = _("This account buys for itself only. Your distributor can enable reselling.")


class MpnIdNeeded(DomainError):
    """Subscriptions of end customers carry the reseller's MPN ID, always (product.md R4.3)."""

    user_message = _("Enter your MPN ID: every subscription of an end customer carries it.")
    field = "mpn_id"


class AttestationNeeded(DomainError):
    """Microsoft wants to know that the partner of record is right (product.md M21)."""

    user_message = _("Confirm that you are the partner of record of your end customers.")
    field = "partner_of_record_attested"


class DetailsMissing(DomainError):
    """A new tenant needs its name and the signer of the agreement."""

    user_message = _("Complete the service details of %(name)s: the name of the tenant and who signs the agreement.")


class NoTaxRule(DomainError):
    """The distributor has no tax rule for the place of the payer (product.md M10)."""

    user_message = _("Your distributor has not set up the tax of your country yet, so nothing can be ordered.")


class CreditShort(DomainError):
    """Executing above the limit needs a reason, and the right to override."""

    user_message = _("The order is %(exceeds)s above the available credit. Give a reason to execute it all the same.")
    field = "override_reason"


class ReasonNeeded(DomainError):
    """Canceling is explained."""

    user_message = _("Say why the order is canceled; the reseller reads it.")
    field = "reason"


def place(
    *, basket: Basket, basket_version: int, by: User, at: datetime, ip: str | None = None, user_agent: str = ""
) -> Checkout:
    """Place everything in the basket: one order per beneficiary, in basket order, in one transaction.

    However often it is called for one basket, there is one Checkout: later calls return it. The bill-to is locked
    first; each group's first-period gross is checked against what is available then. What fits is executed (pending
    schedules, fulfilment after commit), what does not is held, and both sides are mailed. Raises a DomainError that
    says what to do; then nothing was placed.
    """
    try:
        with transaction.atomic():
            return _place(basket, basket_version, by=by, at=at, ip=ip, user_agent=user_agent)
    except PriceChanged:
        baskets.requote(basket=basket, at=at)
        raise
    except IntegrityError:
        placed = Checkout.objects.filter(basket=basket).first()
        if placed is None:
            raise
        return placed


def _place(basket: Basket, basket_version: int, *, by: User, at: datetime, ip: str | None, user_agent: str) -> Checkout:
    bill_to = lock(basket.account)
    basket = lock(basket)
    placed = Checkout.objects.filter(basket=basket).first()
    if placed is not None:
        return placed
    reseller = Reseller.objects.select_for_update().get(account=bill_to)
    groups = _checked(basket, basket_version, bill_to, reseller, at)
    checkout = Checkout.objects.create(
        basket=basket,
        account=bill_to,
        placed_at=at,
        placed_by=by,
        terms_accepted_at=at,
        ip_address=ip,
        user_agent=user_agent[:300],
    )
    for position, group in enumerate(groups, start=1):
        _hold_tenant(group, by=by, at=at)
        order = _create(checkout, position, group, bill_to=bill_to, reseller=reseller, by=by, at=at)
        available = credit.available(bill_to)
        gross = Money(order.first_period_gross, order.currency)
        if available is None or gross <= available:
            _execute(order, available=available, by=by, at=at)
        else:
            _hold(order, exceeds=gross - available, at=at)
    basket.checked_out_at = at
    basket.save(update_fields=["checked_out_at"])
    return checkout


def _checked(basket: Basket, basket_version: int, bill_to: Account, reseller: Reseller, at: datetime) -> list[Group]:
    """The groups to place, when nothing speaks against it."""
    if not bill_to.ordering_enabled or bill_to.archived_at:
        raise OrderingOff
    lines = basket_selectors.lines_of(basket, at=at)
    if not lines:
        raise EmptyBasket
    if basket.version != basket_version:
        raise BasketChanged
    if any(line.line.beneficiary_id is None for line in lines):
        raise NobodyChosen
    for line in lines:
        if not line.priced.orderable:
            raise baskets.NotOrderable(product=line.priced.product.title, reason=line.priced.reason)
    if any(line.is_requoted for line in lines):
        raise PriceChanged
    if not tax_selectors.is_covered(bill_to, on=local_today(at)):
        raise NoTaxRule
    groups = basket_selectors.groups_of(lines)
    for group in groups:
        _check_group(group, reseller)
    return groups


def _check_group(group: Group, reseller: Reseller) -> None:
    beneficiary = group.beneficiary
    if beneficiary is None or beneficiary.archived_at is not None:
        raise NobodyChosen
    if group.mode is not PurchaseMode.PERSONAL and not reseller.reselling_enabled:
        raise MayNotResell
    if group.needs_mpn_id:
        if reseller.mpn_id is None or reseller.mpn_status == MpnStatus.INVALID:
            raise MpnIdNeeded
        if group.details is None or not group.details.partner_of_record_attested:
            raise AttestationNeeded
    if group.needs_tenant and not (group.details and group.details.is_complete and group.details.domain_prefix):
        raise DetailsMissing(name=beneficiary.name)


def _hold_tenant(group: Group, *, by: User, at: datetime) -> None:
    """Take the tenant's name and write down who signs, for a beneficiary that has no tenant yet."""
    if not group.needs_tenant or group.beneficiary is None or group.details is None:
        return
    details = group.details
    tenant = tenants.hold(account=group.beneficiary, prefix=details.domain_prefix, by=by, at=at)
    signer = Signer(
        first_name=details.signer_first_name,
        last_name=details.signer_last_name,
        email=details.signer_email,
        phone=details.signer_phone,
    )
    tenants.record_agreement(tenant=tenant, signer=signer, by=by, at=at)


def _create(
    checkout: Checkout, position: int, group: Group, *, bill_to: Account, reseller: Reseller, by: User, at: datetime
) -> Order:
    beneficiary = group.beneficiary
    if beneficiary is None:
        raise NobodyChosen
    attested = group.needs_mpn_id
    order = Order.objects.create(
        number=_next_number(),
        checkout=checkout,
        position=position,
        bill_to=bill_to,
        beneficiary=beneficiary,
        mode=beneficiary.mode,
        mpn_id=reseller.mpn_id if group.needs_mpn_id else None,
        currency=bill_to.currency,
        po_number=group.details.po_number if group.details else "",
        status=OrderStatus.SUBMITTED,
        hold_reason=HoldReason.CREDIT,
        first_period_net=group.net.amount,
        first_period_gross=group.gross.amount,
        placed_at=at,
        placed_by=by,
        attested_at=at if attested else None,
        attested_by=by if attested else None,
    )
    OrderItem.objects.bulk_create([_item(order, number, line) for number, line in enumerate(group.lines, start=1)])
    audit.record("order.placed", target=order, account=bill_to, by=by, at=at, after={"mode": str(order.mode)})
    return order


def _item(order: Order, position: int, line: PricedLine) -> OrderItem:
    priced = line.priced
    return OrderItem(
        order=order,
        position=position,
        offer=priced.offer,
        product_name=priced.product.title,
        sku=priced.product.sku,
        quantity=line.line.quantity,
        unit_price=priced.unit_price,
        price_parts=priced.price_parts,
        cycle_months=priced.cycle_months,
        term_months=priced.term_months,
        setup_fee=priced.setup_fee,
        price_source=priced.price_source,
        first_period_net=line.first.net.amount,
        first_period_gross=line.first.gross.amount,
        delivery=priced.product.delivery,
    )


def _execute(order: Order, *, available: Money | None, by: User, at: datetime, override_reason: str = "") -> Order:
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


def _hold(order: Order, *, exceeds: Money, at: datetime) -> None:
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
    return _execute(order, available=available, by=by, at=at, override_reason="" if fits else override_reason)


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


def exceeds(groups: Sequence[Group], available: Money | None) -> list[Decimal]:
    """By how much each group would exceed what is available, in basket order; 0 for what executes.

    The same walk as `place`: what executes uses up credit, what is held does not.
    """
    over = []
    for group in groups:
        if available is None or group.gross <= available:
            over.append(Decimal("0.00"))
            available = None if available is None else available - group.gross
        else:
            over.append((group.gross - available).amount)
    return over


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('storefront_order_number')")
        return f"ORD-{cursor.fetchone()[0]:06d}"
