"""Bring a price sheet, look at what it would change, apply it or put it away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.enums import Segment
from bss.admin_site import site
from bss.forms.catalogue import ApplySheetForm, PriceSheetForm
from config.kernel.errors import DomainError
from storefront.enums import BillingPlan, ImportStatus, Term
from storefront.models import PriceSheetImport
from storefront.services import price_sheets
from storefront.services.price_sheets import BIG_SCOPE

LISTED = 200
PAGE = "bss:storefront_pricesheetimport_preview"


def upload(request: HttpRequest) -> HttpResponse:
    """Choose the file; it is checked, and nothing changes yet."""
    if not request.user.has_perm("storefront.add_pricesheetimport"):
        raise PermissionDenied
    form = PriceSheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sheet = form.cleaned_data["sheet"]
        by: Any = request.user
        row = price_sheets.upload(stream=sheet.file, name=sheet.name, by=by, at=timezone.now())
        return redirect(PAGE, row.public_id)
    context = {**site.each_context(request), "title": _("Bring a price sheet"), "form": form}
    return TemplateResponse(request, "bss/price_sheets/upload.html", context)


def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the sheet says and would change, with everything that is wrong with it."""
    row = _row(request, public_id)
    return _page(request, row, ApplySheetForm(must_accept=_loses_most(row)))


def decide(request: HttpRequest, public_id: str, act: str) -> HttpResponse:
    """Apply or put away, once."""
    row = _row(request, public_id)
    if act not in {"apply", "discard"}:
        raise Http404
    if request.method != "POST":
        return redirect(PAGE, public_id)
    if not request.user.has_perm("storefront.change_pricesheetimport"):
        raise PermissionDenied
    by: Any = request.user
    try:
        if act == "discard":
            price_sheets.discard(sheet_import=row, by=by, at=timezone.now())
            messages.success(request, _("The price sheet was put away. No price has changed."))
            return redirect(PAGE, public_id)
        form = ApplySheetForm(request.POST, must_accept=_loses_most(row))
        if not form.is_valid():
            return _page(request, row, form)
        price_sheets.apply(sheet_import=row, by=by, at=timezone.now())
        messages.success(request, _("The prices of the sheet are in the catalogue."))
    except price_sheets.PreviewOutdated as refusal:
        price_sheets.refresh(sheet_import=row)
        messages.warning(request, str(refusal))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect(PAGE, public_id)


def _row(request: HttpRequest, public_id: str) -> PriceSheetImport:
    if not request.user.has_perm("storefront.view_pricesheetimport"):
        raise PermissionDenied
    rows = PriceSheetImport.objects.defer("content").select_related("created_by")
    return get_object_or_404(rows, public_id=public_id)


def _loses_most(row: PriceSheetImport) -> bool:
    counts = row.report.get("counts") or {}
    had = sum(counts.get(name, 0) for name in ("changed", "removed", "renamed", "unchanged"))
    removed = counts.get("removed", 0)
    return bool(removed >= BIG_SCOPE and removed * 2 > had)


CHANGES: Final = {
    "new": (pgettext_lazy("offer", "New"), "info"),
    "changed": (pgettext_lazy("offer", "New price"), "warn"),
    "removed": (pgettext_lazy("offer", "No longer sold"), "bad"),
    "renamed": (pgettext_lazy("offer", "New name"), "quiet"),
}


def _in_words(change: dict[str, str]) -> dict[str, Any]:
    """One line of the preview, with the words of the catalogue and amounts as numbers."""
    word, tone = CHANGES[change["change"]]
    term, plan = Term(change["term"]).label, BillingPlan(change["plan"]).label
    how = f"{change['sku']} · {term}, {plan} · {Segment(change['segment']).label}"
    renamed = change["old_name"] if change["change"] == "renamed" else ""
    before, after = (Decimal(change[when]) if change[when] else None for when in ("before", "after"))
    return {**change, "word": word, "tone": tone, "how": how, "was": renamed, "before": before, "after": after}


def _page(request: HttpRequest, row: PriceSheetImport, form: ApplySheetForm) -> HttpResponse:
    report = row.report
    waiting = row.status == ImportStatus.CHECKED
    refused = bool(report.get("errors"))
    context = {
        **site.each_context(request),
        "title": _("Apply this price sheet?") if waiting else _("Price sheet"),
        "row": row,
        "counts": {} if refused else report.get("counts") or {},
        "errors": report.get("errors", [])[:LISTED],
        "error_count": len(report.get("errors", [])),
        "warnings": report.get("warnings", [])[:LISTED],
        "warning_count": len(report.get("warnings", [])),
        "sample": [] if refused else [_in_words(change) for change in report.get("sample", [])],
        "refused": refused,
        "discarded": report.get("discarded", False),
        "may_decide": waiting and request.user.has_perm("storefront.change_pricesheetimport"),
        "form": form,
    }
    return TemplateResponse(request, "bss/price_sheets/preview.html", context)
