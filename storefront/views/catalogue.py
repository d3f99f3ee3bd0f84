"""Catalogue and product page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.services.schedules import FirstPeriod
from resellers.access import ResellerView
from storefront.forms.catalogue import CatalogueFilter, SelectionForm
from storefront.models import Product
from storefront.selectors import catalogue, product_pages
from storefront.selectors.baskets import first_of
from storefront.selectors.catalogue import Buyer, PricedOffer

PER_PAGE = 24


class KnownCount(Paginator):
    """Pages of a list whose length came with its rows."""

    def __init__(self, count: int, per_page: int) -> None:
        """No query of its own."""
        super().__init__([], per_page)
        self.__dict__["count"] = count


class CataloguePage(ResellerView):
    """Everything the account's price list shows, searched and filtered."""

    permission = Permission.CATALOGUE_VIEW
    nav = "catalogue"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """One page of cards."""
        form = CatalogueFilter(request.GET)
        wishes = form.wishes()
        buyer = catalogue.buyer_of(self.account, timezone.now())
        products, total = catalogue.page_of(
            catalogue.products_for(buyer, search=wishes.pop("q", ""), **wishes), _page_number(request), PER_PAGE
        )
        if not products and request.GET.get("page"):
            return redirect(f"{request.path}?{_without_page(request)}")
        return self.page("storefront/catalogue.html", {"form": form, **self._cards(buyer, products, total)})

    def _cards(self, buyer: Buyer, products: list[Product], total: int) -> dict[str, Any]:
        market = str(self.account.country)
        offers = catalogue.offers_of(buyer, market, products) if products else []
        nowhere = catalogue.not_sold_here(market)
        page = Page(products, _page_number(self.request), KnownCount(total, PER_PAGE))
        return {
            "cards": product_pages.cards(products, offers, nowhere),
            "page": page,
            "price_list": buyer.price_list,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen offer and quantity, and what they cost. Amounts are None while the quantity makes no sense."""

    offer: PricedOffer
    quantity: int | None
    first: FirstPeriod | None = None
    each: Money | None = None
    whole_term: Money | None = None

    @property
    def now_vat(self) -> Money | None:
        """The VAT of the first charge."""
        return self.first.gross - self.first.net if self.first else None

    @property
    def stub(self) -> Period | None:
        """The days that the first charge is for, when it is not a whole period."""
        return self.first.period if self.first and self.first.factor != 1 else None

    @property
    def term(self) -> str:
        """1 year, billed monthly."""
        words = product_pages.offer_term(self.offer)
        return f"{words}, {product_pages.billed_words(self.offer.cycle_months, self.offer.term_months).lower()}"

    @property
    def each_period(self) -> str:
        """Each month, each year."""
        return {1: _("Each month, net"), 12: _("Each year, net")}.get(self.offer.cycle_months, "")


class ProductPage(ResellerView):
    """One product: terms and billing, the price, what it binds to, and the way into the basket."""

    permission = Permission.CATALOGUE_VIEW
    nav = "catalogue"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page, or with htmx the part that a choice changes."""
        facts = self._facts(public_id)
        part = "#choice" if request.headers.get("HX-Request") == "true" and "selection" in facts else ""
        return self.page(f"storefront/product.html{part}", facts)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """“Recalculate” without a script: the choice moves into the address."""
        chosen = {name: request.POST.get(name, "")[:40] for name in ("offer", "quantity")}
        return redirect(f"{reverse('product', args=[public_id])}?{urlencode(chosen)}")

    def _facts(self, public_id: str) -> dict[str, Any]:
        now = timezone.now()
        buyer = catalogue.buyer_of(self.account, now)
        market = str(self.account.country)
        offers = product_pages.of_one_segment(
            catalogue.offers_of(buyer, market, public_id=public_id), str(self.account.segment)
        )
        chosen = product_pages.chosen(offers, self.request.GET.get("offer", ""))
        product = chosen.product if chosen else catalogue.products_for(buyer).filter(public_id=public_id).first()
        if product is None:
            raise Http404
        today = timezone.localdate(now)
        facts: dict[str, Any] = {
            "product": product,
            "price_list": buyer.price_list,
            "crumbs": [(_("Catalogue"), reverse("catalogue"))],
            "may_order": self.may(Permission.ORDER_PLACE),
        }
        if chosen is None:
            return facts | {"refusal": offers[0].reason if offers else catalogue.not_sold_in(product, market)}
        form = SelectionForm(
            {"quantity": self.request.GET.get("quantity", product.min_quantity)},
            least=product.min_quantity,
            most=product.max_quantity,
        )
        return facts | {
            "matrix": product_pages.matrix(offers, today),
            "selection": self._selection(chosen, form, today),
            "selection_form": form,
            "cancellation": product_pages.cancellation(chosen, now, today),
            "segment": product_pages.special_segment(offers),
        }

    def _selection(self, offer: PricedOffer, form: SelectionForm, today: date) -> Selection:
        if not form.is_valid():
            return Selection(offer, None)
        quantity = form.cleaned_data["quantity"]
        first = first_of(self.account, offer, quantity, today)
        each = Money(offer.first_instalment, offer.currency) * quantity
        whole = Money(offer.unit_price, offer.currency) * quantity if offer.term_months else None
        return Selection(offer, quantity, first, each, whole if whole != each else None)


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 100_000) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
