"""Starting a run, recording a payment, system options."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts
from accounts.models import Account, Organisation
from bss.admin_site import site
from bss.forms.lookup import Lookup
from invoicing.models import BillingSettings, Payment, TaxRule

PAYERS = Account.objects.resellers().order_by("name_key", "pk")


class StartRun(forms.Form):
    """What is billed, and the date on the invoices."""

    through = forms.DateField(
        label=_("Bill what is due through"),
        help_text=_("Inclusive, for example 2026-12-01"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    invoice_on = forms.DateField(
        label=_("Invoice date"),
        required=False,
        help_text=_("The date billed through, when it is left empty; never before the last invoice's date."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reseller = forms.ModelChoiceField(
        label=_("Reseller"), queryset=PAYERS, required=False, empty_label=_("All resellers")
    )


class PaymentForm(CleanTexts, forms.ModelForm):
    """Money that came in by hand; it settles the oldest or chosen invoices, the rest stays as credit."""

    bill_to = forms.ModelChoiceField(
        label=_("Reseller"),
        queryset=PAYERS,
        widget=Lookup(Payment._meta.get_field("bill_to"), site),
    )

    settle = forms.ChoiceField(
        label=_("Settles"),
        choices=(("", _("The oldest open invoices")), ("chosen", _("Invoices that I choose next"))),
        required=False,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Payment
        fields = ("bill_to", "amount", "received_on", "method", "reference")

    def clean_amount(self) -> Decimal:
        """More than nothing."""
        amount: Decimal = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_("Enter an amount above 0."))
        return amount

    def validate_constraints(self) -> None:
        """Left to the service and the database, which know the whole row."""


class TaxRuleForm(CleanTexts, forms.ModelForm):
    """A rate of a place."""

    class Meta:
        model = TaxRule
        fields = (
            *("country", "region", "product_type", "needs_vat_number", "for_exempt", "category", "rate", "note"),
            *("valid_from", "valid_to"),
        )

    def clean_rate(self) -> Decimal:
        """In per cent."""
        rate: Decimal = self.cleaned_data["rate"]
        if not 0 <= rate <= 100:
            raise forms.ValidationError(_("Enter a rate from 0 to 100 per cent."))
        return rate


class OrganisationForm(CleanTexts, forms.ModelForm):
    """The distributor itself."""

    class Meta:
        model = Organisation
        fields = (
            *("legal_name", "trade_name", "vat_number", "register_entry", "email", "phone"),
            *("address_line1", "address_line2", "postcode", "city", "region", "country"),
            *("bank_name", "iban", "bic", "currency", "time_zone", "language", "second_factor"),
        )


class StorefrontOptions(forms.ModelForm):
    """What holds for the whole Storefront."""

    class Meta:
        model = Organisation
        fields = ("separate_invoices", "separate_invoices_for_affiliates", "require_sub_customer_address")


class BillingOptions(CleanTexts, forms.ModelForm):
    """How invoices are numbered and run."""

    class Meta:
        model = BillingSettings
        fields = (
            *("invoice_prefix", "credit_prefix", "number_width", "by_supply_month", "excess_discounts"),
            *("daily_run", "daily_hour", "auto_issue"),
            *("outlier_percent", "outlier_amount", "reminder_days", "reminder_hour", "footer"),
        )
        help_texts = dict.fromkeys(
            ("invoice_prefix", "credit_prefix", "number_width"),
            _("Counts from the first number of a year; a series that has begun keeps its own."),
        )

    def clean_reminder_days(self) -> list[int]:
        """Each step comes later than the one before."""
        days: list[int] = self.cleaned_data["reminder_days"]
        if days != sorted(set(days)):
            raise forms.ValidationError(_("Write the days in rising order, each once: 3,10,20."))
        return days
