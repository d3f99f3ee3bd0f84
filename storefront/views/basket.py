"""The basket: lines come in from the product page, are changed, and go to the checkout."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from config.kernel.errors import DomainError
from invoicing.selectors import credit
from resellers.access import ResellerView
from storefront.models import Basket, BasketLine
from storefront.selectors import baskets as selectors
from storefront.selectors.catalogue import OfferUnknown
from storefront.selectors.checkout import outlook
from storefront.services import baskets


def typed_quantity(text: str) -> int | None:
    """A whole number in plain digits; None for everything else (signs, exponents, other digits)."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class BasketView(ResellerView):
    """What the basket's pages share."""

    permission = Permission.ORDER_PLACE
    nav = "catalogue"
    line_count: int | None = None

    def basket(self) -> Basket:
        """The user's open basket."""
        return baskets.open_basket(user=self.user, account=self.account, at=timezone.now())

    def load(self) -> None:
        """Read the basket with prices and credit once: what all its pages show."""
        self.now = timezone.now()
        rows = selectors.rows_of_user(self.user)
        self.its_basket = rows[0].basket if rows else self.basket()
        self.its_basket.account = self.account
        self.standing = credit.standing(self.account)
        self.lines = selectors.priced(
            rows, self.account, at=self.now, on=self.day_of(self.now), rules=self.standing.rules
        )
        self.line_count = len(self.lines)
        self.groups = selectors.groups_of(self.lines)

    def shell(self) -> dict[str, Any]:
        """The frame; the number of lines is often known here already."""
        known = {} if self.line_count is None else {"basket_count": self.line_count}
        return super().shell() | known

    def line(self, public_id: str) -> BasketLine:
        """A line of that basket, else 404."""
        return get_object_or_404(
            self.basket().lines.select_related("offer__product", "basket__account", "beneficiary"), public_id=public_id
        )


class BasketPage(BasketView):
    """Lines grouped by beneficiary, sums, and the credit after this order."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        self.load()
        view = self.standing.credit
        prospect = outlook(self.groups, available=view.available, currency=self.account.currency)
        facts = {"basket": self.its_basket, "groups": self.groups, "lines": self.lines, "credit": view}
        return self.page("storefront/basket.html", {**facts, "outlook": prospect, "bar": prospect.bar(view.limit)})


class AddLine(BasketView):
    """An offer from the product page."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Put it in; a refusal goes back to where it came from."""
        quantity = typed_quantity(request.POST.get("quantity", ""))
        product = request.POST.get("product", "")
        offer = request.POST.get("offer", "").replace("\x00", "")
        back = redirect("product", product) if product.isascii() and product.isalnum() else redirect("basket")
        try:
            if quantity is None:
                raise baskets.BadQuantity(least=1, most=10_000)
            line = baskets.add_line(basket=self.basket(), offer_id=offer, quantity=quantity, at=timezone.now())
        except OfferUnknown as error:
            raise Http404 from error
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return back
        messages.success(request, _("%(product)s is in the basket.") % {"product": line.offer.product.title})
        return redirect("basket")


class ChangeLine(BasketView):
    """Another quantity, or out."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Change or remove one line."""
        line = self.line(public_id)
        if "remove" in request.POST:
            baskets.remove_line(line=line)
            return redirect("basket")
        quantity = typed_quantity(request.POST.get("quantity", ""))
        product = line.offer.product
        try:
            if quantity is None:
                raise baskets.BadQuantity(least=product.min_quantity, most=product.max_quantity)
            baskets.set_quantity(line=line, quantity=quantity)
        except DomainError as refusal:
            messages.error(request, f"{product.title}: {refusal}")
        return redirect("basket")
