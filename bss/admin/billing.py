"""Billing runs and invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import DateField, QuerySet, Value
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin.credits import CreditPages
from bss.admin.disputes import open_page
from bss.admin_site import site, today_of
from bss.filters import Question
from bss.selectors.explained import explained_items
from config.kernel.components import text as ui
from config.kernel.errors import DomainError
from invoicing.enums import DocumentType, FileKind, InvoiceStatus, RenderState
from invoicing.forms.exports import BOOKINGS, KINDS, PDF
from invoicing.models import Invoice
from invoicing.rendering.layout import legal_notes
from invoicing.rendering.paper import Paper
from invoicing.rendering.taxation import category_word
from invoicing.selectors.deliveries import deliveries_of, undelivered
from invoicing.selectors.disputes import disputes_about
from invoicing.selectors.documents import assemble
from invoicing.selectors.exports import Extract
from invoicing.selectors.invoice_pages import credited_of, settlements, status_of
from invoicing.selectors.reminders import reminders_about
from invoicing.services import deliveries, documents
from invoicing.views.exports import answer_of

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class PdfFilter(Question):
    """Invoices whose file could not be made."""

    title = _("PDF")
    parameter_name = "pdf"
    answers = (("failed", _("Could not be made")),)

    def pick(self, queryset: QuerySet[Invoice], value: str) -> QuerySet[Invoice]:
        """Rendering was given up."""
        return queryset.filter(rendering__state=RenderState.FAILED)


class OpenFilter(Question):
    """Invoices with something left to pay."""

    title = _("Payment")
    parameter_name = "open"
    answers = (("open", _("Open")), ("overdue", _("Overdue")))

    def pick(self, queryset: QuerySet[Invoice], value: str) -> QuerySet[Invoice]:
        """Not settled yet; overdue when the due date has passed in the distributor's time zone."""
        rows = queryset.filter(balance__open_amount__gt=0, document_type=DocumentType.DEBIT)
        return rows if value == "open" else rows.filter(due_on__lt=local_today(timezone.now()))


def _export(extract: Extract | None, ending: str, label: _StrOrPromise) -> Callable[..., HttpResponseBase | None]:
    """An act on chosen documents that gives a file."""

    def act(_model_admin: Any, request: HttpRequest, queryset: QuerySet[Invoice]) -> HttpResponseBase | None:
        user: Any = request.user
        what = extract.value if extract else "invoices"
        name = f"{what}-{local_today(timezone.now()).isoformat()}"
        try:
            return answer_of(queryset, extract, ending, name=name, user_id=user.pk)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return None

    act.__name__ = f"export_{extract.value if extract else 'files'}_{ending}"
    return admin.action(description=label, permissions=["view"])(act)


EXPORTS = [_export(Extract(kind.partition(".")[0]), kind.partition(".")[2], label) for kind, label in KINDS[:-1]]
EXPORTS += [_export(None, PDF, KINDS[-1][1])]
EXPORTS += [_export(Extract.BOOKINGS, kind.partition(".")[2], label) for kind, label in BOOKINGS]


class MailFilter(Question):
    """Documents that did not reach their addressee."""

    title = _("E-mail")
    parameter_name = "mail"
    answers = (("stopped", _("Not delivered")),)

    def pick(self, queryset: QuerySet[Invoice], value: str) -> QuerySet[Invoice]:
        """There was no address, or the mail came back."""
        return queryset.filter(pk__in=undelivered().order_by().values("pk"))


@admin.register(Invoice, site=site)
class InvoiceAdmin(CreditPages, ReadOnlyAdmin):
    """Issued invoices: frozen, with their PDF, payments and lines."""

    list_display = (
        columns.code("number", _("Number")),
        "state",
        columns.day("issued_on", _("Invoice date")),
        columns.day("due_on", _("Due")),
        columns.text("bill_to__name", _("Bill To"), order="bill_to__name_key"),
        "about",
        columns.money("net", _("Net")),
        columns.money("gross", _("Gross")),
        columns.money("balance__open_amount", _("Open, gross")),
    )
    list_filter = (PdfFilter, MailFilter, OpenFilter, "document_type", "issued_on")
    list_select_related = ("bill_to", "beneficiary", "balance")
    search_fields = ("number", "bill_to__name", "bill_to__code", "beneficiary__name")
    ordering = ("-issued_on", "-pk")
    date_hierarchy = "issued_on"
    actions = EXPORTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        """With the distributor's date, which decides what is overdue."""
        today = Value(local_today(timezone.now()), output_field=DateField())
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.annotate(today=today)

    @admin.display(description=_("Status"))
    def state(self, obj: Invoice) -> SafeString:
        """What it is today."""
        status = obj.status(open_amount=obj.balance.open_amount, on=obj.__dict__["today"])
        return ui.badge(status, "InvoiceStatus")

    @admin.display(description=_("About"), ordering="beneficiary__name_key")
    def about(self, obj: Invoice) -> SafeString | str:
        """The end customer of a separate invoice, else all of them."""
        return (
            str(_("All customers")) if obj.beneficiary is None else format_html("<bdi>{}</bdi>", obj.beneficiary.name)
        )

    def get_urls(self) -> list[URLPattern]:
        """With the file and another try at it."""
        wrap = self.admin_site.admin_view
        return [
            *(
                path(f"<int:pk>/{kind}/", wrap(self._file_view(kind)), name=f"invoicing_invoice_{kind}")
                for kind in FileKind
            ),
            path("<int:pk>/render/", wrap(self.render_view), name="invoicing_invoice_render"),
            path("<int:pk>/mail/", wrap(self.mail_view), name="invoicing_invoice_mail"),
            path("<int:pk>/dispute/", wrap(open_page), name="invoicing_invoice_dispute"),
            *self.credit_urls(),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The invoice as it was issued."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Invoice.objects.select_related(
            *("bill_to", "beneficiary", "balance", "rendering", "run_item__run", "corrects", "dispatch")
        ).annotate(credited=credited_of())
        invoice = get_object_or_404(rows, pk=object_id)
        today = today_of(request)
        items = list(invoice.items.select_related("credits_item").order_by("position"))
        taxes = list(invoice.taxes.order_by("category", "rate"))
        document, paper = assemble(invoice, items, taxes), Paper(get_language() or "en")
        context = {
            **self.admin_site.each_context(request),
            "title": invoice.number,
            "may_render": request.user.has_perm("invoicing.change_billingrun"),
            "payment_query": f"?bill_to={invoice.bill_to_id}",
            "invoice": invoice,
            "status": status_of(invoice, today),
            "corrections": list(invoice.corrections.order_by("pk")),
            "may_credit": not invoice.is_credit
            and status_of(invoice, today) != InvoiceStatus.CREDITED
            and request.user.has_perm("invoicing.add_invoice"),
            "may_move": invoice.is_credit and request.user.has_perm("invoicing.add_paymentallocation"),
            "lines": explained_items(items, paper),
            "taxes": [(tax, category_word(tax.category)) for tax in document.taxes],
            "notes": legal_notes(document),
            "allocations": settlements(invoice),
            "files": {file.kind: file for file in invoice.files.all()},
            "disputes": list(disputes_about(invoice)),
            "reminders": list(reminders_about(invoice)),
            "deliveries": list(deliveries_of(invoice)),
            "may_mail": request.user.has_perm("invoicing.add_delivery"),
            "may_dispute": not invoice.is_credit and request.user.has_perm("invoicing.add_dispute"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/invoice.html", context)

    def _file_view(self, kind: FileKind) -> Callable[[HttpRequest, int], HttpResponseBase]:
        """The stored file of a kind; the invoice's page with the reason when there is none."""

        def view(request: HttpRequest, pk: int) -> HttpResponseBase:
            if not self.has_view_permission(request):
                raise PermissionDenied
            try:
                file = documents.open_file(get_object_or_404(Invoice, pk=pk), kind)
            except DomainError as refusal:
                messages.warning(request, str(refusal))
                return redirect("bss:invoicing_invoice_change", pk)
            form = "application/pdf" if kind is FileKind.PDF else "application/xml"
            return FileResponse(file, as_attachment=True, filename=str(file.name), content_type=form)

        return view

    def render_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try once more to make the file of an invoice whose rendering failed."""
        if not request.user.has_perm("invoicing.change_billingrun"):
            raise PermissionDenied
        if request.method == "POST":
            by: Any = request.user
            try:
                documents.retry(invoice=get_object_or_404(Invoice, pk=pk), by=by, at=timezone.now())
                messages.success(request, _("The PDF is made once more. It appears here when it is ready."))
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_invoice_change", pk)

    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail the document once more, to the addresses of today."""
        if not request.user.has_perm("invoicing.add_delivery"):
            raise PermissionDenied
        if request.method == "POST":
            by: Any = request.user
            invoice = get_object_or_404(Invoice.objects.select_related("bill_to"), pk=pk)
            try:
                delivery = deliveries.resend(invoice=invoice, by=by, at=timezone.now())
                to = ", ".join(delivery.message.recipients)
                messages.success(request, _("The document is mailed to %(to)s.") % {"to": to})
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_invoice_change", pk)
