"""Orders: the list, and one order with its timeline."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission
from config.kernel.sorting import Sort
from resellers.access import ResellerView
from storefront.forms.lists import OrderFilter
from storefront.models import OrderItem
from storefront.selectors.home import orders_of
from storefront.views.lists import ListPage

SORTS: Final = (
    Sort("placed", ("placed_at",), gettext_lazy("Oldest first"), gettext_lazy("Newest first")),
    Sort("who", ("beneficiary__name_key",), gettext_lazy("By company, A to Z"), gettext_lazy("By company, Z to A")),
    Sort(
        "net",
        ("first_period_net",),
        gettext_lazy("Smallest first charge first"),
        gettext_lazy("Largest first charge first"),
    ),
)


class OrderList(ListPage):
    """All orders the account pays for."""

    permission = Permission.ORDER_VIEW
    nav = "orders"
    sorts = SORTS
    default = "-placed"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        form = OrderFilter(request.GET)
        rows = orders_of(self.account)
        if text := form.text():
            lines = OrderItem.objects.filter(order=OuterRef("pk"), product_name__icontains=text)
            named = Q(number__icontains=text) | Q(beneficiary__name__icontains=text) | Q(po_number__icontains=text)
            rows = rows.filter(named | Q(Exists(lines)))
        for name in ("mode", "status"):
            if form.cleaned_data.get(name):
                rows = rows.filter(**{name: form.cleaned_data[name]})
        facts = {**self.facts(form, rows), "may_order": self.may(Permission.ORDER_PLACE)}
        return self.page("storefront/orders.html", facts)


class OrderPage(ResellerView):
    """One order: for whom, what, how far, what it costs first."""

    permission = Permission.ORDER_VIEW
    nav = "orders"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page; another account's order is not found."""
        order = get_object_or_404(orders_of(self.account).select_related("canceled_by"), public_id=public_id)
        items = list(
            OrderItem.objects.filter(order=order)
            .select_related("subscription__tenant", "unit", "offer")
            .order_by("position")
        )
        crumbs = [(_("Orders"), reverse("orders"))]
        return self.page("storefront/order.html", {"order": order, "items": items, "crumbs": crumbs})
