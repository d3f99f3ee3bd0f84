"""What a reseller keeps itself: its address, its MPN ID, its users."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import StorefrontRole
from accounts.models import Account
from accounts.services.accounts import Company

ADDRESS = ("email", "phone", "address_line1", "address_line2", "postcode", "city", "region")


class AddressForm(forms.Form):
    """Where invoices and Microsoft find the company. Name, VAT number and country are the distributor's to change."""

    email = forms.EmailField(max_length=254, label=_("Corporate e-mail"))
    phone = forms.CharField(label=_("Phone"), max_length=30, help_text=_("With country code"))
    address_line1 = forms.CharField(label=_("Street and number"), max_length=200)
    address_line2 = forms.CharField(label=_("Address, second line"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20)
    city = forms.CharField(label=_("City"), max_length=100)
    region = forms.CharField(label=_("Region"), max_length=100, required=False)

    def company(self, account: Account) -> Company:
        """The company with its new address, for the service."""
        kept = Company(
            name=account.name,
            country=str(account.country),
            vat_number=account.vat_number,
            segment=account.segment,
            language=account.language,
        )
        return replace(kept, **{name: self.cleaned_data[name] for name in ADDRESS})


class MpnForm(forms.Form):
    """The number that brings incentives."""

    mpn_id = forms.CharField(
        label=_("MPN ID"), max_length=10, help_text=_("The location id, 4 to 10 digits. Sent with end-customer orders.")
    )


ROLES: Final = [
    (role.value, format_lazy("{}: {}", role.label, what))
    for role, what in (
        (StorefrontRole.BILLING_AGENT, _("sees orders and invoices, keeps the company's data")),
        (StorefrontRole.SUBSCRIPTIONS_MANAGER, _("sees orders, manages subscriptions and the MPN ID")),
        (StorefrontRole.BUYER, _("places orders, adds customers")),
        (StorefrontRole.CLOUD_ADMINISTRATOR, _("keeps the MPN ID")),
    )
]


class AccessForm(forms.Form):
    """What a user may do: everything, or what the roles allow."""

    is_admin = forms.BooleanField(label=_("Admin"), required=False, help_text=_("May do everything, also for users."))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=ROLES, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict[str, Any]:
        """Somebody without any role could do nothing."""
        data = super().clean() or {}
        if not data.get("is_admin") and not data.get("roles") and "roles" not in self.errors:
            self.add_error("roles", _("Choose at least one role, or Admin."))
        return data


class InviteForm(AccessForm):
    """A new user of the company."""

    first_name = forms.CharField(label=_("First name"), max_length=50)
    last_name = forms.CharField(label=_("Last name"), max_length=50)
    email = forms.EmailField(
        max_length=254, label=_("E-mail"), help_text=_("The user name; the invitation goes there.")
    )
    field_order = ("first_name", "last_name", "email", "is_admin", "roles")


class EditAccessForm(AccessForm):
    """Also: whether the user may sign in at all."""

    is_active = forms.BooleanField(label=_("May sign in"), required=False)
    field_order = ("is_active", "is_admin", "roles")

    def clean(self) -> dict[str, Any]:
        """Whoever cannot sign in needs no role."""
        if not self.cleaned_data.get("is_active"):
            return self.cleaned_data
        return super().clean()
