"""Proposals to suspend a reseller that owes long: the last step of dunning, decided by Finance."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin.credits import check, refuse
from bss.admin_site import site
from bss.filters import Question
from bss.forms.suspensions import SuspensionForm
from config.kernel.errors import DomainError
from invoicing.enums import SuspensionState
from invoicing.models import SuspensionProposal
from invoicing.selectors.open_items import open_of, open_totals
from invoicing.services import suspensions


class ToDecide(Question):
    """Proposals that nobody has decided."""

    title = _("Open")
    parameter_name = "open"
    answers = (("yes", _("To decide")),)

    def pick(self, queryset: QuerySet[SuspensionProposal], value: str) -> QuerySet[SuspensionProposal]:
        """Still open."""
        return queryset.filter(state=SuspensionState.OPEN)


@admin.register(SuspensionProposal, site=site)
class SuspensionProposalAdmin(ReadOnlyAdmin):
    """Who owed long, and what was decided."""

    list_display = (
        columns.text("bill_to__name", _("Reseller"), order="bill_to__name_key"),
        columns.badge("state", _("State"), of="SuspensionState"),
        columns.day("proposed_on", _("Proposed on")),
        columns.day("due_on", _("Due since")),
        columns.money("amount", _("Overdue, gross")),
        columns.text("reason", _("Reason")),
        columns.text("decided_by__name", _("Decided by")),
    )
    list_filter = (ToDecide, "state")
    list_select_related = ("bill_to", "decided_by")
    search_fields = ("bill_to__name", "bill_to__code", "reason")
    ordering = ("-proposed_on", "-pk")
    actions = None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What is open today, and the decision."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = SuspensionProposal.objects.select_related("bill_to__reseller", "decided_by")
        proposal = get_object_or_404(rows, pk=object_id)
        form = SuspensionForm(request.POST or None)
        if request.method == "POST":
            check(request, "invoicing.change_suspensionproposal")
            if form.is_valid():
                by: Any = request.user
                facts = {"state": SuspensionState(form.cleaned_data["state"]), "reason": form.cleaned_data["reason"]}
                try:
                    suspensions.decide(proposal=proposal, by=by, at=timezone.now(), **facts)
                    messages.success(request, _("Decided, and kept with your name."))
                    return redirect("bss:invoicing_suspensionproposal_change", proposal.pk)
                except DomainError as refusal:
                    refuse(form, refusal)
        today = local_today(timezone.now())
        is_open = proposal.state == SuspensionState.OPEN
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend %(name)s?") % {"name": proposal.bill_to.name},
            "proposal": proposal,
            "totals": open_totals(proposal.bill_to, on=today),
            "invoices": list(open_of(proposal.bill_to)[:20]),
            "today": today,
            "form": form,
            "may_decide": is_open and request.user.has_perm("invoicing.change_suspensionproposal"),
        }
        return TemplateResponse(request, "bss/billing/suspension.html", context)
