"""VAT numbers of accounts: what is known of one, its history, asking again, and a check by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import VatResult
from accounts.models import Account
from accounts.selectors import vat_checks_of
from accounts.services import vat_checks
from bss.admin.credits import check, refuse
from bss.admin_site import site
from bss.columns import value_of
from bss.forms.vat_checks import RecordForm
from config.kernel import formats
from config.kernel.components import text as ui
from config.kernel.errors import DomainError

SHOWN: Final = 50


def checks_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of an account's VAT number; a POST asks again, or records what a person found out."""
    check(request, "accounts.view_account")
    account = get_object_or_404(Account, pk=pk)
    form = RecordForm(request.POST if "record" in request.POST else None)
    if request.method == "POST":
        check(request, "accounts.change_account")
        if _recorded(request, account, form) if "record" in request.POST else _asked(request, account):
            return redirect("bss:accounts_account_vat", pk)
    context = {
        **site.each_context(request),
        "title": _("VAT number of %(name)s") % {"name": account.name},
        "account": account,
        "checks": list(vat_checks_of(account)[:SHOWN]),
        "form": form,
        "may_check": request.user.has_perm("accounts.change_account"),
    }
    return TemplateResponse(request, "bss/accounts/vat.html", context)


def _asked(request: HttpRequest, account: Account) -> bool:
    by: Any = request.user
    try:
        vat_checks.ask_again(account=account, by=by, at=timezone.now())
        messages.success(request, _("The number is being checked. Open this page again in a moment."))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return True


def _recorded(request: HttpRequest, account: Account, form: RecordForm) -> bool:
    if not form.is_valid():
        return False
    by: Any = request.user
    facts = {"result": VatResult(form.cleaned_data["result"]), "reason": form.cleaned_data["reason"]}
    try:
        vat_checks.record(account=account, by=by, at=timezone.now(), **facts)
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("Your check is recorded and counts from now on."))
    return True


def vat_check_of(path: str) -> Callable[[Any], SafeString | str]:
    """A fact beside the VAT number: the last answer, and the way to ask again. `path` leads to the account.

    The button belongs to the form `vat-check` of the page's frame: forms do not stand in forms.
    """

    def vat_check(row: Any) -> SafeString | str:
        account = value_of(row, path) if path else row
        if not account.vat_number:
            return formats.UNKNOWN
        last = vat_checks_of(account).filter(number=account.vat_number).first()
        url = reverse("bss:accounts_account_vat", args=[account.pk])
        if last is None:
            return format_html('{} <a href="{}">{}</a>', _("Not checked yet."), url, _("Check it"))
        return format_html(
            '{} <span class="note">{}, {}</span> <button class="btn btn-sm" type="submit" form="vat-check">{}</button> '
            '<a href="{}">{}</a>',
            *(ui.badge(account.vat_status or last.result, "VatResult"), last.get_source_display()),
            *(ui.moment(last.checked_at), _("Check again"), url, _("All checks")),
        )

    return admin.display(description=gettext_lazy("VAT check"))(vat_check)
