"""Disputes about lines of invoices: seen by everybody, opened and closed by Finance."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin.credits import check, refuse
from bss.admin_site import site
from bss.forms.disputes import OutcomeForm
from config.kernel.errors import DomainError
from invoicing.enums import DisputeState
from invoicing.forms.disputes import DisputeForm
from invoicing.models import Dispute, Invoice
from invoicing.selectors.disputes import disputable
from invoicing.services import disputes


@admin.register(Dispute, site=site)
class DisputeAdmin(ReadOnlyAdmin):
    """Lines that somebody holds to be wrong."""

    list_display = (
        columns.code("invoice__number", _("Invoice")),
        columns.badge("state", _("State"), of="DisputeState"),
        columns.text("bill_to__name", _("Reseller"), order="bill_to__name_key"),
        columns.text("item__product_name", _("Line")),
        columns.money("amount", _("Amount in dispute")),
        columns.moment("opened_at", _("Opened")),
        columns.text("opened_by__name", _("Opened by")),
        columns.moment("closed_at", _("Closed")),
    )
    list_filter = ("state", "opened_at")
    list_select_related = ("invoice", "bill_to", "item", "opened_by")
    search_fields = ("invoice__number", "bill_to__name", "bill_to__code", "item__product_name", "reason")
    ordering = ("-opened_at", "-pk")
    actions = None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The line, what is said to be wrong, and the decision while it is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Dispute.objects.select_related("invoice__bill_to", "item", "opened_by", "closed_by", "bill_to")
        dispute = get_object_or_404(rows, pk=object_id)
        form = OutcomeForm(request.POST or None)
        if request.method == "POST":
            check(request, "invoicing.change_dispute")
            if form.is_valid():
                by: Any = request.user
                facts = {"state": DisputeState(form.cleaned_data["state"]), "outcome": form.cleaned_data["outcome"]}
                try:
                    disputes.close(dispute=dispute, by=by, at=timezone.now(), **facts)
                    messages.success(request, _("The dispute is closed; both sides are told by mail."))
                    return redirect("bss:invoicing_dispute_change", dispute.pk)
                except DomainError as refusal:
                    refuse(form, refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dispute about %(number)s") % {"number": dispute.invoice.number},
            "dispute": dispute,
            "form": form,
            "may_close": dispute.state == DisputeState.OPEN and request.user.has_perm("invoicing.change_dispute"),
        }
        return TemplateResponse(request, "bss/billing/dispute.html", context)


def open_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff dispute a line for the reseller, who called."""
    check(request, "invoicing.add_dispute")
    invoice = get_object_or_404(Invoice.objects.select_related("bill_to"), pk=pk)
    form = DisputeForm(request.POST or None, lines=disputable(invoice))
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            made = disputes.open_dispute(**form.cleaned_data, by=by, at=timezone.now())
            messages.success(request, _("The line is in dispute; both sides are told by mail."))
            return redirect("bss:invoicing_dispute_change", made.pk)
        except DomainError as refusal:
            refuse(form, refusal)
    context = {**site.each_context(request), "title": _("Dispute a line"), "invoice": invoice, "form": form}
    return TemplateResponse(request, "bss/billing/dispute_open.html", context)
