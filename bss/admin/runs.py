"""Billing runs: started, previewed beside the last run, issued by Finance; the page may be closed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin_site import site
from bss.filters import Question
from bss.forms.billing import StartRun
from bss.selectors.explained import explained_credits, explained_drafts
from bss.selectors.runs import FLAGGED, item_view, items_shown, run_view, tabs_of
from config.kernel import formats
from config.kernel.errors import DomainError
from invoicing.enums import FINISHED_RUNS, UNFINISHED_RUNS, ItemState, RunState
from invoicing.models import BillingRun, RunItem
from invoicing.rendering.paper import Paper
from invoicing.selectors.certificates import certificate_of
from invoicing.selectors.deliveries import undelivered_of
from invoicing.selectors.due import waiting_for_renewal
from invoicing.selectors.invoices import invoices_of_run
from invoicing.selectors.runs import STOPPED
from invoicing.services import billing_runs, deliveries, documents
from invoicing.views.invoices import Counted

PAGE = 50


HOLDABLE = (ItemState.PREVIEWED, ItemState.CHANGED, ItemState.PARKED)


class UnfinishedFilter(Question):
    """Runs that somebody still has to finish."""

    title = _("Finished")
    parameter_name = "finished"
    answers = (("no", _("Not yet")),)

    def pick(self, queryset: QuerySet[BillingRun], value: str) -> QuerySet[BillingRun]:
        """Neither issued nor discarded."""
        return queryset.filter(state__in=UNFINISHED_RUNS)


@admin.register(BillingRun, site=site)
class BillingRunAdmin(ReadOnlyAdmin):
    """Billing runs: started, previewed, issued by Finance; the page may be closed meanwhile."""

    list_display = (
        columns.day("through", _("Billed through")),
        columns.badge("state", _("State"), of="RunState"),
        columns.day("invoice_on", _("Invoice date")),
        "scope",
        columns.moment("started_at", _("Started")),
        columns.text("started_by__name", _("Started by")),
        columns.moment("finished_at", _("Finished")),
    )
    list_filter = (UnfinishedFilter, "state")
    list_select_related = ("reseller", "started_by")
    search_fields = ("reseller__name", "reseller__code", "order_reference")
    ordering = ("-started_at", "-pk")
    actions = None

    @admin.display(description=_("Scope"), ordering="reseller__name_key")
    def scope(self, obj: BillingRun) -> SafeString | str:
        """Whom it bills."""
        return str(_("All resellers")) if obj.reseller is None else format_html("<bdi>{}</bdi>", obj.reseller.name)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Starting one is an act of its own."""
        return bool(request.user.has_perm("invoicing.add_billingrun"))

    def get_urls(self) -> list[URLPattern]:
        """With the acts of a run and its items."""
        wrap = self.admin_site.admin_view
        acts = [
            path(f"<int:pk>/{name}/", wrap(self._run_act(name)), name=f"invoicing_billingrun_{name}")
            for name in ("preview", "retry", "issue", "discard", "render", "deliver")
        ]
        return [
            *acts,
            path("items/<int:pk>/hold/", wrap(self.hold_view), name="invoicing_runitem_hold"),
            path("items/<int:pk>/release/", wrap(self.release_view), name="invoicing_runitem_release"),
            path("items/<int:pk>/", wrap(self.item_view), name="invoicing_runitem"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Start a run."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartRun(
            request.POST or None, initial={"through": request.GET.get("through") or local_today(timezone.now())}
        )
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            try:
                run = billing_runs.start(by=by, at=timezone.now(), **form.cleaned_data)
                return redirect("bss:invoicing_billingrun_change", run.pk)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        context = {**self.admin_site.each_context(request), "title": _("Start a billing run"), "form": form}
        return TemplateResponse(request, "bss/billing/start.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The run: stages, totals, accounts, invoices; looks again by itself while it works."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(BillingRun.objects.select_related("reseller", "started_by"), pk=object_id)
        view = run_view(run)
        wanted = request.GET.get("show", "")
        may = request.user.has_perm("invoicing.change_billingrun")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Billing run through %(day)s") % {"day": formats.day(run.through, get_language() or "en")},
            "run": run,
            "view": view,
            "certificate": certificate_of(run) if run.state in FINISHED_RUNS else None,
            "undelivered": undelivered_of(run) if run.state in FINISHED_RUNS else [],
            "export_query": f"?run={run.public_id}",
            "past_term": waiting_for_renewal(on=run.through),
            "tabs": tabs_of(view, wanted),
            "is_flagged": wanted == FLAGGED,
            "items": Paginator(items_shown(run, wanted), PAGE).get_page(request.GET.get("page")),
            "invoices": Counted(
                invoices_of_run(run).select_related("bill_to", "beneficiary", "rendering").prefetch_related("files"),
                PAGE,
                known=view.invoices,
            ).get_page(request.GET.get("invoices")),
            "may_change": may,
            "may_issue": may and run.state == RunState.PREVIEWED and view.issuable > 0,
            "may_preview": may and run.state == RunState.PREVIEWED,
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/run.html", context)

    def _run_act(self, name: str) -> Callable[..., HttpResponse]:
        acts: dict[str, Callable[..., object]] = {
            "preview": billing_runs.preview,
            "retry": billing_runs.retry,
            "issue": billing_runs.issue,
            "discard": billing_runs.discard,
            "render": documents.retry_run,
            "deliver": deliveries.resend_run,
        }

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            run = get_object_or_404(BillingRun, pk=pk)
            by: Any = request.user
            return self._act(request, run, lambda: acts[name](run=run, by=by, at=timezone.now()))

        return view

    def hold_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep one account out of the run, with a reason."""
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to"), pk=pk)
        by: Any = request.user
        reason = request.POST.get("reason", "")
        return self._act(
            request, item.run, lambda: billing_runs.hold(item=item, reason=reason, by=by, at=timezone.now())
        )

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a held account back in."""
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to"), pk=pk)
        by: Any = request.user
        return self._act(request, item.run, lambda: billing_runs.release(item=item, by=by, at=timezone.now()))

    def _act(self, request: HttpRequest, run: BillingRun, act: Callable[[], object]) -> HttpResponse:
        if not request.user.has_perm("invoicing.change_billingrun"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                act()
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_billingrun_change", run.pk)

    def item_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One account: what differs from its last bill, and the lines behind its preview, computed now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        item = get_object_or_404(RunItem.objects.select_related("run", "bill_to", "previous__run"), pk=pk)
        may = request.user.has_perm("invoicing.change_billingrun") and item.run.state == RunState.PREVIEWED
        view, paper = item_view(item), Paper(get_language() or "en")
        context = {
            **self.admin_site.each_context(request),
            "title": item.bill_to.name,
            "item": item,
            "run": item.run,
            "view": view,
            "drafts": explained_drafts(view.drafts, paper),
            "credits": explained_credits(view.credits, paper),
            "may_hold": may and item.state in HOLDABLE,
            "may_retry": may and item.held_by_id is None and item.state in STOPPED,
        }
        return TemplateResponse(request, "bss/billing/item.html", context)
