"""Billing runs and invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
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
from bss.admin_site import site
from bss.filters import Question
from bss.forms.billing import StartRun
from bss.selectors.runs import run_view
from config.kernel import formats
from config.kernel.components import text as ui
from config.kernel.errors import DomainError
from invoicing.enums import UNFINISHED_RUNS, DocumentType, ItemState, RenderState, RunState
from invoicing.models import BillingRun, Invoice, RunItem
from invoicing.selectors import runs as selectors
from invoicing.selectors.documents import factor_of
from invoicing.selectors.due import waiting_for_renewal
from invoicing.selectors.invoice_pages import credited_of, settlements, status_of
from invoicing.selectors.invoices import invoices_of_run
from invoicing.services import billing_runs, documents

PAGE = 50


class UnfinishedFilter(Question):
    """Runs that somebody still has to finish."""

    title = _("Finished")
    parameter_name = "finished"
    answers = (("no", _("Not yet")),)

    def pick(self, queryset: QuerySet[BillingRun], value: str) -> QuerySet[BillingRun]:
        """Neither issued nor discarded."""
        return queryset.filter(state__in=UNFINISHED_RUNS)


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


@admin.register(BillingRun, site=site)
class BillingRunAdmin(ReadOnlyAdmin):
    """Billing runs: started, previewed, issued by Finance; the page may be closed meanwhile."""

    list_display = (
        columns.day("through", _("Billed through")),
        columns.badge("state", _("State"), of="RunState"),
        columns.day("invoice_on", _("Invoice date")),
        "scope",
        columns.moment("started_at", _("Started")),
        columns.text("started_by__name", _("Started by")),
        columns.moment("finished_at", _("Finished")),
    )
    list_filter = (UnfinishedFilter, "state")
    list_select_related = ("reseller", "started_by")
    search_fields = ("reseller__name", "reseller__code", "order_reference")
    ordering = ("-started_at", "-pk")
    actions = None

    @admin.display(description=_("Scope"), ordering="reseller__name_key")
    def scope(self, obj: BillingRun) -> SafeString | str:
        """Whom it bills."""
        return str(_("All resellers")) if obj.reseller is None else format_html("<bdi>{}</bdi>", obj.reseller.name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Starting one is an act of its own."""
        return bool(request.user.has_perm("invoicing.add_billingrun"))

    def get_urls(self) -> list[URLPattern]:
        """With the acts of a run and its items."""
        wrap = self.admin_site.admin_view
        acts = [
            path(f"<int:pk>/{name}/", wrap(self._run_act(name)), name=f"invoicing_billingrun_{name}")
            for name in ("preview", "issue", "discard")
        ]
        return [
            *acts,
            path("items/<int:pk>/hold/", wrap(self.hold_view), name="invoicing_runitem_hold"),
            path("items/<int:pk>/release/", wrap(self.release_view), name="invoicing_runitem_release"),
            path("items/<int:pk>/", wrap(self.item_view), name="invoicing_runitem"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Start a run."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartRun(request.POST or None, initial={"through": local_today(timezone.now())})
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            try:
                run = billing_runs.start(by=by, at=timezone.now(), **form.cleaned_data)
                return redirect("bss:invoicing_billingrun_change", run.pk)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        context = {**self.admin_site.each_context(request), "title": _("Start a billing run"), "form": form}
        return TemplateResponse(request, "bss/billing/start.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The run: stages, totals, accounts, invoices; looks again by itself while it works."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(BillingRun.objects.select_related("reseller", "started_by"), pk=object_id)
        view = run_view(run)
        wanted = request.GET.get("state", "")
        items = selectors.items_of(run).select_related("bill_to", "held_by")
        if wanted in ItemState.values:
            items = items.filter(state=wanted)
        labels = dict(ItemState.choices)
        tabs = [{"label": _("All"), "url": "?", "count": view.progress.total, "current": not wanted}]
        tabs += [
            {"label": labels[state], "url": f"?state={state}", "count": count, "current": wanted == state}
            for state, count in view.progress.by_state.items()
            if count
        ]
        may = request.user.has_perm("invoicing.change_billingrun")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Billing run through %(day)s") % {"day": formats.day(run.through, get_language() or "en")},
            "run": run,
            "view": view,
            "past_term": waiting_for_renewal(on=run.through),
            "tabs": tabs,
            "items": Paginator(items, PAGE).get_page(request.GET.get("page")),
            "invoices": Paginator(
                invoices_of_run(run).select_related("bill_to", "beneficiary", "rendering").prefetch_related("files"),
                PAGE,
            ).get_page(request.GET.get("invoices")),
            "may_change": may,
            "may_issue": may and run.state == RunState.PREVIEWED and view.issuable > 0,
            "may_preview": may and run.state == RunState.PREVIEWED,
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/run.html", context)

    def _run_act(self, name: str) -> Callable[..., HttpResponse]:
        acts = {"preview": billing_runs.preview, "issue": billing_runs.issue, "discard": billing_runs.discard}

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            run = get_object_or_404(BillingRun, pk=pk)
            by: Any = request.user
            return self._act(request, run, lambda: acts[name](run=run, by=by, at=timezone.now()))

        return view

    def hold_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep one account out of the run, with a reason."""
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to"), pk=pk)
        by: Any = request.user
        reason = request.POST.get("reason", "")
        return self._act(
            request, item.run, lambda: billing_runs.hold(item=item, reason=reason, by=by, at=timezone.now())
        )

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a held account back in."""
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to"), pk=pk)
        by: Any = request.user
        return self._act(request, item.run, lambda: billing_runs.release(item=item, by=by, at=timezone.now()))

    def _act(self, request: HttpRequest, run: BillingRun, act: Callable[[], object]) -> HttpResponse:
        if not request.user.has_perm("invoicing.change_billingrun"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                act()
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_billingrun_change", run.pk)

    def item_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The lines behind one account's preview, computed now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to"), pk=pk)
        found = None if item.state == ItemState.DONE else selectors.calculated(item)
        context = {
            **self.admin_site.each_context(request),
            "title": item.bill_to.name,
            "item": item,
            "run": item.run,
            "drafts": found.drafts if found else [],
            "credits": [
                (draft, [(part, draft.items[part.item_id]) for part in draft.parts])
                for draft in (found.credits if found else [])
            ],
            "may_change": request.user.has_perm("invoicing.change_billingrun"),
            "is_previewed": item.run.state == RunState.PREVIEWED,
        }
        return TemplateResponse(request, "bss/billing/item.html", context)


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
    list_filter = (PdfFilter, OpenFilter, "document_type", "issued_on")
    list_select_related = ("bill_to", "beneficiary", "balance")
    search_fields = ("number", "bill_to__name", "bill_to__code", "beneficiary__name")
    ordering = ("-issued_on", "-pk")
    date_hierarchy = "issued_on"
    actions = None

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
            path("<int:pk>/pdf/", wrap(self.pdf_view), name="invoicing_invoice_pdf"),
            path("<int:pk>/render/", wrap(self.render_view), name="invoicing_invoice_render"),
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
            "bill_to", "beneficiary", "balance", "rendering", "run_item__run", "corrects"
        ).annotate(credited=credited_of())
        invoice = get_object_or_404(rows, pk=object_id)
        items = invoice.items.select_related("credits_item").order_by("position")
        context = {
            **self.admin_site.each_context(request),
            "title": invoice.number,
            "may_render": request.user.has_perm("invoicing.change_billingrun"),
            "payment_query": f"?bill_to={invoice.bill_to_id}",
            "invoice": invoice,
            "status": status_of(invoice, local_today(timezone.now())),
            "corrections": list(invoice.corrections.order_by("pk")),
            "may_credit": not invoice.is_credit and request.user.has_perm("invoicing.add_invoice"),
            "may_move": invoice.is_credit and request.user.has_perm("invoicing.add_paymentallocation"),
            "lines": [(item, factor_of(item)) for item in items],
            "taxes": list(invoice.taxes.order_by("category", "rate")),
            "allocations": settlements(invoice),
            "file": invoice.files.filter(kind="pdf").first(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/invoice.html", context)

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The stored file; the invoice's page with the reason when there is none yet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = get_object_or_404(Invoice, pk=pk)
        try:
            file = documents.open_file(invoice)
        except DomainError as refusal:
            messages.warning(request, str(refusal))
            return redirect("bss:invoicing_invoice_change", pk)
        return FileResponse(file, as_attachment=True, filename=f"{invoice.number}.pdf", content_type="application/pdf")

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
