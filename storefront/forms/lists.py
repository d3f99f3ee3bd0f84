"""Filters of the lists; everything stands in the address."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from storefront.enums import OrderStatus, SubscriptionStatus

ANY = ("", _("All"))


class Search(forms.Form):
    """A search word."""

    q = forms.CharField(label=_("Search name, number, tenant"), max_length=100, required=False)

    def text(self) -> str:
        """The word, harmless when the address was tampered with."""
        return str(self.cleaned_data.get("q", "")).replace("\x00", "").strip() if self.is_valid() else ""

    def is_on(self) -> bool:
        """Whether anything is filtered at all; what could not be read filters nothing but was asked for."""
        return any(self.data.get(name) for name in self.fields)


class OrderFilter(Search):
    """Orders by mode and status."""

    q = forms.CharField(label=_("Search number, company, product, PO"), max_length=100, required=False)
    mode = forms.ChoiceField(label=_("Purchase mode"), choices=[ANY, *PurchaseMode.choices], required=False)
    status = forms.ChoiceField(label=_("Status"), choices=[ANY, *OrderStatus.choices], required=False)


class SubscriptionFilter(Search):
    """Subscriptions by mode and status."""

    q = forms.CharField(label=_("Search product, company, number, tenant"), max_length=100, required=False)
    mode = forms.ChoiceField(label=_("Purchase mode"), choices=[ANY, *PurchaseMode.choices], required=False)
    status = forms.ChoiceField(label=_("Status"), choices=[ANY, *SubscriptionStatus.choices], required=False)
