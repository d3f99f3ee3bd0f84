"""Tax rules, and the register of number series."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bss import columns
from bss.admin.base import ReadOnlyAdmin, ServiceModelAdmin
from bss.admin_site import site
from bss.filters import UsedChoices
from bss.forms.billing import TaxRuleForm
from invoicing.models import NumberSeries, TaxRule
from invoicing.selectors import registers
from invoicing.services import register_files, tax_rules

REGISTER_PAGE = 100


@admin.register(TaxRule, site=site)
class TaxRuleAdmin(ServiceModelAdmin):
    """VAT by place, product type and date."""

    form = TaxRuleForm
    list_display = (
        columns.text("country__name", _("Country"), order="country"),
        columns.text("region", _("Region")),
        columns.text("product_type", _("Product type")),
        columns.percent("rate", _("Rate")),
        columns.choice("category", _("Category")),
        columns.day("valid_from", _("Valid from")),
        columns.day("valid_to", _("Valid through")),
    )
    list_filter = (("country", UsedChoices),)
    search_fields = ("country", "region", "product_type", "note")
    ordering = ("country", "product_type", "-valid_from", "pk")
    actions = None
    fieldsets = (
        (_("Where and what"), {"fields": ("country", "region", "product_type", "needs_vat_number", "for_exempt")}),
        (_("Tax"), {"fields": ("category", "rate", "note")}),
        (_("Validity"), {"fields": (("valid_from", "valid_to"),)}),
    )
    facts = {
        "country": columns.text("country__name", _("Country")),
        "rate": columns.percent("rate", _("Rate")),
    }

    def get_fieldsets(self, request: HttpRequest, obj: TaxRule | None = None) -> Any:
        """The rule; a reader's page as facts."""
        sets = super().get_fieldsets(request, obj)
        return self.for_reader(sets) if self.only_reads(request, obj) else sets

    def save_model(self, request: HttpRequest, obj: TaxRule, form: Any, change: bool) -> None:
        """Through the service."""
        by: Any = request.user
        tax_rules.save(rule=obj, by=by, at=timezone.now())


@admin.register(NumberSeries, site=site)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """The register of number series: gap-free and chronological."""

    list_display = (
        columns.code("key", _("Series")),
        columns.choice("document_type", _("Document")),
        columns.code("year", _("Year")),
        "newest",
        columns.count("last_number", _("Documents")),
        columns.day("last_date", _("Last date")),
    )
    ordering = ("document_type", "-year", "pk")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """With the register as a file."""
        csv_view = self.admin_site.admin_view(self.csv_view)
        return [path("<int:pk>/csv/", csv_view, name="invoicing_numberseries_csv"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The register: every number in order, and the proof that none is missing and no date goes back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        series = get_object_or_404(NumberSeries, pk=object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Register of %(series)s") % {"series": series.key},
            "series": series,
            "newest": self.newest(series),
            "proof": registers.proof_of(series),
            "totals": registers.totals_of(series),
            "page": Paginator(registers.register_of(series), REGISTER_PAGE).get_page(request.GET.get("page")),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/register.html", context)

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The register for a spreadsheet, in the order of the numbers."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        series = get_object_or_404(NumberSeries, pk=pk)
        answer = StreamingHttpResponse(register_files.lines(series), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="register-{series.key}.csv"'
        return answer

    @admin.display(description=_("Last number"))
    def newest(self, obj: NumberSeries) -> str:
        """The number given last, as it is printed."""
        return obj.text_of(obj.last_number) if obj.last_number else "–"
