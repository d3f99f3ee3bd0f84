"""The reseller's home."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.permissions import Permission
from resellers.access import ResellerView
from storefront.selectors.home import home_of


class Home(ResellerView):
    """What needs me now, money, business."""

    nav = "home"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The dashboard."""
        view = home_of(self.account, on=self.day_of(timezone.now()))
        facts = {
            "home": view,
            "reseller": self.reseller,
            "may_order": self.may(Permission.ORDER_PLACE),
            "sees_money": self.may(Permission.INVOICE_VIEW),
            "sees_orders": self.may(Permission.ORDER_VIEW),
        }
        return self.page("storefront/home.html", facts)
