"""Subscriptions: the list, and one with everything that is known of it."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.clock import local_today
from accounts.models import Account
from accounts.permissions import Permission
from config.kernel.sorting import Sort
from invoicing.selectors.schedules import coming_prices
from resellers.access import ResellerView
from storefront.enums import SubscriptionStatus, Vendor
from storefront.forms.lists import SubscriptionFilter
from storefront.models import Subscription
from storefront.selectors import renewals
from storefront.views.lists import ListPage

SORTS: Final = (
    Sort("created", ("created_at",), gettext_lazy("Oldest first"), gettext_lazy("Newest first")),
    Sort("name", ("order_item__product_name",), gettext_lazy("By product, A to Z"), gettext_lazy("By product, Z to A")),
    Sort("who", ("beneficiary__name_key",), gettext_lazy("By company, A to Z"), gettext_lazy("By company, Z to A")),
    Sort("seats", ("quantity",), gettext_lazy("Fewest seats first"), gettext_lazy("Most seats first")),
    Sort("start", ("start_on",), gettext_lazy("Earliest start first"), gettext_lazy("Latest start first")),
    Sort("end", ("term_end_on",), gettext_lazy("Earliest end first"), gettext_lazy("Latest end first")),
)


def rows_of(account: Account) -> QuerySet[Subscription]:
    """Subscriptions the account pays for, newest first, with what pages print."""
    return (
        Subscription.objects.filter(bill_to=account)
        .select_related("beneficiary", "tenant", "offer__product", "schedule", "order_item__order")
        .order_by("-created_at", "-pk")
    )


class SubscriptionList(ListPage):
    """All subscriptions."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "subscriptions"
    sorts = SORTS
    default = "-created"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        form = SubscriptionFilter(request.GET)
        rows = rows_of(self.account)
        if text := form.text():
            rows = rows.filter(
                Q(name__icontains=text)
                | Q(number__icontains=text)
                | Q(beneficiary__name__icontains=text)
                | Q(tenant__domain_prefix__icontains=text)
            )
        for name in ("mode", "status"):
            if form.cleaned_data.get(name):
                rows = rows.filter(**{name: form.cleaned_data[name]})
        facts = {**self.facts(form, rows), "may_order": self.may(Permission.ORDER_PLACE)}
        return self.page("storefront/subscriptions.html", facts)


class SubscriptionPage(ResellerView):
    """One subscription."""

    permission = Permission.SUBSCRIPTION_VIEW
    nav = "subscriptions"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page; another account's subscription is not found."""
        row = get_object_or_404(rows_of(self.account), public_id=public_id)
        charges = list(row.schedule.charges.order_by("-invoice_on", "-pk")[:24]) if row.schedule else []
        changes = list(row.schedule.changes.order_by("seq")) if row.schedule else []
        crumbs = [(_("Subscriptions"), reverse("subscriptions"))]
        row.bill_to = self.account
        facts = {
            "row": row,
            "charges": charges,
            "changes": changes[:-13:-1],
            "prices": coming_prices(changes, today=local_today(timezone.now())),
            "may_end": row.offer.product.vendor == Vendor.OWN and row.status == SubscriptionStatus.ACTIVE,
            "term": renewals.term_view(row, at=timezone.now()),
            "may_manage": self.may(Permission.SUBSCRIPTION_MANAGE),
            "crumbs": crumbs,
            "sees_orders": self.may(Permission.ORDER_VIEW),
        }
        return self.page("storefront/subscription.html", facts)
