"""Credit invoices on the page of an invoice: by line with a preview, as a whole, or as a whole and billed anew."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bss.admin_site import site
from bss.forms.credits import CreditForm, ReasonForm, SettleForm
from config.kernel.errors import DomainError
from invoicing.models import Invoice, Payment
from invoicing.selectors import credits as selectors
from invoicing.selectors import open_items
from invoicing.selectors.credits import CreditDraft
from invoicing.services import credits as services
from invoicing.services import settling

CHANGE = "bss:invoicing_invoice_change"


def refuse(form: Form, refusal: DomainError) -> None:
    """Show a refusal beside the field that it names, else above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def check(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied unless the person's group may do that (product.md M16)."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def settle_page(request: HttpRequest, source: Payment | Invoice, *, title: Any, back: str) -> HttpResponse:
    """Move what a payment or credit invoice settles: one amount per open invoice, with a reason."""
    check(request, "invoicing.add_paymentallocation")
    invoices = open_items.settleable(source)
    form = SettleForm(request.POST or None, invoices=invoices, settled=open_items.settled_by(source))
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        try:
            settling.reallocate(
                source=source,
                wanted=form.wanted(),
                reason=form.cleaned_data["reason"],
                by=by,
                at=timezone.now(),
            )
            messages.success(request, _("It settles these invoices now."))
            return redirect(back, source.pk)
        except DomainError as refusal:
            refuse(form, refusal)
    context = {**site.each_context(request), "title": title, "source": source, "form": form, "back": back}
    context["total"] = source.amount if isinstance(source, Payment) else source.gross
    return TemplateResponse(request, "bss/billing/settle.html", context)


class CreditPages:
    """The pages that InvoiceAdmin adds for credits."""

    admin_site: Any

    def credit_urls(self) -> list[URLPattern]:
        """By line, whole, anew, and what a credit settles."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/credit/", wrap(self.credit_view), name="invoicing_invoice_credit"),
            path("<int:pk>/credit-whole/", wrap(self.whole_view), name="invoicing_invoice_credit_whole"),
            path("<int:pk>/bill-anew/", wrap(self.anew_view), name="invoicing_invoice_bill_anew"),
            path("<int:pk>/settle/", wrap(self.settle_view), name="invoicing_invoice_settle"),
        ]

    def credit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose lines, units, days or amounts; the preview says what it would take and settle."""
        invoice = _creditable(request, pk)
        items = {item.pk: item for item in invoice.items.order_by("position")}
        form = CreditForm(
            request.POST or None,
            lines=selectors.lines_of(invoice),
            items=items,
            initial={"seen": invoice.corrections.count()},
        )
        draft = None
        if request.method == "POST" and form.is_valid():
            try:
                if request.POST.get("act") == "issue":
                    return self._issued(request, self._credit(request, invoice, form))
                draft = selectors.draft(invoice, form.wishes(), reason="")
            except DomainError as refusal:
                refuse(form, refusal)
        context = self._context(request, invoice, draft, title=_("Credit %(number)s") % {"number": invoice.number})
        return TemplateResponse(request, "bss/billing/credit.html", {**context, "form": form})

    def _credit(self, request: HttpRequest, invoice: Invoice, form: CreditForm) -> Invoice:
        by: Any = request.user
        data = form.cleaned_data
        return services.credit(
            invoice=invoice,
            wishes=form.wishes(),
            reason=data["reason"],
            by=by,
            at=timezone.now(),
            seen=data["seen"],
        )

    def whole_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Credit all that is left, after a look at it."""
        return self._whole(request, pk, anew=False)

    def anew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Credit all of it and charge the same again, with today's address, tax rule and grouping."""
        return self._whole(request, pk, anew=True)

    def _whole(self, request: HttpRequest, pk: int, *, anew: bool) -> HttpResponse:
        invoice = _creditable(request, pk)
        form = ReasonForm(request.POST or None, initial={"seen": invoice.corrections.count()})
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            facts = {"reason": form.cleaned_data["reason"], "seen": form.cleaned_data["seen"]}
            try:
                if not anew:
                    made = services.credit_whole(invoice=invoice, by=by, at=timezone.now(), **facts)
                    return self._issued(request, made)
                made, run = services.credit_and_bill_anew(invoice=invoice, by=by, at=timezone.now(), **facts)
                self._issued(request, made)
                return redirect("bss:invoicing_billingrun_change", run.pk) if run else redirect(CHANGE, made.pk)
            except DomainError as refusal:
                refuse(form, refusal)
        draft, why_not = None, ""
        try:
            draft = selectors.whole(invoice, reason="")
        except DomainError as refusal:
            why_not = str(refusal)
        words = _("Credit %(number)s and bill it anew") if anew else _("Credit all of %(number)s")
        context = self._context(request, invoice, draft, title=words % {"number": invoice.number})
        more = {"form": form, "anew": anew, "why_not": why_not}
        return TemplateResponse(request, "bss/billing/credit_whole.html", {**context, **more})

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which invoices a credit invoice settles."""
        credit = get_object_or_404(Invoice.objects.select_related("bill_to", "balance"), pk=pk, document_type="credit")
        title = _("What %(number)s settles") % {"number": credit.number}
        return settle_page(request, credit, title=title, back=CHANGE)

    def _issued(self, request: HttpRequest, made: Invoice) -> HttpResponse:
        messages.success(request, _("Credit invoice %(number)s was issued.") % {"number": made.number})
        return redirect(CHANGE, made.pk)

    def _context(
        self, request: HttpRequest, invoice: Invoice, draft: CreditDraft | None, *, title: Any
    ) -> dict[str, Any]:
        parts, left = open_items.would_settle(draft) if draft else ([], None)
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "invoice": invoice,
            "draft": draft,
            "lines": [(part, draft.items[part.item_id]) for part in draft.parts] if draft else [],
            "settles": parts,
            "left": left,
        }


def _creditable(request: HttpRequest, pk: int) -> Invoice:
    check(request, "invoicing.add_invoice")
    rows = Invoice.objects.select_related("bill_to", "beneficiary", "balance")
    return get_object_or_404(rows, pk=pk, document_type="debit")
