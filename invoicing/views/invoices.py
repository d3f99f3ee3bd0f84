"""The reseller's invoices: list, one invoice, its files."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from config.kernel.errors import DomainError
from config.kernel.sorting import Sort, chosen
from invoicing.enums import FileKind, RenderState
from invoicing.forms.invoices import InvoiceFilterForm
from invoicing.models import Invoice
from invoicing.rendering import explanation, layout
from invoicing.rendering.paper import Paper, iban
from invoicing.rendering.taxation import category_word
from invoicing.selectors import documents as document_selectors
from invoicing.selectors import invoice_pages as selectors
from invoicing.selectors.disputes import disputes_about
from invoicing.selectors.invoice_pages import Tab
from invoicing.services import documents
from invoicing.views import rows
from resellers.access import ResellerView

SIZES = (25, 50, 100)
SORTS: Final = (
    Sort("issued", ("issued_on",), gettext_lazy("Oldest first"), gettext_lazy("Newest first")),
    Sort("due", ("due_on",), gettext_lazy("Earliest due first"), gettext_lazy("Latest due first")),
    Sort("gross", ("gross",), gettext_lazy("Smallest amount first"), gettext_lazy("Largest amount first")),
    Sort("open", ("balance__open_amount",), gettext_lazy("Least open first"), gettext_lazy("Most open first")),
)


class Counted(Paginator):
    """A paginator whose count is known already."""

    def __init__(self, *args: Any, known: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = known

    @cached_property
    def count(self) -> int:
        """How many there are, without asking again."""
        return self._known


class InvoicePage(ResellerView):
    """What all pages of invoices share."""

    permission = Permission.INVOICE_VIEW
    nav = "invoices"

    @cached_property
    def today(self) -> date:
        """The date at the distributor."""
        return self.day_of(timezone.now())

    @property
    def crumb(self) -> tuple[str, str]:
        """The list, above every other page."""
        return _("Invoices"), reverse("invoicing:invoices")


class InvoiceList(InvoicePage):
    """All invoices and credit invoices of the reseller."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The tab's rows with their sums, the tabs with their counts, the figures above."""
        tab = self._tab()
        form = InvoiceFilterForm(self.request.GET, beneficiaries=selectors.beneficiaries(self.account))
        filters = form.filters()
        figures = selectors.figures(self.account, filters=filters, on=self.today)
        default = "due" if tab in (Tab.OPEN, Tab.OVERDUE) else "-issued"
        sort = chosen(SORTS, self.request.GET.get("sort", ""), default=default)
        found = selectors.listed(self.account, tab=tab, filters=filters, on=self.today).order_by(*sort.fields)
        page = Counted(found, self._size(), known=figures.counts[tab]).get_page(self.request.GET.get("page"))
        listed = [rows.row_of(invoice, self.today) for invoice in page.object_list]
        context: dict[str, Any] = {
            "tabs": self._tabs(tab, figures),
            "form": form,
            "figures": figures,
            "page": page,
            "rows": listed,
            "totals": rows.totals(listed, self.account.currency),
            "sizes": SIZES,
            "sort": sort,
            "today": self.today,
            "has_any": bool(figures.counts[Tab.ALL]),
            "filtered": bool(filters.query or filters.who),
            "clear_url": f"?tab={tab.value}",
        }
        return self.page("invoicing/invoice_list.html", context)

    def _tab(self) -> Tab:
        try:
            return Tab(self.request.GET.get("tab", "all"))
        except ValueError:
            return Tab.ALL

    def _size(self) -> int:
        wanted = self.request.GET.get("rows", "")
        return int(wanted) if wanted in {str(size) for size in SIZES} else SIZES[0]

    def _tabs(self, current: Tab, figures: selectors.Figures) -> list[dict[str, Any]]:
        words = {
            Tab.ALL: _("All"),
            Tab.OPEN: _("Open"),
            Tab.OVERDUE: _("Overdue"),
            Tab.PAID: _("Paid"),
            Tab.CREDITS: _("Credit invoices"),
        }
        kept = self.request.GET.copy()
        kept.pop("page", None)
        tabs = []
        for tab, label in words.items():
            kept["tab"] = tab.value
            url, count = f"?{kept.urlencode()}", figures.counts[tab]
            tabs.append({"label": label, "url": url, "count": count, "current": tab is current})
        return tabs


class InvoiceDetail(InvoicePage):
    """One invoice with its sections, and an explanation of every line."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The document as it was issued, what is open, and what happened to it."""
        invoice = get_object_or_404(selectors.one_of(self.account, public_id))
        document = document_selectors.build(invoice, taxes=selectors.taxes_of(invoice))
        paper = Paper(get_language() or "en")
        sections = [
            (section, layout.mode_word(section.beneficiary.mode), _explained(section.lines, paper))
            for section in document.sections
        ]
        context: dict[str, Any] = {
            "invoice": invoice,
            "document": document,
            "taxes": [(tax, category_word(tax.category)) for tax in document.taxes],
            "notes": layout.legal_notes(document),
            "sections": sections,
            "heading": rows.heading_of(invoice),
            "lead": rows.lead_of(invoice),
            "crumbs": [self.crumb],
            "status": selectors.status_of(invoice, self.today),
            "paid": selectors.paid_of(invoice),
            "today": self.today,
            "iban": iban(document.payment.iban),
            "settlements": selectors.settlements(invoice),
            "disputes": list(disputes_about(invoice)),
        }
        return self.page("invoicing/invoice.html", context)


def _explained(lines: Any, paper: Paper) -> list[tuple[Any, str, explanation.Explanation]]:
    return [(line, paper.factor(line.factor), explanation.explain(line, paper)) for line in lines]


class InvoicePdf(InvoicePage):
    """The stored file; while there is none, a page that says where it is and looks again by itself."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The file as a whole, or the waiting page (202), or the refusal (503)."""
        invoice = get_object_or_404(selectors.one_of(self.account, public_id))
        is_fragment = bool(getattr(request, "htmx", False))
        try:
            file = documents.open_file(invoice)
        except (documents.NotRenderedYet, documents.RenderingGivenUp) as error:
            return self._not_ready(invoice, error, fragment=is_fragment)
        if is_fragment:
            file.close()
            return self._ready(invoice)
        response = FileResponse(file, filename=f"{invoice.number}.pdf", content_type="application/pdf")
        response["Cache-Control"] = "private, no-store"
        return response

    def _ready(self, invoice: Invoice) -> HttpResponse:
        return render(self.request, "invoicing/pdf_state.html", {"invoice": invoice, "state": "ready"})

    def _not_ready(self, invoice: Invoice, error: Exception, *, fragment: bool) -> HttpResponse:
        failed = isinstance(error, documents.RenderingGivenUp)
        rendering = getattr(invoice, "rendering", None)
        facts = {
            "invoice": invoice,
            "state": "failed" if failed else "waiting",
            "running": rendering is not None and rendering.state == RenderState.RUNNING,
            "attempt": (rendering.attempts if rendering else 0) or 1,
            "attempts": documents.ATTEMPTS,
            "message": str(error),
        }
        if fragment:
            return render(self.request, "invoicing/pdf_state.html", facts)
        facts["crumbs"] = [self.crumb, (invoice.number, invoice.get_absolute_url())]
        return self.page("invoicing/not_ready.html", facts, status=503 if failed else 202)


class InvoiceXml(InvoicePage):
    """An e-invoice that stands beside the PDF; without one, back to the document with the reason."""

    kind = FileKind.XML

    def get(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        """The file as a whole, to be kept."""
        invoice = get_object_or_404(selectors.one_of(self.account, public_id))
        try:
            file = documents.open_file(invoice, self.kind)
        except DomainError as refusal:
            messages.warning(request, str(refusal))
            return redirect(invoice)
        response = FileResponse(file, as_attachment=True, filename=str(file.name), content_type="application/xml")
        response["Cache-Control"] = "private, no-store"
        return response
