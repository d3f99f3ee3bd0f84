"""The reseller's home."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from accounts.permissions import Permission
from config.kernel import formats
from config.kernel.charts import Column
from resellers.access import ResellerView
from storefront.selectors.business import Month, billed_by_month
from storefront.selectors.home import home_of


def columns_of(months: Sequence[Month]) -> list[Column]:
    """The months as bars, in whole units of the currency."""
    language = get_language() or formats.FALLBACK
    parts = ("own", "affiliate", "customer")
    return [
        Column(
            formats.month(month.first, language),
            [(name, getattr(month, name).amount.quantize(Decimal(1))) for name in parts],
        )
        for month in months
    ]


class Home(ResellerView):
    """What needs me now, money, business."""

    nav = "home"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The dashboard."""
        now = timezone.now()
        today = self.day_of(now)
        view = home_of(self.account, at=now, on=today)
        sees_money, sees_orders = self.may(Permission.INVOICE_VIEW), self.may(Permission.ORDER_VIEW)
        months = billed_by_month(self.account, on=today) if sees_money else []
        waiting = len(view.failed) + len(view.closing)
        waiting += (len(view.held) if sees_orders else 0) + (len(view.payable) if sees_money else 0)
        facts = {
            "home": view,
            "today": today,
            "months": months,
            "columns": columns_of(months),
            "waiting": waiting,
            "reseller": self.reseller,
            "may_order": self.may(Permission.ORDER_PLACE),
            "sees_money": sees_money,
            "sees_orders": sees_orders,
        }
        return self.page("storefront/home.html", facts)
