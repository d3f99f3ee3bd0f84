"""End customers and affiliates, as operators create and correct them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import Account
from accounts.services.accounts import Company
from affiliates.models import Affiliate
from bss.admin_site import site
from bss.forms.lookup import Lookup
from bss.forms.resellers import COMPANY, LANGUAGES, CompanyFields, home

MOST_REASON = 300
PAYERS = Account.objects.resellers().filter(reseller__reselling_enabled=True).order_by("name_key", "pk")


def reason_field() -> forms.CharField:
    """Why a company's data were corrected."""
    return forms.CharField(
        label=_("Reason"), max_length=MOST_REASON, required=False, help_text=_("Kept in the history, with your name.")
    )


def payer_lookup() -> Lookup:
    """Resellers found by name or code."""
    return Lookup(Account._meta.get_field("bill_to"), site)


class SubCustomerForm(forms.ModelForm):
    """The data of an account under a Bill To; empty addresses fall back to the reseller's."""

    country = forms.ChoiceField(label=_("Country"))
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, initial="en")
    bill_to = forms.ModelChoiceField(
        label=_("Bill To account"),
        queryset=PAYERS,
        required=False,
        help_text=_("The reseller that owes the invoices."),
        widget=payer_lookup(),
    )
    reason = reason_field()

    class Meta:
        model = Account
        fields = (*COMPANY, "tax_exempt", "bill_to", "separate_invoices")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "country" in self.fields:
            self.fields["country"].choices = list(countries)  # type: ignore[attr-defined]  # a ChoiceField
        if self.instance.pk and "country" in self.fields:
            self.initial["country"] = str(self.instance.country)
        elif not self.instance.pk:
            self.initial = {**home(), **self.initial}

    def _get_validation_exclusions(self) -> set[str]:
        # The service checks uniqueness and relations in its own words; the model's own checks would see half a row.
        return {field.name for field in self.instance._meta.fields}

    def validate_constraints(self) -> None:
        """Left to the service and the database."""

    def clean(self) -> dict[str, Any]:
        """Refuse the tick without a Bill To beside it (product.md INV-A3)."""
        data = super().clean() or {}
        has_payer = data.get("bill_to") or self.instance.bill_to_id
        if data.get("separate_invoices") and not has_payer:
            self.add_error(
                "separate_invoices", _("Separate invoices need a Bill To account: this account pays its own invoices.")
            )
        return data

    def company(self) -> Company:
        """What was typed, for the service."""
        return Company(**{name: str(self.cleaned_data.get(name) or "") for name in COMPANY})


class EndCustomerForm(SubCustomerForm):
    """A new end customer needs its payer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and "bill_to" in self.fields:
            self.fields["bill_to"].required = True


class AffiliateForm(CompanyFields):
    """An affiliate: what it is for, its company, its payer."""

    bill_to = forms.ModelChoiceField(
        label=_("Bill To account"),
        queryset=PAYERS,
        help_text=_("The reseller it belongs to; it owes the invoices."),
        widget=payer_lookup(),
    )
    separate_invoices = forms.BooleanField(label=_("Separate invoices per sub customer"), required=False)
    reason = reason_field()

    class Meta:
        model = Affiliate
        fields = ("purpose", "cost_centre")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "phone", "address_line1", "postcode", "city"):
            self.fields[name].required = False
        if self.instance.pk:
            account = self.instance.account
            self.initial.update({"bill_to": account.bill_to_id, "separate_invoices": account.separate_invoices})
            self.fields["bill_to"].disabled = True
