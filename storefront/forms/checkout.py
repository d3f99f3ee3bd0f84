"""The checkout's questions: for whom, which tenant, who signs, which MPN ID."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_countries import countries

from accounts import names
from accounts.enums import PurchaseMode, Segment
from accounts.models import Account
from accounts.services.accounts import Company
from affiliates.enums import AffiliatePurpose
from config.kernel.errors import DomainError
from storefront.selectors.baskets import Group
from storefront.services import tenants
from storefront.services.baskets import Details

NEW = "new"
NO_ADDRESS = {"invalid": _("Enter an e-mail address, for example name@company.example.")}
COMPANY = ("name", "email", "phone", "address_line1", "address_line2", "city", "region", "postcode", "country")


class WhoIsItFor(forms.Form):
    """The purchase mode, and the company: chosen or created on the spot."""

    mode = forms.ChoiceField(label=_("Who is it for?"), choices=PurchaseMode.choices)
    affiliate = forms.ChoiceField(label=_("Which affiliate?"), required=False, widget=forms.RadioSelect)
    customer = forms.ChoiceField(label=_("Which end customer?"), required=False)
    all_lines = forms.BooleanField(label=_("Use this for all lines without a company"), required=False)
    before = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, affiliates: Sequence[Account], customers: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by_mode = {PurchaseMode.AFFILIATE: affiliates, PurchaseMode.END_CUSTOMER: customers}
        choices = [(row.public_id, _with_notes(row)) for row in affiliates]
        self.fields["affiliate"].choices = [*choices, (NEW, _("New affiliate"))]  # type: ignore[attr-defined]  # a ChoiceField
        known = [(row.public_id, f"{row.name} ({row.code})") for row in customers]
        self.fields["customer"].choices = [(NEW, _("+ New customer")), *known]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def field_of_mode(self) -> str:
        """The field that names the company of the chosen mode; empty for the own company."""
        chosen = self.cleaned_data.get("mode", "")
        return {PurchaseMode.AFFILIATE: "affiliate", PurchaseMode.END_CUSTOMER: "customer"}.get(chosen, "")

    def clean(self) -> dict[str, Any]:
        """A sub-customer is chosen, or a new one is asked for."""
        data = super().clean() or {}
        name = self.field_of_mode
        if name and not data.get(name) and name not in self.errors:
            self.add_error(name, _("Choose one of the list, or create a new one."))
        return data

    @property
    def wants_new(self) -> bool:
        """Whether a company is to be created."""
        return bool(self.field_of_mode) and self.cleaned_data.get(self.field_of_mode) == NEW

    def chosen(self) -> Account | None:
        """The existing company that was chosen; None for the own company or a new one."""
        wanted = self.cleaned_data.get(self.field_of_mode) if self.field_of_mode else None
        pool = self._by_mode.get(PurchaseMode(self.cleaned_data["mode"]), ())
        return next((row for row in pool if row.public_id == wanted), None)


def _with_notes(affiliate: Account) -> SafeString:
    """Its name, and smaller what it is for, its tenant and its seats."""
    kind, tenant = getattr(affiliate, "affiliate", None), getattr(affiliate, "tenant", None)
    seats = affiliate.__dict__.get("seats")
    notes = [str(kind.get_purpose_display()).lower()] if kind else []
    notes += [tenant.domain] if tenant else []
    notes += [ngettext("%(many)d seat", "%(many)d seats", seats) % {"many": seats}] if seats else []
    return format_html('<span><bdi>{}</bdi> <span class="note">{}</span></span>', affiliate.name, " · ".join(notes))


class NewCompany(forms.Form):
    """A new affiliate or end customer; only the name and the country are asked always."""

    name = forms.CharField(label=_("Company name"), max_length=200, help_text=_("As you want to see it on invoices"))
    email = forms.EmailField(
        max_length=254,
        label=_("E-mail"),
        help_text=_("Microsoft writes here about the tenant"),
        error_messages=NO_ADDRESS,
    )
    phone = forms.CharField(label=_("Phone"), max_length=30, help_text=_("With country code"))
    address_line1 = forms.CharField(label=_("Street and number"), max_length=200, required=False)
    address_line2 = forms.CharField(label=_("Address, second line"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = list(countries)  # type: ignore[attr-defined]  # a ChoiceField

    def clean_phone(self) -> str:
        """With its country code."""
        return _worded(names.clean_phone, self.cleaned_data["phone"])

    def clean_postcode(self) -> str:
        """By the country's rules; the country is read raw because it is cleaned later."""
        country = str(self.data.get(self.add_prefix("country"), ""))
        return _worded(names.clean_postcode, self.cleaned_data["postcode"], country)

    def company(self, **more: str) -> Company:
        """What was typed, for the service."""
        return Company(**{name: str(self.cleaned_data.get(name) or "") for name in COMPANY}, **more)


class NewAffiliate(NewCompany):
    """An affiliate also says what it is for; an MPN ID has no place here."""

    purpose = forms.ChoiceField(
        label=_("What is it for?"),
        choices=AffiliatePurpose.choices,
        widget=forms.RadioSelect,
        initial=AffiliatePurpose.BUSINESS_UNIT,
        help_text=_("Shown to you only"),
    )
    cost_centre = forms.CharField(label=_("Cost centre"), max_length=40, required=False)


class NewCustomer(NewCompany):
    """An end customer also has a VAT number and a segment."""

    vat_number = forms.CharField(label=_("VAT number"), max_length=30, required=False)
    segment = forms.ChoiceField(label=_("Segment"), choices=Segment.choices, initial=Segment.COMMERCIAL)

    def clean_vat_number(self) -> str:
        """By the rules of the country."""
        country = str(self.data.get(self.add_prefix("country"), ""))
        return _worded(names.clean_vat_number, self.cleaned_data["vat_number"], country)

    def company(self, **more: str) -> Company:
        """With VAT number and segment."""
        return super().company(vat_number=self.cleaned_data["vat_number"], segment=self.cleaned_data["segment"], **more)


class PoNumber(forms.Form):
    """The reseller's own reference for one order."""

    po_number = forms.CharField(label=_("Your PO number"), max_length=60, required=False)


class ServiceDetails(forms.Form):
    """Tenant, signer, partner of record for one beneficiary; only what its group needs."""

    domain_prefix = forms.CharField(
        label=_("Name of the new tenant"),
        max_length=63,
        help_text=_("1 to 27 small letters and digits. It cannot be changed later."),
    )
    signer_first_name = forms.CharField(label=_("First name"), max_length=50)
    signer_last_name = forms.CharField(label=_("Last name"), max_length=50)
    signer_email = forms.EmailField(max_length=254, label=_("E-mail"), error_messages=NO_ADDRESS)
    signer_phone = forms.CharField(label=_("Phone"), max_length=30, help_text=_("With country code"))
    partner_of_record_attested = forms.BooleanField(
        label=_("I am the partner of record of this end customer and it knows that.")
    )

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        if not group.needs_tenant:
            for name in ("domain_prefix", "signer_first_name", "signer_last_name", "signer_email", "signer_phone"):
                del self.fields[name]
        if not group.needs_mpn_id:
            del self.fields["partner_of_record_attested"]

    def clean_domain_prefix(self) -> str:
        """Free here and at Microsoft; when Microsoft does not answer in time the order finds out."""
        prefix = _worded(tenants.clean_prefix, self.cleaned_data["domain_prefix"])
        if tenants.check_prefix(prefix, account=self.group.beneficiary) is tenants.PrefixAnswer.TAKEN:
            raise forms.ValidationError(str(tenants.PrefixTaken(prefix=prefix)))
        return prefix

    def clean_signer_phone(self) -> str:
        """With its country code."""
        return _worded(names.clean_phone, self.cleaned_data["signer_phone"])

    def refuse_twin_of(self, other: ServiceDetails) -> None:
        """Two new tenants of one checkout cannot have one name either."""
        mine, theirs = (form.cleaned_data.get("domain_prefix") for form in (self, other))
        if mine and mine == theirs:
            twin = other.group.beneficiary.name if other.group.beneficiary else ""
            self.add_error("domain_prefix", _("You have given this name to %(name)s already.") % {"name": twin})

    def details(self, po_number: str) -> Details:
        """What was typed, complete or not; PostgreSQL cannot store a NUL."""
        typed = {name: str(self.data.get(self.add_prefix(name), "")).replace("\x00", "") for name in self.fields}
        return Details(
            po_number=po_number,
            domain_prefix=str(self.cleaned_data.get("domain_prefix") or typed.get("domain_prefix", ""))[:63],
            signer_first_name=typed.get("signer_first_name", "")[:50],
            signer_last_name=typed.get("signer_last_name", "")[:50],
            signer_email=str(self.cleaned_data.get("signer_email", "")),
            signer_phone=str(self.cleaned_data.get("signer_phone") or typed.get("signer_phone", ""))[:30],
            partner_of_record_attested=bool(self.cleaned_data.get("partner_of_record_attested")),
        )


class MpnId(forms.Form):
    """The reseller's MPN ID, when none is stored or it is invalid."""

    mpn_id = forms.CharField(
        label=_("Your MPN ID"), max_length=10, help_text=_("The location id, 4 to 10 digits, for example 9900185")
    )


class Confirm(forms.Form):
    """The last click: which basket in which version, which of its orders, with which MPN ID; the terms are accepted."""

    basket = forms.CharField(widget=forms.HiddenInput)
    basket_version = forms.IntegerField(widget=forms.HiddenInput)
    orders = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput)
    mpn_id = forms.CharField(widget=forms.HiddenInput, required=False)
    terms = forms.BooleanField(
        label=_("I accept the terms of sale and Microsoft's customer agreement for the companies above."),
        error_messages={"required": _("Tick this box to place the order.")},
    )

    def __init__(self, *args: Any, groups: Sequence[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any(group.has_microsoft for group in groups):
            self.fields["terms"].label = _("I accept the terms of sale.")
        companies = [group.beneficiary for group in groups if group.beneficiary]
        self.fields["orders"].choices = [(who.public_id, who.name) for who in companies]  # type: ignore[attr-defined]  # a ChoiceField


def _worded(check: Any, *values: str) -> str:
    """The checked value; a refusal becomes the field's error."""
    try:
        return str(check(*values))
    except DomainError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
