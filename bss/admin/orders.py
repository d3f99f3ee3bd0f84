"""Orders and fulfilments: looked at, executed, canceled, retried."""

from __future__ import annotations

from collections.abc import Callable
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

from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.filters import Question
from bss.selectors.work import STOPPED_STATES, stopped_units, units_by_hand
from config.kernel.errors import DomainError
from invoicing.selectors import credit
from storefront.enums import Delivery, OrderStatus, UnitState
from storefront.models import FulfilmentUnit, Order, PartnerCall
from storefront.services import fulfilment, orders


class ReasonNeeded(DomainError):
    """Giving up is explained."""

    user_message = _("Say why it is given up; the reseller reads it.")
    field = "reason"


@admin.register(Order, site=site)
class OrderAdmin(ReadOnlyAdmin):
    """Orders of all resellers. A held one is executed or canceled here, with its reason."""

    list_display = (
        columns.code("number", _("Order")),
        columns.badge("status", _("Status"), of="OrderStatus"),
        columns.moment("placed_at", _("Placed")),
        columns.text("bill_to__name", _("Bill To"), order="bill_to__name_key"),
        columns.text("beneficiary__name", _("For whom"), order="beneficiary__name_key"),
        columns.mode("mode", _("Purchase mode")),
        columns.money("first_period_gross", _("First charge, gross")),
    )
    list_filter = ("status", "mode", "placed_at")
    list_select_related = ("bill_to", "beneficiary")
    search_fields = ("number", "bill_to__name", "bill_to__code", "beneficiary__name", "po_number")
    ordering = ("-placed_at", "-pk")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """With the two acts."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/execute/", wrap(self.execute_view), name="storefront_order_execute"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="storefront_order_cancel"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The order's page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(
            Order.objects.select_related("bill_to", "beneficiary", "placed_by", "executed_by", "canceled_by"),
            pk=object_id,
        )
        view = credit.exposure(order.bill_to)
        is_held = order.status == OrderStatus.SUBMITTED
        fits = view.available is None or order.first_period_gross <= view.available.amount
        context = {
            **self.admin_site.each_context(request),
            "title": order.number,
            "order": order,
            "items": list(order.items.select_related("offer", "subscription__tenant", "unit").order_by("position")),
            "credit": view,
            "is_held": is_held,
            "fits": fits,
            "may_change": is_held and request.user.has_perm("storefront.change_order"),
            "may_override": request.user.has_perm("storefront.override_credit"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/orders/order.html", context)

    def execute_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Execute a held order: within credit by Sales, above it with a reason by those who may override."""
        order = get_object_or_404(Order, pk=pk)
        if not request.user.has_perm("storefront.change_order"):
            raise PermissionDenied
        reason = request.POST.get("override_reason", "").strip()
        if reason and not request.user.has_perm("storefront.override_credit"):
            raise PermissionDenied
        by: Any = request.user
        return self._act(
            request, pk, lambda: orders.execute(order=order, by=by, at=timezone.now(), override_reason=reason)
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel a held order with a reason."""
        order = get_object_or_404(Order, pk=pk)
        if not request.user.has_perm("storefront.change_order"):
            raise PermissionDenied
        by: Any = request.user
        reason = request.POST.get("reason", "")
        return self._act(request, pk, lambda: orders.cancel(order=order, reason=reason, by=by, at=timezone.now()))

    def _act(self, request: HttpRequest, pk: int, act: Callable[[], Order]) -> HttpResponse:
        if request.method == "POST":
            try:
                order = act()
                messages.success(
                    request,
                    _("%(number)s is %(state)s.") % {"number": order.number, "state": order.get_status_display()},
                )
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:storefront_order_change", pk)


class StoppedFilter(Question):
    """Those that wait for a person."""

    title = _("Waiting for a person")
    parameter_name = "stopped"
    answers = (("yes", _("Stopped")), ("by_hand", _("To be done by hand")))

    def pick(self, queryset: QuerySet[FulfilmentUnit], value: str) -> QuerySet[FulfilmentUnit]:
        """Stopped ones, or those a person has to carry out."""
        return queryset.filter(pk__in=(stopped_units() if value == "yes" else units_by_hand()).values("pk"))


@admin.register(FulfilmentUnit, site=site)
class FulfilmentAdmin(ReadOnlyAdmin):
    """How order items become services at Microsoft; a stopped one is retried after its data was repaired."""

    list_display = (
        "reference",
        columns.badge("state", _("State"), of="UnitState"),
        columns.text("order_item", _("Product"), order="order_item__product_name"),
        columns.text("order_item__order__beneficiary__name", _("For whom")),
        columns.code("order_item__order__number", _("Order")),
        columns.text("reason", _("Reason")),
        columns.moment("touched_at", _("Last step")),
    )
    list_filter = (StoppedFilter, "state")
    list_select_related = ("order_item__order__bill_to", "order_item__order__beneficiary")
    search_fields = ("order_item__order__number", "order_item__product_name", "order_item__order__bill_to__name")
    ordering = ("-created_at", "-pk")
    actions = None

    @admin.display(description=_("Fulfilment"))
    def reference(self, obj: FulfilmentUnit) -> str:
        """Our reference, as Microsoft sees it."""
        return str(obj)

    def get_urls(self) -> list[URLPattern]:
        """With the acts."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/retry/", wrap(self.retry_view), name="storefront_fulfilmentunit_retry"),
            path("<int:pk>/deliver/", wrap(self.deliver_view), name="storefront_fulfilmentunit_deliver"),
            path("<int:pk>/give-up/", wrap(self.give_up_view), name="storefront_fulfilmentunit_give_up"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """State, reason, and every call to Microsoft."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        unit = get_object_or_404(
            FulfilmentUnit.objects.select_related(
                "order_item__order__beneficiary", "order_item__order__bill_to", "tenant"
            ),
            pk=object_id,
        )
        calls = PartnerCall.objects.filter(unit=unit)
        if unit.tenant_id:
            calls = calls | PartnerCall.objects.filter(tenant=unit.tenant_id)
        may = request.user.has_perm("storefront.change_fulfilmentunit")
        context = {
            **self.admin_site.each_context(request),
            "title": f"{unit} · {unit.order_item}",
            "unit": unit,
            "calls": list(calls.order_by("created_at", "pk")),
            "may_retry": may and unit.state in STOPPED_STATES,
            "may_give_up": may and unit.state == UnitState.NEEDS_PERSON,
            "may_deliver": may and unit.order_item.delivery == Delivery.BY_HAND and unit.state == UnitState.PLANNED,
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/orders/fulfilment.html", context)

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try again after a person repaired the data."""
        by: Any = request.user
        return self._act(request, pk, lambda unit: fulfilment.retry(unit=unit, by=by, at=timezone.now()))

    def deliver_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A person has done the work: the service runs and is billed from today."""
        by: Any = request.user
        return self._act(
            request, pk, lambda unit: fulfilment.deliver_by_hand(item=unit.order_item, by=by, at=timezone.now())
        )

    def give_up_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It is not delivered, and never billed; refused while Microsoft may have booked it."""
        by: Any = request.user
        reason = request.POST.get("reason", "").strip()
        return self._act(request, pk, lambda unit: _give_up(unit, reason, by))

    def _act(self, request: HttpRequest, pk: int, act: Callable[[FulfilmentUnit], FulfilmentUnit]) -> HttpResponse:
        if not request.user.has_perm("storefront.change_fulfilmentunit"):
            raise PermissionDenied
        unit = get_object_or_404(FulfilmentUnit.objects.select_related("order_item"), pk=pk)
        if request.method == "POST":
            try:
                unit = act(unit)
                messages.success(request, _("Done: %(state)s.") % {"state": unit.get_state_display()})
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:storefront_fulfilmentunit_change", pk)


def _give_up(unit: FulfilmentUnit, reason: str, by: Any) -> FulfilmentUnit:
    if not reason:
        raise ReasonNeeded
    return fulfilment.give_up(unit=unit, reason=reason, by=by, at=timezone.now())
