"""The reseller disputes a line of an invoice, or takes that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from config.kernel.errors import DomainError
from invoicing.enums import DisputeState
from invoicing.forms.disputes import DisputeForm
from invoicing.models import Invoice
from invoicing.selectors import invoice_pages
from invoicing.selectors.disputes import disputable, disputes_of
from invoicing.services import disputes
from invoicing.views.invoices import InvoicePage


class DisputePage(InvoicePage):
    """Choose the line and say what is wrong with it."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The form."""
        invoice = self._invoice(public_id)
        initial = {"item": request.GET.get("line", "")}
        return self._page(invoice, DisputeForm(lines=disputable(invoice), initial=initial))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Open it; or withdraw the one that is named."""
        invoice = self._invoice(public_id)
        if "withdraw" in request.POST:
            return self._withdraw(invoice, request.POST["withdraw"])
        form = DisputeForm(request.POST, lines=disputable(invoice))
        if form.is_valid():
            try:
                disputes.open_dispute(**form.cleaned_data, by=self.user, at=timezone.now())
                messages.success(request, _("The line is in dispute. You are told what comes of it by mail."))
                return redirect(invoice)
            except DomainError as refusal:
                form.add_error(refusal.field, str(refusal))
        return self._page(invoice, form)

    def _invoice(self, public_id: str) -> Invoice:
        return get_object_or_404(invoice_pages.invoices_of(self.account), public_id=public_id)

    def _page(self, invoice: Invoice, form: DisputeForm) -> HttpResponse:
        crumbs = [self.crumb, (invoice.number, invoice.get_absolute_url())]
        return self.page("invoicing/dispute.html", {"invoice": invoice, "form": form, "crumbs": crumbs})

    def _withdraw(self, invoice: Invoice, public_id: str) -> HttpResponse:
        rows = disputes_of(self.account).filter(invoice=invoice)
        dispute = get_object_or_404(rows, public_id=public_id.replace("\x00", ""))
        try:
            disputes.close(
                dispute=dispute,
                state=DisputeState.WITHDRAWN,
                outcome=_("Withdrawn by the reseller"),
                by=self.user,
                at=timezone.now(),
            )
            messages.success(self.request, _("The dispute is withdrawn; the line is due again."))
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
        return redirect(invoice)
