"""Orders: the list, and one order with its timeline."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.permissions import Permission
from resellers.access import ResellerView
from storefront.forms.lists import OrderFilter
from storefront.models import OrderItem
from storefront.selectors.home import orders_of

PAGE = 50


class OrderList(ResellerView):
    """All orders the account pays for."""

    permission = Permission.ORDER_VIEW
    nav = "orders"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        form = OrderFilter(request.GET)
        rows = orders_of(self.account)
        if text := form.text():
            rows = rows.filter(Q(number__icontains=text) | Q(beneficiary__name__icontains=text) | Q(po_number=text))
        for name in ("mode", "status"):
            if form.cleaned_data.get(name):
                rows = rows.filter(**{name: form.cleaned_data[name]})
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        return self.page("storefront/orders.html", {"form": form, "rows": page, "is_filtered": bool(request.GET)})


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
        return self.page("storefront/order.html", {"order": order, "items": items})
