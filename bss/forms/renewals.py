"""What an operator decides about a renewal that is held."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts


class AgreeForm(CleanTexts, forms.Form):
    """Price and seats that were agreed with the reseller, and why."""

    price = forms.DecimalField(
        label=_("Price per unit for the whole term, net"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text=_("Of an own product: per billing period."),
    )
    quantity = forms.IntegerField(
        label=_("Seats that Microsoft renewed"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Only when they differ from the seats known here."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)
