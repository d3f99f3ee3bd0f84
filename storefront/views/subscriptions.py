"""Subscriptions: the list, and one with everything that is known of it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import Account
from accounts.permissions import Permission
from resellers.access import ResellerView
from storefront.forms.lists import SubscriptionFilter
from storefront.models import Subscription

PAGE = 50


def rows_of(account: Account) -> QuerySet[Subscription]:
    """Subscriptions the account pays for, newest first, with what pages print."""
    return (
        Subscription.objects.filter(bill_to=account)
        .select_related("beneficiary", "tenant", "offer", "schedule", "order_item__order")
        .order_by("-created_at", "-pk")
    )


class SubscriptionList(ResellerView):
    """All subscriptions."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "subscriptions"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        form = SubscriptionFilter(request.GET)
        rows = rows_of(self.account)
        if text := form.text():
            rows = rows.filter(Q(name__icontains=text) | Q(number__icontains=text))
        for name in ("mode", "status"):
            if form.cleaned_data.get(name):
                rows = rows.filter(**{name: form.cleaned_data[name]})
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        facts = {"form": form, "rows": page, "is_filtered": bool(request.GET)}
        return self.page("storefront/subscriptions.html", facts)


class SubscriptionPage(ResellerView):
    """One subscription."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "subscriptions"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page; another account's subscription is not found."""
        row = get_object_or_404(rows_of(self.account), public_id=public_id)
        charges = list(row.schedule.charges.order_by("-invoice_on", "-pk")[:24]) if row.schedule else []
        return self.page("storefront/subscription.html", {"row": row, "charges": charges})
