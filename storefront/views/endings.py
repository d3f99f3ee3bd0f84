"""The end of one of our own services: one page that says what it means, plans it, and takes it back."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.clock import local_today
from accounts.permissions import Permission
from config.kernel import formats
from config.kernel.errors import DomainError
from resellers.access import ResellerView
from storefront.enums import SubscriptionStatus, Vendor
from storefront.forms.endings import EndForm
from storefront.models import Subscription
from storefront.services import endings
from storefront.views.subscriptions import rows_of

CHANGEABLE = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING_CANCEL)


class EndPage(ResellerView):
    """End a service, or revoke the end while it lies ahead; nothing changes before the confirmation."""

    permission = Permission.SUBSCRIPTION_MANAGE
    nav = "subscriptions"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """What would happen, in plain words."""
        row = self._row(public_id)
        return self._show(row, EndForm(initial={"when": "period"}, choices=self._choices(row)))

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Plan the end, or take it back."""
        row = self._row(public_id)
        if row.status == SubscriptionStatus.PENDING_CANCEL:
            return self._revoke(row)
        form = EndForm(request.POST, choices=self._choices(row))
        if not form.is_valid():
            return self._show(row, form, status=422)
        now = timezone.now()
        on = self._days(row)[form.cleaned_data["when"]]
        try:
            endings.end(subscription=row, on=on, reason=form.cleaned_data["reason"], by=self.user, at=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            return self._show(row, form, status=422)
        messages.success(request, _("It ends. Until its last day you can revoke that."))
        return redirect("subscription", public_id)

    def _revoke(self, row: Subscription) -> HttpResponse:
        try:
            endings.revoke(subscription=row, by=self.user, at=timezone.now())
            messages.success(self.request, _("The end is revoked: the service goes on."))
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
        return redirect("subscription", row.public_id)

    def _row(self, public_id: str) -> Subscription:
        row = get_object_or_404(rows_of(self.account), public_id=public_id)
        row.bill_to = self.account
        return row

    def _days(self, row: Subscription) -> dict[str, date]:
        """The first day without it, by choice."""
        today = local_today(timezone.now())
        tomorrow = today + timedelta(days=1)
        return {"period": endings.period_end(row, today=today) or tomorrow, "now": tomorrow}

    def _choices(self, row: Subscription) -> list[tuple[str, str]]:
        """With the last day of each."""
        days = self._days(row)
        language = get_language() or formats.FALLBACK
        last = {name: formats.day(day - timedelta(days=1), language) for name, day in days.items()}
        now = ("now", _("Today, %(day)s") % {"day": last["now"]})
        if days["period"] == days["now"]:
            return [now]
        return [("period", _("With what is charged already; its last day is %(day)s") % {"day": last["period"]}), now]

    def _show(self, row: Subscription, form: EndForm, *, status: int = 200) -> HttpResponse:
        crumbs = [
            (_("Subscriptions"), reverse("subscriptions")),
            (row.number, reverse("subscription", args=[row.public_id])),
        ]
        is_own = row.offer.product.vendor == Vendor.OWN
        facts = {
            "row": row,
            "form": form,
            "crumbs": crumbs,
            "is_ending": row.status == SubscriptionStatus.PENDING_CANCEL,
            "refusal": "" if is_own and row.status in CHANGEABLE else self._why_not(is_own=is_own),
        }
        return self.page("storefront/end.html", facts, status=status)

    @staticmethod
    def _why_not(*, is_own: bool) -> str:
        return str((endings.NotRunning if is_own else endings.EndsWithItsTerm).user_message)
