"""Payments and manual charges: recorded by hand, taken back with a reason."""

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
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import Account
from bss import columns
from bss.admin.base import ReadOnlyAdmin, ServiceModelAdmin
from bss.admin.credits import check, refuse, settle_page
from bss.admin_site import site
from bss.forms.billing import PaymentForm
from bss.forms.credits import AmountsForm, ManualChargeForm, PayerForm, ReasonForm, ReversalForm
from config.kernel import formats
from config.kernel.errors import DomainError
from config.kernel.money import Money
from invoicing.models import Charge, Invoice, Payment
from invoicing.selectors import open_items
from invoicing.services import charges, payments


@admin.register(Payment, site=site)
class PaymentAdmin(ServiceModelAdmin):
    """Payments, recorded by hand: they settle the oldest or chosen invoices. One is taken back by a counter-entry."""

    form = PaymentForm
    list_display = (
        columns.day("received_on", _("Received")),
        columns.text("bill_to__name", _("Reseller"), order="bill_to__name_key"),
        columns.money("amount", _("Amount")),
        columns.money("unallocated", _("Not allocated")),
        columns.choice("method", _("Method")),
        columns.code("reference", _("Reference")),
        columns.moment("recorded_at", _("Recorded")),
    )
    list_filter = ("method", "received_on")
    list_select_related = ("bill_to",)
    search_fields = ("reference", "bill_to__name", "bill_to__code")
    ordering = ("-received_on", "-pk")
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A payment is taken back by a counter-entry."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """With what it settles."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/settle/", wrap(self.settle_view), name="invoicing_payment_settle"),
            path("<int:pk>/allocate/", wrap(self.allocate_view), name="invoicing_payment_allocate"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The payment, what it settles, and its reversal."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Payment.objects.select_related("bill_to", "recorded_by", "reverses", "reversal")
        payment = get_object_or_404(rows, pk=object_id)
        today = local_today(timezone.now())
        form = ReversalForm(request.POST or None, initial={"on": today})
        if request.method == "POST":
            check(request, "invoicing.change_payment")
            if form.is_valid():
                by: Any = request.user
                try:
                    data = form.cleaned_data
                    payments.reverse(payment=payment, reason=data["reason"], on=data["on"], by=by, at=timezone.now())
                    messages.success(request, _("The payment was reversed; what it settled is open again."))
                    return redirect("bss:invoicing_payment_change", payment.pk)
                except DomainError as refusal:
                    refuse(form, refusal)
        settled = open_items.settled_by(payment)
        invoices = Invoice.objects.in_bulk(settled)
        stands = payment.reverses is None and not hasattr(payment, "reversal")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Payment of %(day)s") % {"day": formats.day(payment.received_on, get_language() or "en")},
            "payment": payment,
            "settled": [(invoices[pk], amount) for pk, amount in settled.items()],
            "form": form,
            "stands": stands,
            "may_reverse": stands and request.user.has_perm("invoicing.change_payment"),
            "may_allocate": stands and payment.unallocated and request.user.has_perm("invoicing.add_paymentallocation"),
            "may_move": stands and request.user.has_perm("invoicing.add_paymentallocation"),
        }
        return TemplateResponse(request, "bss/billing/payment.html", context)

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which invoices it settles."""
        payment = get_object_or_404(Payment.objects.select_related("bill_to"), pk=pk)
        title = _("What the payment settles")
        return settle_page(request, payment, title=title, back="bss:invoicing_payment_change")

    def allocate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Settle open invoices with what is left of it, by amounts or the oldest first."""
        check(request, "invoicing.add_paymentallocation")
        payment = get_object_or_404(Payment.objects.select_related("bill_to"), pk=pk)
        invoices = list(open_items.open_of(payment.bill_to))
        form = AmountsForm(request.POST or None, invoices=invoices, settled={})
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            oldest = "oldest" in request.POST
            parts = None if oldest else {invoice: amount for invoice, amount in form.wanted().items() if amount}
            try:
                payments.allocate(payment=payment, parts=parts, by=by, at=timezone.now())
                messages.success(request, _("The payment settles these invoices now."))
                return redirect("bss:invoicing_payment_change", pk)
            except DomainError as refusal:
                form.add_error(None, str(refusal))
        context = {**self.admin_site.each_context(request), "title": _("Settle invoices"), "payment": payment}
        return TemplateResponse(request, "bss/billing/allocate.html", {**context, "form": form})

    def response_add(self, request: HttpRequest, obj: Payment, post_url_continue: str | None = None) -> HttpResponse:
        """On to the invoices, when they are to be chosen."""
        if request.POST.get("settle") == "chosen" and request.user.has_perm("invoicing.add_paymentallocation"):
            messages.success(request, _("The payment is recorded. Choose what it settles."))
            return redirect("bss:invoicing_payment_allocate", obj.pk)
        return super().response_add(request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: Payment, form: Any, change: bool) -> None:
        """Record it through the service."""
        data = form.cleaned_data
        by: Any = request.user
        now = timezone.now()
        made = payments.record(
            bill_to=data["bill_to"],
            amount=Money(data["amount"], data["bill_to"].currency),
            received_on=data["received_on"],
            reference=data["reference"],
            method=data["method"],
            by=by,
            at=now,
            today=local_today(now),
            parts={} if data["settle"] else None,
        )
        obj.pk = made.pk


@admin.register(Charge, site=site)
class ManualChargeAdmin(ReadOnlyAdmin):
    """Charges by hand: one-offs and discounts that the next run picks up, withdrawn while no invoice carries them."""

    list_display = (
        columns.text("text", _("Text")),
        "state",
        columns.text("bill_to__name", _("Reseller"), order="bill_to__name_key"),
        columns.text("beneficiary__name", _("For whom"), order="beneficiary__name_key"),
        columns.money("net", _("Net")),
        columns.day("invoice_on", _("Day of supply")),
        columns.moment("cut_at", _("Added")),
    )
    list_filter = ("kind", "invoice_on")
    search_fields = ("text", "bill_to__name", "bill_to__code", "beneficiary__name")
    ordering = ("-cut_at", "-pk")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Charge]:
        """Those of schedules are shown with their invoices."""
        return Charge.objects.manual().select_related("bill_to", "beneficiary", "invoice_item__invoice")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Finance adds one by a form of its own."""
        return bool(request.user.has_perm("invoicing.add_charge"))

    @admin.display(description=_("State"))
    def state(self, obj: Charge) -> Any:
        """Waiting, on an invoice, billed anew or withdrawn."""
        if obj.withdrawn_at:
            return _("Withdrawn")
        item = getattr(obj, "invoice_item", None)
        return item.invoice.number if item else _("Waits for the next run")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Choose the reseller, then for whom, how much, and what the invoice says."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.POST or request.GET
        asked = PayerForm(sent if "bill_to" in sent else None)
        payer: Account | None = asked.cleaned_data["bill_to"] if asked.is_valid() else None
        context = {**self.admin_site.each_context(request), "title": _("Add a charge by hand"), "payer": payer}
        if payer is None:
            return TemplateResponse(request, "bss/billing/charge_add.html", {**context, "form": asked})
        form = ManualChargeForm(request.POST or None, bill_to=payer, initial={"on": local_today(timezone.now())})
        if request.method == "POST" and form.is_valid():
            try:
                charge = self._add(request, form.cleaned_data)
                messages.success(request, _("The charge was added; the next billing run picks it up."))
                return redirect("bss:invoicing_charge_change", charge.pk)
            except DomainError as refusal:
                refuse(form, refusal)
        return TemplateResponse(request, "bss/billing/charge_add.html", {**context, "form": form})

    def _add(self, request: HttpRequest, data: dict[str, Any]) -> Charge:
        by: Any = request.user
        return charges.add_manual(
            bill_to=data["bill_to"],
            beneficiary=data["beneficiary"] or data["bill_to"],
            amount=Money(data["amount"], data["bill_to"].currency),
            text=data["text"],
            product_type=data["product_type"],
            on=data["on"],
            by=by,
            at=timezone.now(),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The charge, and its withdrawal while it waits."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request).select_related("bill_to", "beneficiary", "cut_by", "withdrawn_by")
        charge = get_object_or_404(rows, pk=object_id)
        form = ReasonForm(request.POST or None)
        if request.method == "POST":
            check(request, "invoicing.change_charge")
            if form.is_valid():
                by: Any = request.user
                try:
                    charges.withdraw(charge=charge, reason=form.cleaned_data["reason"], by=by, at=timezone.now())
                    messages.success(request, _("The charge was withdrawn; no invoice will carry it."))
                    return redirect("bss:invoicing_charge_change", charge.pk)
                except DomainError as refusal:
                    refuse(form, refusal)
        waits = Charge.objects.uninvoiced().filter(pk=charge.pk).exists()
        context = {
            **self.admin_site.each_context(request),
            "title": charge.text,
            "charge": charge,
            "item": getattr(charge, "invoice_item", None),
            "form": form,
            "state": self.state(charge),
            "may_withdraw": waits and request.user.has_perm("invoicing.change_charge"),
        }
        return TemplateResponse(request, "bss/billing/charge.html", context)
