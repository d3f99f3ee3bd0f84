"""What the catalogue's pages show, put together from priced offers: cards, the term × billing matrix, a selection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.enums import Segment
from config.kernel import formats
from config.kernel.money import Money
from config.kernel.periods import add_months
from storefront.enums import Vendor
from storefront.models import Product
from storefront.pricing import premium_percent
from storefront.selectors.catalogue import PricedOffer

WINDOW: Final = timedelta(hours=168)
FULL_REFUND: Final = timedelta(hours=24)
MICROSOFT_CYCLES: Final = (1, 12, 36)


@dataclass(frozen=True, slots=True)
class ProductCard:
    """One product in the catalogue. `cheapest` is per month; without one, `reason` says why it cannot be ordered."""

    product: Product
    cheapest: PricedOffer | None
    terms: tuple[str, ...]
    segment: str
    reason: str

    @property
    def has_choice(self) -> bool:
        """Whether it is sold in more than one way, so that the price is a "from" price."""
        return len(self.terms) > 0

    @property
    def is_free(self) -> bool:
        """Nothing to pay."""
        return self.cheapest is not None and not self.cheapest.unit_price

    @property
    def price(self) -> Money | None:
        """Of one unit and month (of a one-off: once), without VAT."""
        return Money(self.cheapest.per_month, self.cheapest.currency) if self.cheapest else None

    @property
    def unit(self) -> str:
        """What the price is for."""
        if self.cheapest is not None and not self.cheapest.cycle_months:
            return _("once, excl. VAT")
        if self.product.vendor == Vendor.MICROSOFT:
            return _("per seat and month, excl. VAT")
        return _("per month, excl. VAT")

    @property
    def commitment(self) -> str:
        """What one is bound to for that price; empty when it can be left every month."""
        months = self.cheapest.term_months if self.cheapest else 0
        if months <= 1 or self.is_free:
            return ""
        return _("with a commitment of %(term)s") % {"term": term_words(months)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One way to buy, in words. `price` is what one billing period costs, per unit, without VAT."""

    value: str
    price: str
    unit: str
    yearly: str
    remark: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One term."""

    label: str
    note: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Terms × billing periods."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Until when a purchase made now can be taken back (product.md §9.2), in UTC; `ends_on` is the last day."""

    full_refund_until: datetime
    until: datetime
    ends_on: date


def term_words(months: int) -> str:
    """A term in words: 1 month, 1 year, 3 years."""
    if not months:
        return _("until you end it")
    if months % 12:
        return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
    return ngettext("%(count)s year", "%(count)s years", months // 12) % {"count": months // 12}


def offer_term(offer: PricedOffer) -> str:
    """The term of an offer as a heading: 1 year, Until you end it, One-off."""
    if not offer.cycle_months:
        return _("One-off")
    words = term_words(offer.term_months)
    return words[:1].upper() + words[1:]


def billed_words(cycle_months: int, term_months: int = 0) -> str:
    """How often is charged: Billed monthly, yearly, once."""
    if cycle_months == 1:
        return _("Billed monthly")
    if cycle_months == 12:
        return _("Billed yearly")
    if not cycle_months or cycle_months == term_months:
        return _("Billed once")
    return _("Billed every %(term)s") % {"term": term_words(cycle_months)}


def unit_words(cycle_months: int) -> str:
    """What one charge is for: a month, a year, for 3 years, once."""
    if not cycle_months:
        return _("once")
    if cycle_months == 1:
        return _("a month")
    if cycle_months == 12:
        return _("a year")
    return _("for %(term)s") % {"term": term_words(cycle_months)}


def cards(products: Sequence[Product], offers: Sequence[PricedOffer], nowhere: str) -> list[ProductCard]:
    """One card per product, in the products' order. `nowhere` is the reason of those without an offer in the market."""
    by_product: dict[int, list[PricedOffer]] = defaultdict(list)
    for offer in offers:
        by_product[offer.product.pk].append(offer)
    return [_card(product, by_product[product.pk], nowhere) for product in products]


def _card(product: Product, offers: list[PricedOffer], nowhere: str) -> ProductCard:
    good = [offer for offer in offers if offer.orderable]
    cheapest = min(good, key=lambda offer: (offer.per_month, offer.term_months), default=None)
    terms = sorted({offer.term_months for offer in good})
    segments = {offer.offer.segment for offer in offers} - {str(Segment.COMMERCIAL)}
    special = product.vendor == Vendor.MICROSOFT and len(segments) == 1
    return ProductCard(
        product=product,
        cheapest=cheapest,
        terms=tuple(term_words(months) for months in terms if months),
        segment=str(Segment(segments.pop()).label) if special else "",
        reason="" if cheapest else offers[0].reason if offers else nowhere,
    )


def of_one_segment(offers: Sequence[PricedOffer], preferred: str) -> list[PricedOffer]:
    """The offers of one segment, if a product has several: the account's own, else the first."""
    segments = {offer.offer.segment for offer in offers}
    if len(segments) < 2:
        return list(offers)
    shown = preferred if preferred in segments else min(segments)
    return [offer for offer in offers if offer.offer.segment == shown]


def special_segment(offers: Sequence[PricedOffer]) -> str:
    """The segment's name when not everybody may buy, else empty."""
    first = offers[0]
    if first.product.vendor != Vendor.MICROSOFT or first.offer.segment == Segment.COMMERCIAL:
        return ""
    return str(Segment(first.offer.segment).label)


def chosen(offers: Sequence[PricedOffer], public_id: str) -> PricedOffer | None:
    """The offer asked for if it can be ordered, else the usual one: a year billed monthly, else the shortest term."""
    good = [offer for offer in offers if offer.orderable]
    asked = next((offer for offer in good if offer.offer.public_id == public_id), None)
    usual = next((offer for offer in good if (offer.term_months, offer.cycle_months) == (12, 1)), None)
    return asked or usual or (good[0] if good else None)


def matrix(offers: Sequence[PricedOffer], on: date) -> Matrix:
    """The orderable offers of one product as term × billing. `on` is the day of purchase."""
    good = {(offer.term_months, offer.cycle_months): offer for offer in offers if offer.orderable}
    microsoft = any(offer.product.vendor == Vendor.MICROSOFT for offer in good.values())
    cycles = sorted({cycle for _term, cycle in good} | (set(MICROSOFT_CYCLES) if microsoft else set()))
    cheapest = min(good.values(), key=_monthly, default=None)
    rows = []
    for term in sorted({months for months, _cycle in good}):
        of_term = [offer for (months, _cycle), offer in good.items() if months == term]
        cells = (good.get((term, cycle)) for cycle in cycles)
        cell_views = tuple(_cell(cell, cheapest, of_term) if cell else None for cell in cells)
        rows.append(Row(offer_term(of_term[0]), _note(term, on), cell_views))
    heads = tuple(billed_words(cycle, 36 if cycle == 36 else 0) for cycle in cycles)
    return Matrix(heads, tuple(rows))


def _note(term: int, on: date) -> str:
    if term == 1:
        return _("renews monthly")
    return _("to %(day)s") % {"day": formats.day(last_day(on, term), _language())} if term else ""


def last_day(on: date, months: int) -> date:
    """The last day of a term that begins on a day: the day before the anniversary of the original day (§9.2)."""
    return add_months(on, months) - timedelta(days=1)


def _language() -> str:
    return get_language() or formats.FALLBACK


def _money(amount: Decimal, offer: PricedOffer) -> str:
    return formats.money(amount, offer.currency, _language())


def _monthly(offer: PricedOffer) -> Decimal:
    return offer.unit_price / offer.priced_months if offer.priced_months else offer.unit_price


def _cell(offer: PricedOffer, cheapest: PricedOffer | None, of_term: list[PricedOffer]) -> Cell:
    remark, tone = _remark(offer, cheapest, of_term)
    yearly = ""
    if offer.cycle_months and offer.unit_price:
        yearly = _("%(price)s over a year") % {"price": _money(offer.per_year, offer)}
    if offer.surcharge:
        yearly += _(", incl. %(percent)s\u00a0%% for instalments") % {"percent": f"{offer.surcharge.normalize():f}"}
    price = _money(offer.first_instalment, offer)
    return Cell(offer.offer.public_id, price, unit_words(offer.cycle_months), yearly, remark, tone)


def _remark(offer: PricedOffer, cheapest: PricedOffer | None, of_term: list[PricedOffer]) -> tuple[str, str]:
    if not offer.unit_price:
        return _("Free"), "ok"
    if cheapest is None or not cheapest.unit_price:
        return "", "quiet"
    if offer is cheapest:
        return (_("Cheapest"), "ok") if offer.term_months else ("", "quiet")
    if offer is min(of_term, key=_monthly) and len(of_term) > 1:
        return _("Cheapest for %(term)s") % {"term": term_words(offer.term_months)}, "ok"
    premium = premium_percent(offer.unit_price, offer.priced_months, cheapest.unit_price, cheapest.priced_months)
    if premium:
        return _("+%(percent)s %% against cheapest") % {"percent": premium}, "quiet"
    return _("As cheap as the cheapest"), "quiet"


def cancellation(offer: PricedOffer, at: datetime, on: date) -> Cancellation | None:
    """The window of a Microsoft purchase made now; a preview until Microsoft names the moment (M6). None for others."""
    if offer.product.vendor != Vendor.MICROSOFT or not offer.unit_price:
        return None
    return Cancellation(at + FULL_REFUND, at + WINDOW, last_day(on, offer.term_months))
