"""Switching the sub-customers of a reseller to separate or aggregated invoices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind
from accounts.models import Account

SEPARATE, AGGREGATED = "separate", "aggregated"
ALL, CHOSEN = "all", "chosen"
WAYS: Final = [(SEPARATE, _("Separate: one invoice for each of them")), (AGGREGATED, _("Aggregated: on one invoice"))]
WHOM: Final = [(ALL, _("All end customers")), (CHOSEN, _("The ones chosen below"))]


class SwitchForm(forms.Form):
    """Who is switched, which way, and the day up to which both results are compared."""

    way = forms.ChoiceField(label=_("Invoices"), choices=WAYS, widget=forms.RadioSelect, initial=SEPARATE)
    whom = forms.ChoiceField(label=_("For whom"), choices=WHOM, widget=forms.RadioSelect, initial=ALL)
    affiliates = forms.BooleanField(
        label=_("All affiliates too"),
        required=False,
        help_text=_("Affiliates have a switch of their own: without it they stay as they are."),
    )
    accounts = forms.MultipleChoiceField(
        label=_("Choose"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for the second choice."),
    )
    through = forms.DateField(
        label=_("Compare what is due through"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, sub_customers: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sub_customers = sub_customers
        names = [(str(account.pk), f"{account.name} ({account.code})") for account in sub_customers]
        self.fields["accounts"].choices = names  # type: ignore[attr-defined]  # a MultipleChoiceField

    def clean(self) -> dict[str, Any]:
        """The second choice needs at least one account."""
        data = super().clean() or {}
        if data.get("whom") == CHOSEN and not data.get("accounts") and not data.get("affiliates"):
            self.add_error("accounts", _("Choose at least one, or take all end customers."))
        return data

    @property
    def on(self) -> bool:
        """Whether they become separate."""
        return bool(self.cleaned_data["way"] == SEPARATE)

    @property
    def chosen(self) -> set[int]:
        """The accounts it is about."""
        picked = {int(pk) for pk in self.cleaned_data["accounts"]} if self.cleaned_data["whom"] == CHOSEN else set()
        for account in self.sub_customers:
            whole = self.cleaned_data["whom"] == ALL and account.kind == AccountKind.END_CUSTOMER
            if whole or (self.cleaned_data["affiliates"] and account.kind == AccountKind.AFFILIATE):
                picked.add(account.pk)
        return picked
