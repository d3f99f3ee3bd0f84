"""Ordering as a reseller does, by the same services, and fulfilment without workers for what lies in the past."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Account, User
from storefront.enums import BillingPlan, Delivery, Term
from storefront.models import Checkout, FulfilmentUnit, Offer, Tenant
from storefront.selectors import baskets as basket_selectors
from storefront.services import baskets, fulfilment, orders
from storefront.services.baskets import Details

Wish = tuple[Offer, int, Account, str]
LOOKS = 6


def offer(product_id: str, sku: str = "", term: Term = Term.P1Y, plan: BillingPlan = BillingPlan.MONTHLY) -> Offer:
    """An offer of the demo: of the Greek market, or the one of an own product."""
    rows = Offer.objects.filter(product__vendor_product_id=product_id, product__sku_id=sku, market__in=["GR", ""])
    return rows.get(term=term, billing_plan=plan) if sku else rows.get()


def order(user: User, wishes: list[Wish], *, at: datetime) -> Checkout:
    """Fill the user's basket and check out: (offer, quantity, for whom, name of a new tenant)."""
    if user.account is None:
        msg = "only users of an account order"
        raise ValueError(msg)
    basket = baskets.open_basket(user=user, account=user.account, at=at)
    for wanted, quantity, who, _prefix in wishes:
        baskets.add_line(basket=basket, offer_id=wanted.public_id, quantity=quantity, beneficiary=who, at=at)
    prefixes = {who.pk: prefix for _offer, _quantity, who, prefix in wishes if prefix}
    for group in basket_selectors.groups_of(basket_selectors.lines_of(basket, at=at)):
        buyer = group.beneficiary
        if buyer is not None and (group.needs_tenant or group.needs_mpn_id):
            details = Details(
                domain_prefix=prefixes[buyer.pk],
                signer_first_name="Eleni",
                signer_last_name="Markaki",
                signer_email=buyer.email or user.email,
                signer_phone=buyer.phone or user.account.phone,
                partner_of_record_attested=group.needs_mpn_id,
            )
            baskets.save_details(basket=basket, beneficiary=buyer, details=details, is_complete=True)
    basket.refresh_from_db()
    return orders.place(basket=basket, basket_version=basket.version, by=user, at=at)


def fulfil_now(checkout: Checkout, *, at: datetime) -> None:
    """Do the workers' part of the fulfilment here, at that moment; the simulator's clock stands there too."""
    for placed in checkout.orders.filter(status="executed").order_by("position"):
        fulfilment.start(order=placed, at=at)
        for item in placed.items.filter(delivery=Delivery.BY_HAND):
            fulfilment.deliver_by_hand(item=item, by=checkout.placed_by, at=at)
        tenant = Tenant.objects.filter(account=placed.beneficiary_id).first()
        for look in range(LOOKS):
            open_units = FulfilmentUnit.objects.filter(order_item__order=placed).exclude(state="active")
            if tenant is None or not open_units.exists():
                break
            fulfilment.advance(tenant=tenant, at=at + timedelta(minutes=look))
