"""Open items of all resellers by age, with the way to each statement."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import local_today
from invoicing.rendering.statement_layout import bucket_words
from invoicing.selectors import ageing
from invoicing.statement import Bucket

PAGE: Final = 50


def open_items(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """Totals per currency; the resellers, all or those of one bucket. `frame` is the site's context."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    today, words = local_today(timezone.now()), bucket_words()
    asked = request.GET.get("age", "")
    bucket = Bucket(asked) if asked in list(Bucket) else None
    tabs = [{"label": _("All"), "url": "?", "count": None, "current": bucket is None}]
    tabs += [
        {"label": words[one], "url": f"?age={one.value}", "count": None, "current": bucket is one} for one in Bucket
    ]
    page = Paginator(ageing.by_account(on=today, bucket=bucket), PAGE).get_page(request.GET.get("page"))
    context = {
        **frame,
        "title": _("Open items"),
        "today": today,
        "tabs": tabs,
        "page": page,
        "rows": [(row, _amounts(row)) for row in page],
        "totals": [(row, [(words[bucket], amount, late) for bucket, amount, late in _amounts(row)]) for row in
                   ageing.by_currency(on=today)],
        "heads": list(words.values()),
    }  # fmt: skip
    return TemplateResponse(request, "bss/billing/open_items.html", context)


def _amounts(row: dict[str, Any]) -> list[tuple[Bucket, Any, bool]]:
    return [(one, row[one.value], one is not Bucket.NOT_DUE and bool(row[one.value])) for one in Bucket]
