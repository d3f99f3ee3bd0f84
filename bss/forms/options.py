"""System options: the organisation, the Storefront's switches, billing; each form in groups under headings."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum import iban
from stdnum.exceptions import ValidationError as WrongDigits

from accounts import names, peppol
from accounts.forms.texts import CleanTexts
from accounts.models import Organisation
from bss.forms.resellers import CURRENCIES, LANGUAGES, clean_peppol
from invoicing.models import BillingSettings

Group = tuple[str | Promise, str | Promise, tuple[str, ...]]


class StorefrontOptions(forms.ModelForm):
    """What holds for the whole Storefront."""

    groups: tuple[Group, ...] = (
        (
            _("Storefront Configuration"),
            _("Changes count for customers created from now on. Existing ones keep their setting."),
            ("separate_invoices", "separate_invoices_for_affiliates", "require_sub_customer_address"),
        ),
    )

    class Meta:
        model = Organisation
        fields = ("separate_invoices", "separate_invoices_for_affiliates", "require_sub_customer_address")


class OrganisationForm(CleanTexts, forms.ModelForm):
    """The distributor itself."""

    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Of new resellers, unless another one is chosen."))
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Its midnight ends a day of billing."))
    language = forms.ChoiceField(
        label=_("Language"), choices=LANGUAGES, help_text=_("Of new resellers, unless another one is chosen.")
    )

    peppol_scheme = forms.ChoiceField(label=_("Peppol scheme"), choices=peppol.choices, required=False)

    groups: tuple[Group, ...] = (
        (
            _("Organisation"),
            _("The seller on every document from now on. Documents that were issued keep what they say."),
            ("legal_name", "trade_name", "vat_number", "register_entry", "email", "phone"),
        ),
        (_("Address"), "", ("address_line1", "address_line2", "postcode", "city", "region", "country")),
        (_("Bank account"), _("Printed in the payment box of invoices."), ("bank_name", "iban", "bic")),
        (
            _("E-invoices"),
            _("The XML is always inside the PDF. Resellers with a Peppol id get UBL beside it, once you have one too."),
            ("peppol_scheme", "peppol_id"),
        ),
        (_("Region and access"), "", ("currency", "time_zone", "language", "second_factor")),
    )

    class Meta:
        model = Organisation
        fields = (
            *("legal_name", "trade_name", "vat_number", "register_entry", "email", "phone"),
            *("address_line1", "address_line2", "postcode", "city", "region", "country"),
            *("bank_name", "iban", "bic", "peppol_scheme", "peppol_id"),
            *("currency", "time_zone", "language", "second_factor"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance
        zones = sorted({*available_timezones(), kept.time_zone} - {""})
        choices = {
            "currency": [(code, code) for code in dict.fromkeys([kept.currency, *CURRENCIES])],
            "time_zone": [(zone, zone.replace("_", " ")) for zone in zones],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]  # a ChoiceField

    def clean_iban(self) -> str:
        """Without spaces; its check digits must agree (ISO 13616)."""
        try:
            return str(iban.validate(self.cleaned_data["iban"]))
        except WrongDigits:
            msg = _("This is not an IBAN: its check digits or its length do not agree.")
            raise ValidationError(msg) from None

    def clean(self) -> dict[str, Any]:
        """The VAT number follows the rules of the country; a Peppol address is whole."""
        data = super().clean() or {}
        clean_peppol(self, data)
        if "vat_number" in data and "country" in data:
            try:
                data["vat_number"] = names.clean_vat_number(data["vat_number"], str(data["country"]))
            except names.BadText as error:
                self.add_error("vat_number", str(error))
        return data


class BillingOptions(CleanTexts, forms.ModelForm):
    """How invoices are numbered and run."""

    groups: tuple[Group, ...] = (
        (
            _("Numbers of documents"),
            _("Count from the first number of a year; a series that has begun keeps its own."),
            ("invoice_prefix", "credit_prefix", "number_width"),
        ),
        (
            _("Billing runs"),
            _("A change is flagged against the last run of the same reseller when it exceeds both limits."),
            (
                *("daily_run", "auto_issue", "by_supply_month", "daily_hour"),
                *("outlier_percent", "outlier_amount", "excess_discounts"),
            ),
        ),
        (_("Reminders"), "", ("reminder_days", "reminder_hour", "suspend_after")),
        (_("E-mail"), "", ("document_mail",)),
        (_("Texts"), "", ("footer",)),
    )

    class Meta:
        model = BillingSettings
        fields = (
            *("invoice_prefix", "credit_prefix", "number_width", "by_supply_month", "excess_discounts"),
            *("daily_run", "daily_hour", "auto_issue"),
            *("outlier_percent", "outlier_amount", "reminder_days", "reminder_hour", "suspend_after"),
            *("document_mail", "footer"),
        )
        help_texts = {"outlier_percent": ""}
        widgets = {"footer": forms.Textarea(attrs={"rows": 3})}

    def clean_reminder_days(self) -> list[int]:
        """Each step comes later than the one before."""
        days: list[int] = self.cleaned_data["reminder_days"]
        if days != sorted(set(days)):
            raise forms.ValidationError(_("Write the days in rising order, each once: 3,10,20."))
        return days
