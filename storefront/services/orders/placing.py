"""Placing orders: everything in the basket, or what is complete of it, in one transaction (product.md §7, §8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.selectors import credit
from invoicing.selectors import tax as tax_selectors
from resellers.models import Reseller
from storefront.enums import HoldReason, OrderStatus
from storefront.models import Basket, Checkout, Order, OrderItem
from storefront.selectors import baskets as basket_selectors
from storefront.selectors.baskets import Group, PricedLine
from storefront.services import baskets, tenants
from storefront.services.orders import states
from storefront.services.orders.refusals import (
    BasketChanged,
    EmptyBasket,
    MpnIdChanged,
    NobodyChosen,
    NoTaxRule,
    OrderingOff,
    PriceChanged,
    obstacle,
)
from storefront.services.tenants import Signer


@dataclass(frozen=True, kw_only=True)
class _Click:
    """The last click: who, when, from where; and what the page showed: basket's version, whose orders, MPN ID."""

    basket_version: int
    only: Collection[str] | None
    mpn_id: str | None
    by: User
    at: datetime
    ip: str | None
    user_agent: str


def place(
    *,
    basket: Basket,
    basket_version: int,
    by: User,
    at: datetime,
    only: Collection[str] | None = None,
    mpn_id: str | None = None,
    ip: str | None = None,
    user_agent: str = "",
) -> Checkout:
    """Place what is in the basket: one order per beneficiary, in basket order, in one transaction.

    `only` names the beneficiaries (public ids) whose orders were confirmed; the lines of the others move, with what was
    typed for them, to a new open basket (reliability.md R09). None places everything. `mpn_id` is the number that was
    shown; None when no person looked.
    However often it is called for one basket, there is one Checkout: later calls return it. The bill-to is locked
    first; each group's first-period gross is checked against what is available then. What fits is executed (pending
    schedules, fulfilment after commit), what does not is held, and both sides are mailed. Raises a DomainError that
    says what to do; then nothing was placed.
    """
    click = _Click(
        basket_version=basket_version, only=only, mpn_id=mpn_id, by=by, at=at, ip=ip, user_agent=user_agent[:300]
    )
    try:
        with transaction.atomic():
            return _place(basket, click)
    except PriceChanged:
        baskets.requote(basket=basket, at=at)
        raise
    except IntegrityError:
        placed = Checkout.objects.filter(basket=basket).first()
        if placed is None:
            raise
        return placed


def _place(basket: Basket, click: _Click) -> Checkout:
    bill_to = lock(basket.account)
    basket = lock(basket)
    placed = Checkout.objects.filter(basket=basket).first()
    if placed is not None:
        return placed
    reseller = Reseller.objects.select_for_update().get(account=bill_to)
    groups, left = _checked(basket, click, bill_to, reseller)
    checkout = _check_out(basket, click)
    _leave(basket, left, at=click.at)
    for group in sorted(groups, key=_tenant_name):
        _hold_tenant(group, by=click.by, at=click.at)
    for position, group in enumerate(groups, start=1):
        order = _create(checkout, position, group, bill_to=bill_to, reseller=reseller)
        available = credit.available(bill_to)
        gross = Money(order.first_period_gross, order.currency)
        if available is None or gross <= available:
            states.run(order, available=available, by=click.by, at=click.at)
        else:
            states.hold(order, exceeds=gross - available, at=click.at)
    return checkout


def _checked(basket: Basket, click: _Click, bill_to: Account, reseller: Reseller) -> tuple[list[Group], list[Group]]:
    """The groups to place, when nothing speaks against it, and those that stay in the basket."""
    if not bill_to.ordering_enabled or bill_to.archived_at:
        raise OrderingOff
    # Nobody archives a company, or gives it another segment, between this look and the commit (R11).
    companies = basket.lines.exclude(beneficiary=None).values("beneficiary")
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
    lines = basket_selectors.lines_of(basket, at=click.at)
    if not lines:
        raise EmptyBasket
    if basket.version != click.basket_version:
        raise BasketChanged
    everybody = basket_selectors.groups_of(lines)
    groups = [group for group in everybody if click.only is None or _name(group) in click.only]
    if not groups or (click.only is not None and len(groups) != len(set(click.only))):
        raise BasketChanged
    if not tax_selectors.is_covered(bill_to, on=local_today(click.at)):
        raise NoTaxRule
    for group in groups:
        _check(group, reseller, click.mpn_id)
    changed = [_change(line) for group in groups for line in group.lines if line.is_requoted]
    if changed:
        raise PriceChanged(changes="; ".join(changed))
    return groups, [group for group in everybody if group not in groups]


def _check(group: Group, reseller: Reseller, shown_mpn_id: str | None) -> None:
    refusal = obstacle(group, reseller)
    if refusal is not None:
        raise refusal
    if group.needs_mpn_id and shown_mpn_id is not None and shown_mpn_id != reseller.mpn_id:
        raise MpnIdChanged(mpn=reseller.mpn_id)


def _change(line: PricedLine) -> str:
    before = Money(line.line.quoted_price, line.line.currency)
    now = Money(line.priced.unit_price, line.priced.currency)
    return f"{line.priced.product.title} {before.rounded()} → {now.rounded()}"


def _name(group: Group) -> str:
    return group.beneficiary.public_id if group.beneficiary else ""


def _tenant_name(group: Group) -> str:
    """Names of tenants are taken in one order by everybody, so that two checkouts cannot wait for each other."""
    return group.details.domain_prefix if group.details else ""


def _check_out(basket: Basket, click: _Click) -> Checkout:
    basket.checked_out_at = click.at
    basket.save(update_fields=["checked_out_at"])
    return Checkout.objects.create(
        basket=basket,
        account=basket.account,
        placed_at=click.at,
        placed_by=click.by,
        terms_accepted_at=click.at,
        ip_address=click.ip,
        user_agent=click.user_agent,
    )


def _leave(basket: Basket, groups: Sequence[Group], *, at: datetime) -> None:
    """Keep what is not ordered now, and what was typed for it, in a new open basket of the same user."""
    if not groups:
        return
    rest = Basket.objects.create(account=basket.account, user=basket.user, created_at=at, draft=basket.draft)
    lines = [line.line.pk for group in groups for line in group.lines]
    companies = [group.beneficiary.pk for group in groups if group.beneficiary]
    basket.lines.filter(pk__in=lines).update(basket=rest)
    basket.details.filter(beneficiary__in=companies).update(basket=rest)


def _hold_tenant(group: Group, *, by: User, at: datetime) -> None:
    """Take the tenant's name and write down who signs, for a beneficiary that has no tenant yet."""
    if not group.needs_tenant or group.beneficiary is None or group.details is None:
        return
    details = group.details
    try:
        tenant = tenants.hold(account=group.beneficiary, prefix=details.domain_prefix, by=by, at=at)
    except tenants.PrefixTaken as refusal:
        raise tenants.PrefixTaken(prefix=details.domain_prefix, of=group.beneficiary.public_id) from refusal
    signer = Signer(
        first_name=details.signer_first_name,
        last_name=details.signer_last_name,
        email=details.signer_email,
        phone=details.signer_phone,
    )
    tenants.record_agreement(tenant=tenant, signer=signer, by=by, at=at)


def _create(checkout: Checkout, position: int, group: Group, *, bill_to: Account, reseller: Reseller) -> Order:
    by, at = checkout.placed_by, checkout.placed_at
    beneficiary = group.beneficiary
    if beneficiary is None:  # `obstacle` has said so before
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


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('storefront_order_number')")
        return f"ORD-{cursor.fetchone()[0]:06d}"
