"""Exports for Finance: documents, lines, bookings and files of a period, of one reseller, or of a billing run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import local_today
from bss.forms.exports import StaffExportForm
from config.kernel.errors import DomainError
from invoicing.views.exports import answer_of


def exports_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """The form, or with `download` the file."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    form = StaffExportForm(request.GET.dict(), today=local_today(timezone.now()))
    valid = form.is_valid()
    run = form.cleaned_data.get("run") if hasattr(form, "cleaned_data") else None
    if valid and "download" in request.GET:
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        what = form.extract.value if form.extract else "invoices"
        name = f"{what}-run-{run.public_id}" if run else f"{what}-{first.isoformat()}-{last.isoformat()}"
        try:
            user: Any = request.user
            return answer_of(form.scope().invoices(), form.extract, form.ending, name=name, user_id=user.pk)
        except DomainError as refusal:
            messages.error(request, str(refusal))
    title = _("Export of a billing run") if run else _("Exports")
    return TemplateResponse(request, "bss/exports.html", {**context, "title": title, "form": form, "run": run})
