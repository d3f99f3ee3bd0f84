"""Starting a run, recording a payment, rates of tax."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts
from accounts.models import Account
from bss.admin_site import site
from bss.forms.lookup import Lookup
from invoicing.models import Payment, TaxRule

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
