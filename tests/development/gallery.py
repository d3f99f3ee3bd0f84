"""The gallery: one page with every component of `{% load ui %}`; it has an address only where a test adds it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config import urls
from config.kernel.charts import Column

PAGE = Path(__file__).with_name("gallery.html")
LONG = "Ανώνυμη Εταιρεία Πληροφορικής και Τηλεπικοινωνιών Θεσσαλονίκης"


class Filter(forms.Form):
    """A search and a choice."""

    search = forms.CharField(label="Search", required=False)
    status = forms.ChoiceField(label="Status", required=False, choices=[("", "All"), ("open", "Open")])


class Everything(forms.Form):
    """One field of each kind, all of them refused."""

    name = forms.CharField(label="Company name")
    country = forms.ChoiceField(label="Country", choices=[("", "Choose"), ("GR", "Greece")])
    text = forms.CharField(label="Text", widget=forms.Textarea)
    agreed = forms.BooleanField(label="I agree")
    roles = forms.MultipleChoiceField(
        label="Roles", choices=[("a", "Buyer"), ("b", "Billing Agent")], widget=forms.CheckboxSelectMultiple
    )
    file = forms.FileField(label="File")


def facts() -> dict[str, Any]:
    """What the components show."""
    cell = {"value": "a", "price": "€22.87", "unit": "a month", "yearly": "€274.44 over a year"}
    page = Paginator([LONG, "O-2026-00790", "O-2026-00791", "O-2026-00792"], 2).page(2)
    months = [f"{number:02}/26" for number in range(1, 13)]
    chart = [
        Column(month, [("own", Decimal(at)), ("affiliate", Decimal(2)), ("customer", Decimal(9 - at % 5))])
        for at, month in enumerate(months)
    ]
    return {
        "order_status": "submitted",
        "crumbs": [("Orders", "?f=1")],
        "step_items": ["For whom", ("Services", "?g=1", "services"), "Confirm"],
        "tones": ["ok", "info", "warn", "bad", "quiet"],
        "long": LONG,
        "amount": Decimal("1234.56"),
        "none": None,
        "today": date(2026, 11, 25),
        "later": date(2026, 12, 25),
        "now": datetime(2026, 11, 25, 12, tzinfo=UTC),
        "page": page,
        "page_rows": page.object_list,
        "sizes": [2, 50],
        "refused_form": Everything({}, prefix="refused"),
        "empty_form": Everything(prefix="empty"),
        "filter_form": Filter({"status": "open"}),
        "columns": ["Billed monthly", "Billed yearly"],
        "matrix_rows": [
            {"label": "1 month", "note": "cancel any month", "cells": [cell, None]},
            {"label": "1 year", "cells": [{**cell, "value": "b", "remark": "Cheapest", "tone": "ok"}, cell]},
        ],
        "tab_items": [
            {"label": "All", "url": "?h=1", "count": 1302, "current": True},
            {"label": "Overdue", "url": "?i=1", "count": 3, "current": False},
        ],
        "bar_parts": [(60, "used"), (20, "hold")],
        "chart": chart,
        "legend_items": [("own", "My company €66"), ("affiliate", "Affiliates €24"), ("customer", "End customers €84")],
    }


def gallery(request: HttpRequest) -> HttpResponse:
    """The page."""
    return HttpResponse(engines["django"].from_string(PAGE.read_text(encoding="utf-8")).render(facts(), request))


urlpatterns = [path("gallery/", gallery), *urls.urlpatterns]
