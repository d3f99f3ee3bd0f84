"""A basic reseller on one page: company, ordering, billing, incentives, first contact (product.md §5.1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts import names, peppol
from accounts.enums import Segment
from accounts.models import Account, Organisation, User
from accounts.services.accounts import Company
from resellers.enums import BillingDayRule
from resellers.models import Reseller
from resellers.services.resellers import FixedDayNeeded, Terms
from storefront.models import PriceList

CURRENCIES = ("EUR", "GBP", "CHF", "DKK", "NOK", "SEK", "USD")
LANGUAGES = [("en", "English"), ("el", "Ελληνικά"), ("de", "Deutsch")]
COMPANY = (
    *("name", "country", "email", "phone", "address_line1", "address_line2", "city", "region", "postcode"),
    *("vat_number", "segment", "language"),
)
TERMS = (
    *("reselling_enabled", "credit_limit", "prorate_billing", "billing_day_rule", "billing_day", "partial_charges"),
    *("payment_method", "payment_days", "separate_invoices_default", "document_mail", "instalment_surcharge"),
)
EXEMPTION = ("tax_exempt", "exempt_reason", "exempt_from", "exempt_until")
ONLY_WHEN_NEW = (
    *("currency", "contact_first_name", "contact_last_name", "contact_email", "contact_storefront_user"),
    "contact_bill_to",
)


E_INVOICES = ("peppol_scheme", "peppol_id", "buyer_reference")


def clean_peppol(form: forms.BaseForm, data: dict[str, Any]) -> None:
    """Scheme and id belong together and follow the rules of the network; what is wrong is said at its field."""
    if {"peppol_scheme", "peppol_id"} & set(form.errors):
        return
    try:
        data["peppol_scheme"], data["peppol_id"] = peppol.checked(data["peppol_scheme"], data["peppol_id"])
    except names.BadText as error:
        form.add_error(error.field, str(error))


def home() -> dict[str, str]:
    """The distributor's country and language, which most of its customers share; nothing before it is set up."""
    organisation = Organisation.objects.filter(pk=1).only("country", "language").first()
    return {"country": str(organisation.country), "language": organisation.language} if organisation else {}


class CompanyFields(forms.ModelForm):
    """The company's data on a form about something else of the account."""

    name = forms.CharField(label=_("Company name"), max_length=200)
    vat_number = forms.CharField(
        label=_("VAT number"), max_length=30, required=False, help_text=_("With its country prefix, e.g. EL000327278.")
    )
    email = forms.EmailField(max_length=254, label=_("Corporate e-mail"))
    phone = forms.CharField(
        label=_("Phone"), max_length=30, help_text=_("With country code, e.g. +30 231 000 0105. Microsoft asks for it.")
    )
    address_line1 = forms.CharField(label=_("Street and number"), max_length=200)
    address_line2 = forms.CharField(label=_("Address, second line"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20)
    city = forms.CharField(label=_("City"), max_length=100)
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country"))
    segment = forms.ChoiceField(
        label=_("Segment"),
        choices=Segment.choices,
        initial=Segment.COMMERCIAL,
        help_text=_("Education and charity offers are sold to those only."),
    )
    language = forms.ChoiceField(label=_("Language of invoices and e-mails"), choices=LANGUAGES, initial="en")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = list(countries)  # type: ignore[attr-defined]  # a ChoiceField
        account: Account | None = getattr(self.instance, "account", None) if self.instance.pk else None
        if account is not None:
            for name in COMPANY:
                self.initial[name] = str(getattr(account, name))
        elif not self.instance.pk:
            self.initial = {**home(), **self.initial}

    def company(self) -> Company:
        """What was typed, for the service."""
        return Company(**{name: str(self.cleaned_data.get(name) or "") for name in COMPANY})


class ResellerForm(CompanyFields):
    """Everything of a basic reseller; on creation also its first contact."""

    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Fixed after the first order."))
    ordering_enabled = forms.BooleanField(label=_("Ordering"), required=False, initial=True)
    responsible_user = forms.ModelChoiceField(
        label=_("Account manager"),
        queryset=User.objects.filter(is_staff=True, is_active=True).order_by("name", "pk"),
        required=False,
        help_text=_("Hears of orders that wait for credit."),
    )
    price_list = forms.ModelChoiceField(
        label=_("Price list"),
        queryset=PriceList.objects.filter(is_active=True).order_by("name"),
        required=False,
        help_text=_("For new subscriptions. Without one the retail prices apply."),
    )
    mpn_id = forms.CharField(
        label=_("MPN ID"),
        max_length=10,
        required=False,
        help_text=_("The location id, 4 to 10 digits. Needed before it can order for end customers."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Only when ordering or reselling is switched off while services run."),
    )
    tax_exempt = forms.BooleanField(label=_("Tax exempt"), required=False)
    exempt_reason = forms.CharField(
        label=_("Reason of the exemption"),
        max_length=200,
        required=False,
        help_text=_("The law and the certificate, as the invoices print it."),
    )
    exempt_from = forms.DateField(label=_("Exempt from"), required=False, widget=forms.DateInput({"type": "date"}))
    exempt_until = forms.DateField(
        label=_("Exempt through"),
        required=False,
        help_text=_("Both days count; empty is open."),
        widget=forms.DateInput({"type": "date"}),
    )
    peppol_scheme = forms.ChoiceField(label=_("Peppol scheme"), choices=peppol.choices, required=False)
    peppol_id = forms.CharField(
        label=_("Peppol id"), max_length=50, required=False, help_text=_("Where it receives e-invoices, e.g. its GLN.")
    )
    buyer_reference = forms.CharField(
        label=_("Buyer reference"),
        max_length=100,
        required=False,
        help_text=_("What it wants to be quoted on e-invoices; else its account code."),
    )
    contact_first_name = forms.CharField(label=_("First name"), max_length=50, required=False)
    contact_last_name = forms.CharField(label=_("Last name"), max_length=50, required=False)
    contact_email = forms.EmailField(
        max_length=254, label=_("E-mail"), required=False, help_text=_("The user name; unique in the whole system.")
    )
    contact_storefront_user = forms.BooleanField(
        label=_("Storefront user"),
        required=False,
        initial=True,
        help_text=_("Gets an invitation by e-mail and signs in as admin of its company."),
    )
    contact_bill_to = forms.BooleanField(
        label=_("Bill To contact"), required=False, initial=True, help_text=_("Receives the invoices.")
    )

    class Meta:
        model = Reseller
        fields = TERMS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = None if self.instance.pk else Organisation.objects.filter(pk=1).first()
        home = organisation.currency if organisation else "EUR"
        if "currency" in self.fields:
            codes = dict.fromkeys([home, *CURRENCIES])
            self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]  # a ChoiceField
        if self.instance.pk:
            for name in ONLY_WHEN_NEW:
                self.fields.pop(name, None)
            account = self.instance.account
            self.initial.update(
                {
                    "ordering_enabled": account.ordering_enabled,
                    "responsible_user": account.responsible_user_id,
                    "mpn_id": self.instance.mpn_id or "",
                    **{name: getattr(account, name) for name in (*EXEMPTION, *E_INVOICES)},
                }
            )
        elif organisation is not None:
            self.initial.setdefault("reselling_enabled", True)

    def clean(self) -> dict[str, Any]:
        """A contact is all of its three parts, or none; a day belongs to the rule "fixed day"."""
        data = super().clean() or {}
        clean_peppol(self, data)
        is_fixed = data.get("billing_day_rule") == BillingDayRule.FIXED
        if "billing_day" not in self.errors and is_fixed != (data.get("billing_day") is not None):
            self.add_error("billing_day", FixedDayNeeded.user_message)
        parts = {name: data.get(f"contact_{name}") for name in ("first_name", "last_name", "email")}
        if any(parts.values()):
            for name, value in parts.items():
                if not value and f"contact_{name}" not in self.errors:
                    self.add_error(f"contact_{name}", _("Complete the contact, or leave all three fields empty."))
        return data

    def terms(self) -> Terms:
        """What was chosen, for the service."""
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})

    def exemption(self) -> dict[str, Any]:
        """What was typed about VAT, for the service."""
        exempt, reason, since, until = (self.cleaned_data[name] for name in EXEMPTION)
        return {"exempt": exempt, "reason": reason, "since": since, "until": until}

    def e_invoices(self) -> dict[str, str]:
        """Where e-invoices go, for the service."""
        scheme, identifier, reference = (self.cleaned_data[name] for name in E_INVOICES)
        return {"scheme": scheme, "identifier": identifier, "reference": reference}

    @property
    def has_contact(self) -> bool:
        """Whether a first contact was typed."""
        return bool(self.cleaned_data.get("contact_email"))
