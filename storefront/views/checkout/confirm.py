"""Step 4: every consequence, then one button; and the page after it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from config.kernel.errors import DomainError
from storefront.forms.checkout import Confirm
from storefront.models import Checkout
from storefront.selectors import baskets as selectors
from storefront.selectors.baskets import Group
from storefront.selectors.product_pages import Cancellation, cancellation
from storefront.services import baskets, orders, tenants
from storefront.views.basket import BasketView
from storefront.views.checkout.frame import CheckoutView, details_of


class ConfirmOrder(CheckoutView):
    """The review. What is complete can be ordered; the rest stays in the basket with its reason (R09)."""

    step = 4

    def get(self, request: HttpRequest) -> HttpResponse:
        """The review, or the step that helps when nothing can be ordered yet."""
        self.load()
        return self.missing_step() or self._nothing_ready() or self._show(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Place the orders; a second click finds the orders of the first."""
        self.load()
        placed = self._placed(request.POST.get("basket", ""))
        if placed is not None:
            return redirect("checkout_done", placed.public_id)
        elsewhere = self.missing_step() or self._nothing_ready()
        if elsewhere is not None:
            return elsewhere
        form = Confirm(request.POST, groups=self.groups)
        if set(form.errors) == {"terms"}:
            return self._show(form, status=422)
        try:
            checkout = self._place(form)
        except DomainError as refusal:
            return self._refused(refusal)
        return redirect("checkout_done", checkout.public_id)

    def _placed(self, basket: str) -> Checkout | None:
        """The checkout of the basket that the page showed, when it was ordered before."""
        mine = self.account.checkouts.filter(basket__user=self.user)
        return mine.filter(basket__public_id=basket.replace("\x00", "")).first()

    def _place(self, form: Confirm) -> Checkout:
        if form.errors or form.cleaned_data["basket"] != self.its_basket.public_id:
            raise orders.BasketChanged
        return orders.place(
            basket=self.its_basket,
            basket_version=form.cleaned_data["basket_version"],
            only=form.cleaned_data["orders"],
            mpn_id=form.cleaned_data["mpn_id"],
            by=self.user,
            at=self.now,
            ip=self.request.META.get("REMOTE_ADDR"),
            user_agent=self.request.headers.get("user-agent", ""),
        )

    def _refused(self, refusal: DomainError) -> HttpResponse:
        """Nothing was ordered: say why where it is mended; the review offers what can still be ordered."""
        messages.error(self.request, _("Nothing was ordered. %(reason)s") % {"reason": refusal})
        if isinstance(refusal, tenants.PrefixTaken):
            self._give_back(str(refusal.facts.get("of", "")))
            return redirect("checkout_services")
        self.load()
        self.reseller.refresh_from_db()
        self.account.refresh_from_db()
        elsewhere = self.missing_step() or self._nothing_ready(quiet=True)
        return elsewhere or self._show(self._form(), status=409)

    def _give_back(self, company: str) -> None:
        """Open the service details again whose tenant's name was taken, as they were typed."""
        for group in self.groups:
            if group.beneficiary is None or group.beneficiary.public_id != company:
                continue
            details = details_of(group)
            baskets.save_details(
                basket=self.its_basket, beneficiary=group.beneficiary, details=details, is_complete=False
            )
            texts = {f"{company}-{name}": str(value) for name, value in vars(details).items() if value is not False}
            draft = self.its_basket.draft.get("checkout_services", {})
            baskets.keep_draft(basket=self.its_basket, step="checkout_services", typed={**draft, **texts})

    def _nothing_ready(self, *, quiet: bool = False) -> HttpResponse | None:
        """Where the first obstacle is mended, when no order is complete."""
        if self.ready():
            return None
        group, reason = self.waiting()[0]
        if not (quiet or isinstance(reason, orders.DetailsMissing | orders.AttestationNeeded)):
            messages.error(self.request, str(reason))
        return redirect(mended_at(group, reason)[0])

    def _form(self) -> Confirm:
        shown = {
            "basket": self.its_basket.public_id,
            "basket_version": self.its_basket.version,
            "orders": [group.beneficiary.public_id for group in self.ready() if group.beneficiary],
            "mpn_id": self.reseller.mpn_id or "",
        }
        return Confirm(groups=self.groups, initial=shown)

    def _show(self, form: Confirm, *, status: int = 200) -> HttpResponse:
        waiting = [(group, reason, *mended_at(group, reason)) for group, reason in self.waiting()]
        ready = self.ready()
        facts = {"form": form, "waiting": waiting, "cancellation": self._cancellation(ready)}
        return self.show("storefront/checkout_confirm.html", facts, groups=ready, status=status)

    def _cancellation(self, groups: list[Group]) -> Cancellation | None:
        """Until when what Microsoft delivers can be taken back, if it is ordered now."""
        offers = [line.priced for group in groups for line in group.lines]
        windows = (cancellation(offer, self.now, self.day_of(self.now)) for offer in offers)
        return next((window for window in windows if window is not None), None)


def mended_at(group: Group, reason: DomainError) -> tuple[str, str]:
    """The page where the reason is done away with, and what its link says."""
    if isinstance(reason, orders.CompanyArchived | orders.NobodyChosen | orders.MayNotResell):
        return f"{reverse('checkout_who')}?line={group.lines[0].line.public_id}", _("Change the company")
    if isinstance(reason, baskets.NotOrderable):
        return reverse("basket"), _("Change the basket")
    return reverse("checkout_services"), _("Complete the service details")


class Done(BasketView):
    """After the click: the orders that were placed, what runs, what is held, and what is still in the basket."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page."""
        checkout = get_object_or_404(self.account.checkouts.all(), public_id=public_id)
        placed = list(checkout.orders.select_related("beneficiary").prefetch_related("items").order_by("position"))
        self.line_count = selectors.count_of(self.user)
        facts = {"checkout": checkout, "orders": placed, "left": self.line_count}
        return self.page("storefront/checkout_done.html", facts)
