"""The daily runs: what was started each day, and the missed ones that wait for a decision."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.filters import Question
from config.kernel import formats
from config.kernel.errors import DomainError
from invoicing.models import DailyRun
from invoicing.selectors.daily_runs import missed_runs
from invoicing.services import daily_runs


class OpenFilter(Question):
    """Missed runs that nobody has settled."""

    title = _("Missed")
    parameter_name = "open"
    answers = (("yes", _("To decide")),)

    def pick(self, queryset: QuerySet[DailyRun], value: str) -> QuerySet[DailyRun]:
        """Missed, and not settled."""
        return queryset.filter(pk__in=missed_runs().values("pk"))


@admin.register(DailyRun, site=site)
class DailyRunAdmin(ReadOnlyAdmin):
    """One row a date: its run, or that it was missed and what was done about it."""

    list_display = (
        columns.day("on", _("Date")),
        columns.badge("run__state", _("Run"), of="RunState"),
        columns.text("reason", _("Missed because")),
        columns.moment("missed_at", _("Noticed")),
        columns.text("settled_by__name", _("Settled by")),
        columns.text("settled_as", _("What was done")),
    )
    list_filter = (OpenFilter,)
    list_select_related = ("run", "settled_by")
    ordering = ("-on", "-pk")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """With the act that settles a missed one."""
        settle = self.admin_site.admin_view(self.settle_view)
        return [path("<int:pk>/settle/", settle, name="invoicing_dailyrun_settle"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The date; its run is on a page of its own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        daily = get_object_or_404(DailyRun.objects.select_related("run", "settled_by"), pk=object_id)
        day = formats.day(daily.on, get_language() or "en")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Daily run of %(day)s") % {"day": day},
            "daily": daily,
            "day": day,
            "may_settle": daily.is_open and request.user.has_perm("invoicing.change_dailyrun"),
            "may_start": daily.is_open and request.user.has_perm("invoicing.add_billingrun"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/daily_run.html", context)

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what was done about a missed run."""
        if not request.user.has_perm("invoicing.change_dailyrun"):
            raise PermissionDenied
        daily = get_object_or_404(DailyRun, pk=pk)
        if request.method == "POST":
            by: Any = request.user
            try:
                words = request.POST.get("settled_as", "")
                daily_runs.settle(daily=daily, settled_as=words, by=by, at=timezone.now())
                messages.success(request, _("The missed run is settled."))
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_dailyrun_change", pk)
