"""Bank files: brought, read, corrected and booked by Finance."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.views import bank_imports as pages
from invoicing.models import BankImport


@admin.register(BankImport, site=site)
class BankImportAdmin(ReadOnlyAdmin):
    """Files of the bank with what became of them."""

    list_display = (
        "linked_name",
        columns.badge("state", _("State"), of="BankImportState"),
        columns.code("account", _("Our account")),
        columns.count("transfers", _("Transfers"), order="transfers"),
        columns.moment("created_at", _("Uploaded")),
        columns.text("created_by__name", _("Uploaded by")),
        columns.moment("decided_at", _("Decided")),
    )
    list_display_links = None
    list_filter = ("state",)
    list_select_related = ("created_by",)
    search_fields = ("file_name", "account")
    ordering = ("-created_at", "-pk")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may bring one."""
        return bool(request.user.has_perm("invoicing.add_bankimport"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankImport]:
        """Without the files, with the number of their transfers."""
        rows: QuerySet[BankImport] = super().get_queryset(request)
        return rows.defer("content").annotate(transfers=Count("rows"))

    def get_urls(self) -> list[URLPattern]:
        """The pages of a file stand below its public id."""
        view = self.admin_site.admin_view
        return [
            *[url for url in super().get_urls() if url.name and url.name.endswith(("_changelist", "_add"))],
            path("<str:public_id>/reading/", view(pages.reading), name="invoicing_bankimport_reading"),
            path("<str:public_id>/line/<int:line>/", view(pages.transfer), name="invoicing_bankimport_line"),
            path("<str:public_id>/<str:act>/", view(pages.decide), name="invoicing_bankimport_decide"),
            path("<str:public_id>/", view(pages.preview), name="invoicing_bankimport_preview"),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The upload."""
        return pages.upload(request)

    @admin.display(description=_("File"), ordering="file_name")
    def linked_name(self, obj: BankImport) -> SafeString:
        """The way to its page."""
        href = reverse("bss:invoicing_bankimport_preview", args=[obj.public_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', href, obj.file_name)
