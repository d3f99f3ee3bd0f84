"""Reminders: what would be sent today, what one reseller was sent, and pauses."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import local_today
from bss.admin.credits import check, refuse
from bss.admin_site import site
from bss.forms.reminders import PauseForm
from config.kernel.errors import DomainError
from invoicing.models import BillingSettings, ReminderLetter
from invoicing.selectors import reminders as selectors
from invoicing.services import dunning
from resellers.models import Reseller

PAGE: Final = 50


def today_page(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """The mails of today: to be sent, sent, and who is left alone. `frame` is the site's context."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    today = local_today(timezone.now())
    settings = BillingSettings.objects.filter(pk=1).first() or BillingSettings()
    context = {
        **frame,
        "title": _("Reminders"),
        "today": today,
        "hour": f"{settings.reminder_hour:02}:00",
        "steps": selectors.steps(),
        "page": Paginator(selectors.letters(on=today), PAGE).get_page(request.GET.get("page")),
        "sent": ReminderLetter.objects.filter(sent_on=today).select_related("bill_to__reseller").order_by("pk"),
        "paused": selectors.paused(on=today).select_related("bill_to__reseller", "by").order_by("until", "pk"),
    }
    return TemplateResponse(request, "bss/billing/reminders.html", context)


def of_reseller(request: HttpRequest, pk: int) -> HttpResponse:
    """What a reseller was sent; pausing and resuming its reminders."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    reseller = get_object_or_404(Reseller.objects.select_related("account"), pk=pk)
    account, now = reseller.account, timezone.now()
    form = PauseForm(request.POST if "pause" in request.POST else None)
    if request.method == "POST":
        check(request, "invoicing.add_reminderpause")
        by: Any = request.user
        try:
            if "resume" in request.POST:
                dunning.resume(bill_to=account, by=by, at=now)
                messages.success(request, _("The reseller is reminded again."))
                return redirect("bss:resellers_reseller_reminders", pk)
            if form.is_valid():
                dunning.pause(bill_to=account, by=by, at=now, **form.cleaned_data)
                messages.success(request, _("The reseller is not reminded until that day."))
                return redirect("bss:resellers_reseller_reminders", pk)
        except DomainError as refusal:
            refuse(form, refusal)
    today = local_today(now)
    context = {
        **site.each_context(request),
        "title": _("Reminders"),
        "reseller": reseller,
        "letters": Paginator(selectors.letters_to(account).prefetch_related("reminders__invoice"), PAGE).get_page(
            request.GET.get("page")
        ),
        "pause": selectors.paused(on=today).filter(bill_to=account).select_related("by").first(),
        "form": form,
        "may_pause": request.user.has_perm("invoicing.add_reminderpause"),
    }
    return TemplateResponse(request, "bss/resellers/reminders.html", context)
