"""The distributor's own products (product.md M18): one offer, sold everywhere to everybody, a price per currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import Segment
from accounts.models import User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.enums import RefundPolicy, UsageRule
from storefront.enums import BillingPlan, Delivery, ProductType, Term, Vendor
from storefront.models import Offer, OfferPrice, Product
from storefront.price_sheet.codes import CURRENCIES


class CodeTaken(DomainError):
    """Article numbers are unique."""

    user_message = _("There is a product with this article number already.")
    field = "vendor_product_id"


class NoPrice(DomainError):
    """A product without a price cannot be sold."""

    user_message = _("Give the price in at least one currency.")
    field = "price"


class OneOffProrates(DomainError):
    """What is charged once has no period to share."""

    user_message = _("A one-off product has no period, so it cannot be proratable.")
    field = "is_proratable"


class NotOurs(DomainError):
    """Microsoft's products follow the price sheet."""

    user_message = _("Microsoft's products follow the price sheet; only “on sale” can be changed here.")


class QuantityRange(DomainError):
    """The bounds contradict each other."""

    user_message = _("The largest quantity is below the least.")
    field = "max_quantity"


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """What a person decides about an own product. Amounts are without tax; prices per unit and billing period.

    `setup_fee` is charged once per order line, the same amount in every currency.
    """

    title: str
    description: str = ""
    product_type: ProductType = ProductType.SERVICE
    delivery: Delivery = Delivery.BY_HAND
    is_proratable: bool = False
    refund_policy: RefundPolicy = RefundPolicy.NONE
    usage_rule: UsageRule = UsageRule.PROPORTIONAL
    setup_fee: Decimal = Decimal("0.00")
    min_quantity: int = 1
    max_quantity: int = 10_000
    is_active: bool = True


@transaction.atomic
def create_own(
    *,
    code: str,
    data: OwnProduct,
    billing_plan: BillingPlan,
    prices: Mapping[str, Decimal],
    by: User | None,
    at: datetime,
) -> Product:
    """Put a product of our own on sale from `at` on. `billing_plan` ONE_TIME is charged once, others until ended."""
    _check(data, billing_plan, prices)
    if Product.objects.filter(vendor=Vendor.OWN, vendor_product_id=code).exists():
        raise CodeTaken
    product = Product(vendor=Vendor.OWN, vendor_product_id=code)
    _fill(product, data)
    product.save()
    offer = Offer.objects.create(
        product=product, term=Term.NONE, billing_plan=billing_plan, segment=Segment.COMMERCIAL, market=""
    )
    for currency, price in sorted(prices.items()):
        OfferPrice.objects.create(offer=offer, currency=currency, retail=price, valid_from=at)
    audit.record("product.created", target=product, by=by, at=at, after=_told(prices))
    return product


@transaction.atomic
def update_own(
    *, product: Product, data: OwnProduct, prices: Mapping[str, Decimal], by: User | None, at: datetime
) -> Product:
    """Change an own product. A new price counts from `at` for new orders; running subscriptions keep theirs."""
    product = lock(product)
    if product.vendor != Vendor.OWN:
        raise NotOurs
    offer = product.offers.get()
    _check(data, BillingPlan(offer.billing_plan), prices)
    _fill(product, data)
    product.save()
    before = _reprice(offer, prices, at)
    audit.record("product.changed", target=product, by=by, at=at, before=_told(before), after=_told(prices))
    return product


@transaction.atomic
def set_on_sale(*, product: Product, on: bool, by: User | None, at: datetime) -> Product:
    """Take a product off sale, or back on; Microsoft's too. Running subscriptions are not touched."""
    product = lock(product)
    if product.is_active != on:
        product.is_active = on
        product.save(update_fields=["is_active"])
        audit.record("product.on_sale" if on else "product.off_sale", target=product, by=by, at=at)
    return product


def _check(data: OwnProduct, plan: BillingPlan, prices: Mapping[str, Decimal]) -> None:
    if not prices:
        raise NoPrice
    for currency, price in prices.items():
        if currency not in CURRENCIES:
            raise DomainError(_("“%(currency)s” is not a currency."), field="price", currency=currency)
        if price < 0:
            raise DomainError(_("A price cannot be negative."), field="price")
    if data.is_proratable and plan == BillingPlan.ONE_TIME:
        raise OneOffProrates
    if data.max_quantity < data.min_quantity:
        raise QuantityRange


def _fill(product: Product, data: OwnProduct) -> None:
    product.title = data.title
    product.description = data.description
    product.product_type = data.product_type
    product.delivery = data.delivery
    product.is_proratable = data.is_proratable
    product.refund_policy = data.refund_policy
    product.usage_rule = data.usage_rule
    product.setup_fee = data.setup_fee
    product.min_quantity = data.min_quantity
    product.max_quantity = data.max_quantity
    product.is_active = data.is_active


def _reprice(offer: Offer, prices: Mapping[str, Decimal], at: datetime) -> dict[str, Decimal]:
    """Close prices that changed or went, open the new ones; returns those that held until now."""
    held = {price.currency: price for price in OfferPrice.objects.at(at).filter(offer=offer)}
    for currency, price in held.items():
        if prices.get(currency) == price.retail:
            continue
        if price.valid_from == at:
            price.replaced_at = at
            price.save(update_fields=["replaced_at"])
        else:
            price.valid_until = at
            price.save(update_fields=["valid_until"])
    for currency, amount in sorted(prices.items()):
        if currency not in held or held[currency].retail != amount:
            OfferPrice.objects.create(offer=offer, currency=currency, retail=amount, valid_from=at)
    return {currency: price.retail for currency, price in held.items()}


def _told(prices: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: f"{price.normalize():f}" for currency, price in prices.items()}
