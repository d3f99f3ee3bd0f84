"""What is exported: which documents, what of them, and as which file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from invoicing.forms.exports import ExportForm
from invoicing.models import BillingRun
from invoicing.selectors.exports import Scope


class StaffExportForm(ExportForm):
    """The same over every reseller, with bookings for the ledger; or of one billing run."""

    reseller = forms.ModelChoiceField(
        label=_("Reseller"),
        queryset=Account.objects.resellers().order_by("name_key", "pk"),
        required=False,
        empty_label=_("All resellers"),
        to_field_name="public_id",
    )
    run = forms.ModelChoiceField(
        label=_("Billing run"),
        queryset=BillingRun.objects.all(),
        required=False,
        to_field_name="public_id",
        widget=forms.HiddenInput,
    )

    field_order = ("run", "first", "last", "reseller", "what")
    for_staff = True

    def scope(self) -> Scope:
        """The documents that were asked for; a run is a run whatever its dates."""
        facts: dict[str, Any] = self.cleaned_data
        if facts.get("run"):
            return Scope(run=facts["run"], bill_to=facts.get("reseller"))
        return Scope(bill_to=facts.get("reseller"), first=facts["first"], last=facts["last"])
