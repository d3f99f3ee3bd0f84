"""The statement of one reseller for the staff: page, CSV and PDF."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import local_today
from bss.admin_site import site
from config.kernel.errors import DomainError
from invoicing.forms.statements import PeriodForm
from invoicing.selectors.statements import statement_of
from invoicing.views.statement import FILES, context_of, file_of
from resellers.models import Reseller


def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """The account of a reseller over a period."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    reseller = get_object_or_404(Reseller.objects.select_related("account"), pk=pk)
    form = PeriodForm(request.GET, today=local_today(timezone.now()))
    start, end = form.period()
    found = statement_of(reseller.account, start=start, end=end)
    wanted = request.GET.get("file", "")
    if wanted in FILES and form.is_valid():
        try:
            return file_of(wanted, found, bill_to=reseller.account)
        except DomainError as refusal:
            messages.error(request, str(refusal))
    context = {
        **site.each_context(request),
        **context_of(request, form, found),
        "title": _("Statement of account"),
        "reseller": reseller,
        "in_bss": True,
    }
    return TemplateResponse(request, "bss/resellers/statement.html", context)
