"""Auto-renew of a subscription: one page that says what switching it means, and does it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from config.kernel.errors import DomainError
from resellers.access import ResellerView
from storefront.forms.renewals import AutoRenewForm
from storefront.models import Subscription
from storefront.selectors import renewals as selectors
from storefront.services import renewals
from storefront.views.subscriptions import rows_of


class AutoRenewPage(ResellerView):
    """Whether a subscription renews or ends with its term; nothing changes before the confirmation."""

    permission = Permission.SUBSCRIPTION_MANAGE
    nav = "subscriptions"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """What would change, in plain words."""
        row = self._row(public_id)
        form = AutoRenewForm(initial={"renews": "off" if row.auto_renew else "on"})
        return self._show(row, form)

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Ask for it; own products are switched at once, others when Microsoft has answered."""
        row = self._row(public_id)
        form = AutoRenewForm(request.POST)
        if not form.is_valid():
            return self._show(row, form, status=422)
        renews = form.cleaned_data["renews"] == "on"
        try:
            renewals.request(subscription=row, renews=renews, by=self.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("subscription", public_id)
        messages.success(request, _("It will renew.") if renews else _("It will end with its term."))
        return redirect("subscription", public_id)

    def _row(self, public_id: str) -> Subscription:
        row = get_object_or_404(rows_of(self.account), public_id=public_id)
        row.bill_to = self.account
        return row

    def _show(self, row: Subscription, form: AutoRenewForm, *, status: int = 200) -> HttpResponse:
        crumbs = [
            (_("Subscriptions"), reverse("subscriptions")),
            (row.number, reverse("subscription", args=[row.public_id])),
        ]
        facts = {
            "row": row,
            "form": form,
            "term": selectors.term_view(row, at=timezone.now()),
            "crumbs": crumbs,
        }
        return self.page("storefront/auto_renew.html", facts, status=status)
