"""What a price sheet would change, offer by offer, against what the catalogue holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from storefront.enums import BillingPlan, ImportStatus, Vendor
from storefront.models import Offer, OfferPrice, PriceSheetImport, Product
from storefront.price_sheet import OfferKey, PriceSheet, SheetRow, Span, between, rewrite, timeline
from storefront.price_sheet.timeline import prices

BATCH: Final = 4000
PLANS: Final = {
    "Monthly": BillingPlan.MONTHLY,
    "Annual": BillingPlan.ANNUAL,
    "Triennial": BillingPlan.TRIENNIAL,
    "None": BillingPlan.NONE,
}
WORDS: Final = {plan.value: word for word, plan in PLANS.items()}


class Change(StrEnum):
    """What happens to an offer in the sheet's month."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    OUTSIDE = "outside"
    """Not in force in that month, neither before nor after; its other prices may still change."""


class KnownPrice(NamedTuple):
    """A price row the catalogue holds."""

    pk: int
    span: Span


class Held(NamedTuple):
    """What the catalogue has of an offer: its product and own row (None: not yet), the product's title, the prices."""

    product_id: int | None
    offer_id: int | None
    title: str
    known: list[KnownPrice]


@dataclass(slots=True)
class OfferChange:
    """One offer in one currency: what was held true, what the sheet says, and what will be held true."""

    key: OfferKey
    rows: tuple[SheetRow, ...]
    held: Held
    result: list[Span]
    change: Change
    before: list[Span] = field(default_factory=list)
    after: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Window:
    """The sheet's month as UTC moments; `until` is the month of the first later sheet that is applied already."""

    start: datetime
    end: datetime
    until: datetime | None = None


def later_month(month_start: object) -> object:
    """The first day of the first later month of which a sheet is applied, or None."""
    later = PriceSheetImport.objects.filter(status=ImportStatus.APPLIED, month__gt=month_start)
    return later.order_by("month").values_list("month", flat=True).first()


def changes(sheet: PriceSheet, window: Window) -> Iterator[list[OfferChange]]:
    """Every offer of the sheet and every one it no longer holds, in batches of whole products.

    A sheet speaks only for the markets and currencies that occur in it. An offer whose row was refused is left out.
    """
    scopes = sheet.scopes
    products = {(pid, sku): (pk, title) for pk, pid, sku, title in _microsoft_products()}
    said: dict[tuple[str, str], list[OfferKey]] = defaultdict(list)
    for key in sheet.offers:
        said[key.product_id, key.sku_id].append(key)
    for skus in _batches(sorted(set(said) | set(products)), said):
        held = _held([products[sku][0] for sku in skus if sku in products], scopes)
        batch = []
        for sku in skus:
            pk, title = products.get(sku, (None, ""))
            ours = held.get(pk, {})
            for key in sorted({*said.get(sku, ()), *ours} - sheet.refused):
                offer_id, known = ours.get(key, (None, []))
                held_as = Held(pk, offer_id, title, known)
                batch.append(_compare(key, sheet.offers.get(key, ()), held_as, window))
        yield batch


def _microsoft_products() -> Iterable[tuple[int, str, str, str]]:
    rows = Product.objects.filter(vendor=Vendor.MICROSOFT)
    return rows.values_list("pk", "vendor_product_id", "sku_id", "title").order_by("pk")


Sku = tuple[str, str]


def _batches(skus: list[Sku], said: dict[Sku, list[OfferKey]]) -> Iterator[list[Sku]]:
    batch: list[Sku] = []
    size = 0
    for sku in skus:
        batch.append(sku)
        size += max(len(said.get(sku, ())), 10)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


OffersHeld = dict[int | None, dict[OfferKey, tuple[int | None, list[KnownPrice]]]]


def _held(product_ids: list[int], scopes: frozenset[tuple[str, str]]) -> OffersHeld:
    """The catalogue's offers of these products in the sheet's markets and currencies, with their prices by time."""
    markets, currencies = {market for market, _ in scopes}, {currency for _, currency in scopes}
    offers = Offer.objects.filter(product_id__in=product_ids, market__in=markets).select_related("product")
    held: OffersHeld = defaultdict(dict)
    keys: dict[tuple[int, str], OfferKey] = {}
    for offer in offers.order_by("pk"):
        for currency in currencies:
            if (offer.market, currency) not in scopes:
                continue
            key = OfferKey(
                offer.product.vendor_product_id,
                offer.product.sku_id,
                offer.term,
                WORDS[offer.billing_plan],
                offer.market,
                currency,
                offer.segment,
            )
            keys[offer.pk, currency] = key
            held[offer.product_id][key] = (offer.pk, [])
    rows = OfferPrice.objects.held().filter(offer__product_id__in=product_ids, currency__in=currencies)
    fields = ("pk", "offer_id", "offer__product_id", "currency", "valid_from", "valid_until", "cost", "retail")
    for pk, offer_id, product_id, currency, *span in rows.order_by("offer_id", "valid_from").values_list(*fields):
        key_of = keys.get((offer_id, currency))
        if key_of is not None:
            held[product_id][key_of][1].append(KnownPrice(pk, Span(*span)))
    return held


def _compare(key: OfferKey, rows: tuple[SheetRow, ...], held: Held, window: Window) -> OfferChange:
    spans = [price.span for price in held.known]
    result = rewrite(spans, timeline(rows), window.start, window.until)
    before, after = (between(line, window.start, window.end) for line in (spans, result))
    named = rows[0].sku_title if rows else held.title
    if not before and not after:
        change = Change.OUTSIDE
    elif not before:
        change = Change.NEW
    elif not after:
        change = Change.REMOVED
    elif prices(before) != prices(after):
        change = Change.CHANGED
    else:
        change = Change.UNCHANGED if named == held.title else Change.RENAMED
    return OfferChange(key, rows, held, result, change, before, after)
