"""What an account may buy, and what it costs it now (product.md §5.4, M8, M18, M19).

Prices come from the payer's price list, or are the retail price; market and segment follow from who will use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Window
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_countries import countries

from accounts.enums import Segment
from accounts.models import Account
from config.kernel import formats
from config.kernel.errors import DomainError
from invoicing.instalments import instalment
from storefront.enums import BillingPlan, PriceRule, Term, Vendor
from storefront.models import Offer, OfferPrice, PriceList, PriceListItem, Product
from storefront.pricing import Rule, RuleKind, price_of, with_surcharge, yearly


class OfferUnknown(DomainError):
    """No offer has this id."""

    user_message = "This offer does not exist."


@dataclass(frozen=True, slots=True)
class PricedOffer:
    """An offer at the price one payer has at one moment.

    `unit_price` is without tax, per unit: for the whole term, collected in `price_parts` instalments; of an own product
    for one billing period (`price_parts` 1). `cycle_months` 0 is a one-off, `term_months` 0 runs until it is ended.
    `reason` says why it is not `orderable`, else it is empty. Never holds the distributor's cost.
    """

    offer: Offer
    product: Product
    unit_price: Decimal
    currency: str
    price_parts: int
    cycle_months: int
    term_months: int
    price_source: str
    valid_until: datetime | None
    orderable: bool
    reason: str
    surcharge: Decimal = Decimal(0)
    """The account's percentage for payment in instalments, which `unit_price` includes."""

    @property
    def setup_fee(self) -> Decimal:
        """Once per order line, without tax."""
        return self.product.setup_fee

    @property
    def first_instalment(self) -> Decimal:
        """What one unit costs in the first billing period."""
        return instalment(self.unit_price, self.price_parts, 1)

    @property
    def priced_months(self) -> int:
        """The months that `unit_price` pays for; 0 for a one-off."""
        return self.term_months if self.product.vendor == Vendor.MICROSOFT else self.cycle_months

    @property
    def per_month(self) -> Decimal:
        """The price of one unit and month, for comparison; of a one-off the price itself."""
        return yearly(self.unit_price, self.priced_months * 12) if self.priced_months else self.unit_price

    @property
    def per_year(self) -> Decimal:
        """The price of one unit over twelve months, for comparison; of a one-off the price itself."""
        return yearly(self.unit_price, self.priced_months) if self.priced_months else self.unit_price


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who pays, by which list, when; and for whom as far as it is known."""

    payer: Account
    at: datetime
    price_list: PriceList | None
    user: Account | None = None

    @property
    def currency(self) -> str:
        """The payer's currency; nothing is ever converted (product.md §12.5)."""
        return self.payer.currency

    @property
    def surcharge(self) -> Decimal:
        """Per cent on the price of terms that are paid in instalments; only resellers have one (product.md §5.2)."""
        reseller = getattr(self.payer, "reseller", None)
        return reseller.instalment_surcharge if reseller else Decimal(0)


def buyer_of(account: Account, at: datetime, *, beneficiary: Account | None = None) -> Buyer:
    """The buyer that an account is: a sub-customer's payer is its bill-to."""
    if account.bill_to is not None:
        return Buyer(account.bill_to, at, price_list_of(account.bill_to, at), account)
    return Buyer(account, at, price_list_of(account, at), beneficiary)


def price_list_of(payer: Account, at: datetime) -> PriceList | None:
    """The list that prices what the payer buys or renews then: the one assigned last by then, active and valid."""
    day = timezone.localdate(at)
    lists = PriceList.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=day),
        Q(assignments__removed_at=None) | Q(assignments__removed_at__gt=at),
        assignments__account=payer,
        assignments__assigned_at__lte=at,
        is_active=True,
        currency=payer.currency,
        valid_from__lte=day,
    )
    return lists.order_by("-assignments__assigned_at", "-assignments__pk").first()


def offer_for(account: Account, public_id: str, at: datetime, *, beneficiary: Account | None = None) -> PricedOffer:
    """One offer at the account's price. `account` pays, or is a sub-customer; `beneficiary` uses it, if known.

    For a beneficiary in another country the same offer of that country's market is returned, at its price (M8). Raises
    OfferUnknown when no offer has the id; everything else that speaks against it is the answer's `reason`.
    """
    offer = Offer.objects.select_related("product").filter(public_id=public_id).first()
    if offer is None:
        raise OfferUnknown(_("This offer does not exist."))
    return offers_for(account, [(offer, beneficiary)], at)[0]


def offers_for(account: Account, wanted: Sequence[tuple[Offer, Account | None]], at: datetime) -> list[PricedOffer]:
    """Each offer at the account's price for its beneficiary, if known, in the same order: two queries for any number.

    The offers come with their products. Everything else is as `offer_for` says: there is no other way to a price.
    """
    buyer = buyer_of(account, at)
    asked = [(offer, replace(buyer, user=buyer.user or user)) for offer, user in wanted]
    markets = {"", *(offer.market for offer, _buyer in asked)}
    markets |= {str(each.user.country) for _offer, each in asked if each.user}
    kin: dict[str, list[Any]] = {
        f"{name}__in": sorted({getattr(offer, name) for offer, _buyer in asked})
        for name in ("product_id", "term", "billing_plan", "segment")
    }
    rows = _priced(Offer.objects.filter(market__in=sorted(markets), **kin), buyer) if asked else []
    priced = {(_kind(row.offer), row.offer.market): row for row in rows}
    return [_fit(_in_market(offer, each, priced), each) for offer, each in asked]


def _kind(offer: Offer) -> tuple[object, ...]:
    """What the same offer has in common in all markets."""
    return offer.product_id, offer.term, offer.billing_plan, offer.segment


def _in_market(offer: Offer, buyer: Buyer, priced: Mapping[tuple[tuple[object, ...], str], PricedOffer]) -> PricedOffer:
    """The offer in the market of who uses it, else the one that counts everywhere, else itself, not for sale there."""
    kind, market = _kind(offer), str(buyer.user.country) if buyer.user else offer.market
    found = priced.get((kind, market)) or priced.get((kind, ""))
    if found is None:
        return replace(priced[kind, offer.market], orderable=False, reason=not_sold_in(offer.product, market))
    return found


def visible_offers(account: Account, at: datetime, market: str | None = None) -> list[PricedOffer]:
    """All offers the account's price list shows in a market (default: the account's own), by product, term, billing."""
    buyer = buyer_of(account, at)
    return offers_of(buyer, market or str((buyer.user or buyer.payer).country))


def offers_of(
    buyer: Buyer, market: str, products: Iterable[Product] | None = None, *, public_id: str = ""
) -> list[PricedOffer]:
    """The visible offers in one market, by product name, term and billing: all, of these products, or of one."""
    offers = Offer.objects.filter(market__in=[market, ""], product__is_active=True)
    if products is not None:
        offers = offers.filter(product__in=[product.pk for product in products])
    if public_id:
        offers = offers.filter(product__public_id=public_id)
    found = [_fit(priced, buyer) for priced in _priced(_listed(offers, buyer), buyer)]
    return sorted(
        found, key=lambda p: (p.product.title.casefold(), p.product.pk, p.term_months, p.cycle_months, p.offer.pk)
    )


def products_for(buyer: Buyer, *, search: str = "", **facets: str) -> QuerySet[Product]:
    """The products the payer's list shows in its currency, in any market, by name.

    `search`: every word occurs in name, family, description or SKU. Facets: `segment`, `term`, `billing_plan`,
    `vendor`.
    """
    offers = Offer.objects.filter(product=OuterRef("pk"))
    offers = offers.filter(**{name: value for name, value in facets.items() if value and name != "vendor"})
    prices = OfferPrice.objects.at(buyer.at).filter(offer=OuterRef("pk"), currency=buyer.currency)
    shown = _listed(offers.filter(Exists(prices)), buyer)
    products = Product.objects.filter(Exists(shown), is_active=True)
    if facets.get("vendor"):
        products = products.filter(vendor=facets["vendor"])
    for word in search.split()[:8]:
        products = products.filter(
            Q(title__icontains=word)
            | Q(family__icontains=word)
            | Q(description__icontains=word)
            | Q(vendor_product_id__iexact=word.partition(":")[0])
        )
    return products.order_by("title", "pk")


def page_of(products: QuerySet[Product], number: int, size: int) -> tuple[list[Product], int]:
    """One page of products and how many there are in all, in one query. An empty page says that there are none."""
    start = (number - 1) * size
    rows: list[Product] = list(products.annotate(total=Window(Count("*")))[start : start + size])
    return rows, rows[0].__dict__["total"] if rows else 0


def not_sold_here(market: str) -> str:
    """Why a product has no offer in a market, whoever makes it."""
    return _("Not sold in %(country)s.") % {"country": countries.name(market) or market}


def not_sold_in(product: Product, market: str) -> str:
    """Why there is no offer in a market."""
    facts = {"country": countries.name(market) or market}
    if product.vendor == Vendor.MICROSOFT:
        return _("Microsoft does not sell this in %(country)s.") % facts
    return _("This is not sold in %(country)s.") % facts


def _listed(offers: QuerySet[Offer], buyer: Buyer) -> QuerySet[Offer]:
    """Without those that the payer's list hides."""
    if buyer.price_list is None or buyer.price_list.rule != PriceRule.LISTED_ONLY:
        return offers
    items = PriceListItem.objects.filter(price_list=buyer.price_list, offer=OuterRef("pk"))
    return offers.filter(Exists(items))


def _priced(offers: QuerySet[Offer], buyer: Buyer) -> list[PricedOffer]:
    """One query: the offers with their price now and the list's own line for each."""
    current = (
        Q(prices__currency=buyer.currency, prices__replaced_at=None, prices__valid_from__lte=buyer.at)
        & (Q(prices__valid_until=None) | Q(prices__valid_until__gt=buyer.at))
    )  # fmt: skip
    listed = Q(price_list_items__price_list=buyer.price_list.pk if buyer.price_list else None)
    rows = (
        offers.select_related("product")
        .annotate(now=FilteredRelation("prices", condition=current))
        .annotate(line=FilteredRelation("price_list_items", condition=listed))
        .annotate(cost=F("now__cost"), retail=F("now__retail"), until=F("now__valid_until"))
        .annotate(month=F("now__sheet__month"))
        .annotate(line_rule=F("line__rule"), line_percent=F("line__percent"), line_price=F("line__price"))
    )
    return [_price(row, buyer) for row in rows]


def _price(row: Offer, buyer: Buyer) -> PricedOffer:
    facts = row.__dict__
    rule, hidden = _rule(facts, buyer.price_list)
    retail: Decimal | None = facts["retail"]
    price = price_of(cost=facts["cost"], retail=retail, rule=rule) if retail is not None else Decimal("0.00")
    microsoft = row.product.vendor == Vendor.MICROSOFT
    source = _source(buyer.price_list if rule else None, facts["month"])
    surcharge = buyer.surcharge if microsoft and row.price_parts > 1 else Decimal(0)
    if surcharge:
        source = _with_surcharge(source, price, surcharge, buyer.currency)
        price = with_surcharge(price, surcharge)
    reason = _refusal(row, has_price=retail is not None, hidden=hidden)
    return PricedOffer(
        offer=row,
        product=row.product,
        unit_price=price,
        currency=buyer.currency,
        price_parts=row.price_parts if microsoft else 1,
        cycle_months=BillingPlan(row.billing_plan).months,
        term_months=Term(row.term).months,
        price_source=source,
        valid_until=facts["until"],
        orderable=not reason,
        reason=reason,
        surcharge=surcharge,
    )


def _with_surcharge(source: str, price: Decimal, percent: Decimal, currency: str) -> str:
    """Where a price with the surcharge comes from, so that it can be reckoned again: the price before, and how much."""
    language = get_language() or formats.FALLBACK
    facts = {"source": source, "price": formats.money(price, currency, language), "percent": f"{percent.normalize():f}"}
    return _("%(source)s: %(price)s + %(percent)s %% for instalments") % facts


def _rule(facts: dict[str, object], price_list: PriceList | None) -> tuple[Rule | None, bool]:
    """The rule that prices an offer, and whether the list hides it."""
    if price_list is None:
        return None, False
    if facts["line_rule"]:
        kind = RuleKind(str(facts["line_rule"]))
        value = facts["line_price"] if kind is RuleKind.FIXED else facts["line_percent"]
        return Rule(kind, Decimal(str(value))), False
    if price_list.rule == PriceRule.LISTED_ONLY:
        return None, True
    return Rule(RuleKind(price_list.rule), price_list.percent), False


def _source(price_list: PriceList | None, month: object) -> str:
    """Where the price comes from, as invoices print it. Says nothing of cost or margin."""
    name = _("price list %(name)s") % {"name": price_list.name} if price_list else _("retail price")
    return f"{name}, {month:%Y-%m}" if month else name


def _refusal(row: Offer, *, has_price: bool, hidden: bool) -> str:
    if not row.product.is_active:
        return _("This product is not on sale any more.")
    if hidden:
        return _("This offer is not on your price list.")
    if not has_price:
        return _("There is no price for it at the moment.")
    if row.billing_plan == BillingPlan.NONE:
        return _("Trials cannot be ordered here. Ask us to start one for you.")
    return ""


def _fit(priced: PricedOffer, buyer: Buyer) -> PricedOffer:
    """Say why the user of the service may not have it, if it is known who that is (M8)."""
    offer = priced.offer
    if not priced.orderable or buyer.user is None or priced.product.vendor != Vendor.MICROSOFT:
        return priced
    if offer.segment != buyer.user.segment:
        segment = Segment(offer.segment).label
        return replace(
            priced, orderable=False, reason=_("Only for customers of the segment %(segment)s.") % {"segment": segment}
        )
    return priced
