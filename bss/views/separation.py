"""The bulk switch of a reseller's sub-customers: both results side by side, then the switch with its reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.clock import local_today
from accounts.models import Account
from bss.admin_site import site
from bss.forms.separation import ALL, SEPARATE, SwitchForm
from config.kernel.errors import DomainError
from invoicing.selectors.separation import SwitchPreview, next_due, preview, previewed_items, sub_customers_of
from invoicing.services import separation
from resellers.models import Reseller


def switch_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose, compare (GET), switch (POST). Open to whoever may change accounts (product.md §11.5)."""
    if not request.user.has_perm("accounts.change_account"):
        raise PermissionDenied
    reseller = get_object_or_404(Reseller.objects.select_related("account"), pk=pk)
    form = _form(request, reseller.account)
    found, refusal = None, ""
    if form.is_valid():
        found = preview(reseller.account, accounts=form.chosen, on=form.on, through=form.cleaned_data["through"])
        if request.method == "POST":
            by: Any = request.user
            try:
                changed = separation.switch_many(
                    bill_to=reseller.account,
                    accounts=form.chosen,
                    on=form.on,
                    reason=request.POST.get("reason", ""),
                    by=by,
                    at=timezone.now(),
                )
                messages.success(request, _switched(len(changed), on=form.on))
                return redirect("bss:resellers_reseller_change", pk)
            except DomainError as error:
                refusal = str(error)
    return TemplateResponse(
        request,
        "bss/resellers/separation.html",
        _context(request, reseller, form, found, refusal),
        status=_status(refusal),
    )


def _status(refusal: str) -> int:
    return 422 if refusal else 200


def _form(request: HttpRequest, account: Account) -> SwitchForm:
    """Bound to what was chosen; at the first visit to the way that changes something."""
    subs = list(sub_customers_of(account))
    data: QueryDict | dict[str, str] = request.POST if request.method == "POST" else request.GET
    if not data:
        through = next_due(account, today=local_today(timezone.now()))
        data = {"way": SEPARATE, "whom": ALL, "through": through.isoformat()}
    return SwitchForm(data, sub_customers=subs)


def _switched(count: int, *, on: bool) -> str:
    if on:
        text = ngettext(
            "%(n)d customer gets separate invoices from now on.",
            "%(n)d customers get separate invoices from now on.",
            count,
        )
    else:
        text = ngettext(
            "%(n)d customer is on the aggregated invoice from now on.",
            "%(n)d customers are on the aggregated invoice from now on.",
            count,
        )
    return text % {"n": count}


def _context(
    request: HttpRequest, reseller: Reseller, form: SwitchForm, found: SwitchPreview | None, refusal: str
) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "title": _("Separate or aggregated invoices"),
        "reseller": reseller,
        "form": form,
        "found": found,
        "on": form.is_valid() and form.on,
        "currency": reseller.account.currency,
        "previewed": previewed_items(reseller.account).count(),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
