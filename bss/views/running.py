"""What is done to a running subscription: its price, the price of its coming terms, its end, and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.clock import local_today
from bss.admin_site import site
from bss.forms.prices import EndForm, PriceForm, ProtectForm
from config.kernel.errors import DomainError
from invoicing.services.price_changes import next_period_start
from storefront.enums import SubscriptionStatus, Vendor
from storefront.models import Subscription
from storefront.selectors import renewals as selectors
from storefront.selectors.subscriptions import subscriptions_for_staff
from storefront.services import endings, prices, renewals

MANAGE = "storefront.change_subscription"


def price_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Another price from a day on, looked at before it counts; for terms the price of the coming ones."""
    row = _row(request, pk)
    if row.schedule is not None and row.schedule.term_months:
        return _protect(request, row)
    today = local_today(timezone.now())
    if row.schedule is None or row.status != SubscriptionStatus.ACTIVE:
        return _refused(request, row, str(prices.NotRunning.user_message))
    first = next_period_start(row.schedule, today=today)
    form = PriceForm(request.POST or None, initial={"on": first})
    facts: dict[str, Any] = {"form": form, "first": first, "today": today, "charges": None}
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        given = {"subscription": row, "by": by, "at": timezone.now(), **form.cleaned_data}
        if request.POST.get("act") != "save":
            facts["charges"] = _tried(form, lambda: prices.preview(**given).charges)
        elif _tried(form, lambda: prices.change(**given)) is not None:
            messages.success(request, _("The new price is noted. Differences are billed or credited by themselves."))
            return redirect("bss:storefront_subscription_change", pk)
    return _page(request, row, "bss/orders/price.html", facts)


def _protect(request: HttpRequest, row: Subscription) -> HttpResponse:
    by: Any = request.user
    standing = selectors.protected_price(row)
    withdraws = request.POST.get("act") == "withdraw"
    form = ProtectForm(request.POST or None, withdraws=withdraws)
    is_done = (
        request.method == "POST"
        and form.is_valid()
        and _tried(form, lambda: _promise(row, form.cleaned_data, withdraws=withdraws, by=by)) is not None
    )
    if is_done:
        done = _("The promise is withdrawn; the next term costs the price of its day.")
        messages.success(request, done if withdraws else _("The price of the coming terms is noted."))
        return redirect("bss:storefront_subscription_change", row.pk)
    facts = {"form": form, "standing": standing, "term": selectors.term_view(row, at=timezone.now())}
    return _page(request, row, "bss/orders/protect.html", facts)


def _promise(row: Subscription, data: dict[str, Any], *, withdraws: bool, by: Any) -> object:
    given = {"subscription": row, "reason": data["reason"], "by": by, "at": timezone.now()}
    if withdraws:
        return prices.unprotect(**given)
    return prices.protect(**given, price=data["price"], until=data["until"])


def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of our own services on a day."""
    row = _row(request, pk)
    today = local_today(timezone.now())
    if row.offer.product.vendor != Vendor.OWN or row.status != SubscriptionStatus.ACTIVE:
        refusal = endings.EndsWithItsTerm if row.offer.product.vendor != Vendor.OWN else endings.NotRunning
        return _refused(request, row, str(refusal.user_message))
    form = EndForm(request.POST or None, initial={"on": endings.period_end(row, today=today)})
    if request.method == "POST" and form.is_valid():
        by: Any = request.user
        given = {"subscription": row, "by": by, "at": timezone.now(), **form.cleaned_data}
        if _tried(form, lambda: endings.end(**given)) is not None:
            messages.success(request, _("The end is noted."))
            return redirect("bss:storefront_subscription_change", pk)
    facts = {"form": form, "policy": row.offer.product.get_refund_policy_display()}
    return _page(request, row, "bss/orders/end.html", facts)


def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an end back: that of our own service, or at Microsoft by switching auto-renew on again."""
    row = _row(request, pk)
    if request.method == "POST":
        by: Any = request.user
        try:
            if row.status == SubscriptionStatus.PENDING_CANCEL:
                endings.revoke(subscription=row, by=by, at=timezone.now())
                messages.success(request, _("The end is revoked: it goes on, and is billed without a gap."))
            else:
                renewals.request(subscription=row, renews=True, by=by, at=timezone.now())
                messages.success(request, _("It will renew; at Microsoft the change takes a moment."))
        except DomainError as refusal:
            messages.error(request, str(refusal))
    return redirect("bss:storefront_subscription_change", pk)


def _row(request: HttpRequest, pk: int) -> Subscription:
    if not request.user.has_perm(MANAGE):
        raise PermissionDenied
    return get_object_or_404(subscriptions_for_staff(), pk=pk)


def _tried(form: Form, act: Callable[[], Any]) -> Any:
    """What the act returns; None when it was refused, with the reason at its field."""
    try:
        return act()
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def _refused(request: HttpRequest, row: Subscription, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return redirect("bss:storefront_subscription_change", row.pk)


def _page(request: HttpRequest, row: Subscription, template: str, facts: dict[str, Any]) -> HttpResponse:
    context = {**site.each_context(request), "row": row, "opts": Subscription._meta, "title": row.number, **facts}
    return TemplateResponse(request, template, context, status=422 if facts["form"].errors else 200)
