"""What was mailed to whom: the log, another mail, and the note that one came back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.enums import MessageStatus
from bss import columns
from bss.admin.base import ReadOnlyAdmin
from bss.admin.credits import refuse
from bss.admin_site import site
from bss.filters import Question
from bss.forms.deliveries import BounceForm
from config.kernel.components import text as ui
from config.kernel.errors import DomainError
from invoicing.enums import DeliveryState
from invoicing.models import Delivery
from invoicing.selectors.deliveries import documents_in
from invoicing.services import deliveries


class StateFilter(Question):
    """Mails by what became of them."""

    title = _("State")
    parameter_name = "state"
    answers = (
        ("queued", _("Queued")),
        ("sent", _("Sent")),
        ("failed", _("Failed")),
        ("bounced", _("Bounced")),
    )

    def pick(self, queryset: QuerySet[Delivery], value: str) -> QuerySet[Delivery]:
        """A mail that came back is no longer a sent one."""
        if value == "bounced":
            return queryset.filter(bounce__isnull=False)
        status = {"queued": MessageStatus.PENDING, "sent": MessageStatus.SENT, "failed": MessageStatus.FAILED}[value]
        return queryset.filter(message__status=status, bounce=None)


@admin.register(Delivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    """Mails with documents."""

    list_display = (
        columns.moment("at", _("Written")),
        columns.text("bill_to__name", _("Bill To"), order="bill_to__name_key"),
        columns.joined("message__recipients", _("To")),
        columns.count("how_many", _("Documents"), order=""),
        "state_badge",
        columns.count("message__attempts", _("Attempts")),
        columns.moment("message__sent_at", _("Sent")),
    )
    list_filter = (StateFilter,)
    list_select_related = ("bill_to", "message", "bounce")
    search_fields = ("bill_to__name", "bill_to__code", "message__recipients", "message__subject", "message__message_id")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the number of documents."""
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.annotate(how_many=Count("documents"))

    @admin.display(description=_("State"))
    def state_badge(self, obj: Delivery) -> SafeString:
        """What became of it."""
        return ui.badge(obj.state)

    def get_urls(self) -> list[URLPattern]:
        """With another mail, and the note that it came back."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/repeat/", wrap(self.repeat_view), name="invoicing_delivery_repeat"),
            path("<int:pk>/bounce/", wrap(self.bounce_view), name="invoicing_delivery_bounce"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The mail, its documents, and what became of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        delivery = get_object_or_404(_all(), pk=object_id)
        is_bounced = delivery.state is DeliveryState.BOUNCED
        context = {
            **self.admin_site.each_context(request),
            "title": delivery.message.subject,
            "delivery": delivery,
            "documents": list(documents_in(delivery)),
            "may_repeat": request.user.has_perm("invoicing.add_delivery"),
            "may_bounce": not is_bounced
            and delivery.message.status == MessageStatus.SENT
            and request.user.has_perm("invoicing.add_deliverybounce"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "bss/billing/delivery.html", context)

    def repeat_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail the same documents to the addresses of today."""
        if not request.user.has_perm("invoicing.add_delivery"):
            raise PermissionDenied
        delivery = get_object_or_404(_all(), pk=pk)
        if request.method == "POST":
            by: Any = request.user
            try:
                again = deliveries.repeat(delivery=delivery, by=by, at=timezone.now())
                to = ", ".join(again.message.recipients)
                messages.success(request, _("The documents are mailed to %(to)s.") % {"to": to})
                return redirect("bss:invoicing_delivery_change", again.pk)
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return redirect("bss:invoicing_delivery_change", pk)

    def bounce_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that it came back, and why."""
        if not request.user.has_perm("invoicing.add_deliverybounce"):
            raise PermissionDenied
        delivery = get_object_or_404(_all(), pk=pk)
        form = BounceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            by: Any = request.user
            try:
                deliveries.note_bounce(delivery=delivery, by=by, at=timezone.now(), **form.cleaned_data)
                messages.success(request, _("It is noted. The mail waits in the work queue until it is sent again."))
                return redirect("bss:invoicing_delivery_change", pk)
            except DomainError as refusal:
                refuse(form, refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": _("This mail came back"),
            "delivery": delivery,
            "form": form,
            "opts": self.opts,
        }
        status = 422 if form.is_bound and form.errors else 200
        return TemplateResponse(request, "bss/billing/bounce.html", context, status=status)


def _all() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("bill_to", "message", "bounce__by", "run", "by", "repeats")
