"""Subscriptions: what runs, how its term ends, and the renewals that wait for a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import AuditEvent
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.filters import Question
from bss.forms.renewals import AgreeForm
from bss.selectors.work import held_by_billing, renewed_above_credit
from bss.views import running
from config.kernel.errors import DomainError
from invoicing.models import ScheduleChange
from invoicing.selectors.schedules import coming_prices
from storefront.enums import Vendor
from storefront.models import Renewal, Subscription
from storefront.selectors import renewals as selectors
from storefront.selectors.subscriptions import subscriptions_for_staff
from storefront.services import renewals

MANAGE = "storefront.change_renewal"
ACTS = {
    "subscription.renewed": _("Renewed"),
    "subscription.expired": _("Ended with its term"),
    "subscription.auto_renew_asked": _("Auto-renew: a change was asked for"),
    "subscription.auto_renew_changed": _("Auto-renew was switched"),
    "subscription.auto_renew_refused": _("Auto-renew: the change was refused"),
    "subscription.price_changed": _("Price changed"),
    "subscription.price_protected": _("Price of coming terms promised"),
    "subscription.price_unprotected": _("Promise withdrawn"),
    "subscription.end_planned": _("End planned"),
    "subscription.end_revoked": _("End revoked"),
    "subscription.ended": _("Ended"),
    "renewal.held": _("Renewal held"),
    "renewal.agreed": _("Price agreed by hand"),
    "renewal.asked_again": _("Looked at again"),
}


class BillingHeld(Question):
    """Those that billing does not go on with (product.md M5), and those renewed above the credit (§8)."""

    title = _("Billing")
    parameter_name = "billing"
    answers = (("held", _("Held: term over, no renewal")), ("over_credit", _("Renewed above the credit")))

    def pick(self, queryset: QuerySet[Subscription], value: str) -> QuerySet[Subscription]:
        """Whose schedule is past its term's end today, or whose renewal lately exceeded the credit."""
        today = local_today(timezone.now())
        if value == "held":
            return queryset.filter(pk__in=held_by_billing(on=today).values("pk"))
        return queryset.filter(pk__in=renewed_above_credit(on=today).values("subscription"))


@admin.register(Subscription, site=site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """What runs, for whom, with which MPN ID; a renewal that is held is decided on its page."""

    list_display = (
        columns.code("number", _("Number")),
        columns.text("name", _("Name")),
        columns.badge("status", _("Status"), of="SubscriptionStatus"),
        columns.text("bill_to__name", _("Bill To"), order="bill_to__name_key"),
        columns.mode("mode", _("Purchase mode")),
        columns.code("mpn_id", _("MPN ID")),
        columns.count("quantity", _("Seats")),
        columns.day("start_on", _("Start")),
        columns.day("term_end_on", _("Term ends")),
    )
    list_filter = (BillingHeld, "status", "mode", "auto_renew")
    list_select_related = ("bill_to",)
    search_fields = ("number", "name", "bill_to__name", "bill_to__code", "mpn_id")
    ordering = ("-created_at", "-pk")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """With the act of asking again, and what is done to a running one."""
        wrap = self.admin_site.admin_view
        acts = (
            ("look-again", self.look_again_view, "look_again"),
            ("price", running.price_page, "price"),
            ("end", running.end_page, "end"),
            ("go-on", running.go_on, "go_on"),
        )
        return [
            *(path(f"<int:pk>/{way}/", wrap(view), name=f"storefront_subscription_{name}") for way, view, name in acts),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Facts, term, renewals so far; a held one takes a price here."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(subscriptions_for_staff(), pk=object_id)
        terms = list(row.renewals.order_by("-begins_on")[:24])
        term = selectors.term_view(row, at=timezone.now(), known=terms)
        may = request.user.has_perm(MANAGE)
        held = term.renewal if term and term.is_held else None
        form = AgreeForm(request.POST or None) if held and may else None
        if request.method == "POST":
            if form is None or held is None:
                raise PermissionDenied
            if form.is_valid() and self._agree(request, held, form):
                return redirect("bss:storefront_subscription_change", row.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": row.number,
            "row": row,
            "term": term,
            "held": held,
            "form": form,
            "may_change": may,
            "may_manage": request.user.has_perm(running.MANAGE),
            "is_own": row.offer.product.vendor == Vendor.OWN,
            "protected": selectors.protected_price(row) if term else None,
            "prices": _prices(row),
            "renewals": terms,
            "events": _history(row),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/orders/subscription.html", context)

    def look_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask Microsoft now, whenever the next look was meant to be."""
        if not request.user.has_perm(MANAGE):
            raise PermissionDenied
        row = get_object_or_404(Subscription.objects.select_related("offer__product", "bill_to"), pk=pk)
        if request.method == "POST":
            by: Any = request.user
            renewals.look_again(subscription=row, by=by, at=timezone.now())
            messages.success(request, _("It is looked at now. Open this page again in a moment."))
        return redirect("bss:storefront_subscription_change", pk)

    def _agree(self, request: HttpRequest, held: Renewal, form: AgreeForm) -> bool:
        by: Any = request.user
        try:
            renewals.agree(renewal=held, by=by, at=timezone.now(), **form.cleaned_data)
            renewals.look_again(subscription=held.subscription, by=by, at=timezone.now())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return False
        messages.success(request, _("The price is noted. It is renewed as soon as Microsoft confirms."))
        return True


def _prices(row: Subscription) -> list[ScheduleChange]:
    """What it costs now, and what it will cost."""
    changes = row.schedule.changes.order_by("seq") if row.schedule else []
    return coming_prices(changes, today=local_today(timezone.now()))


def _history(row: Subscription) -> list[tuple[Any, AuditEvent]]:
    """What happened to it, newest first, in words."""
    events = AuditEvent.objects.filter(target_type="storefront.subscription", target_id=str(row.pk))
    return [(ACTS.get(event.action, event.action), event) for event in events.select_related("by").order_by("-pk")[:24]]
