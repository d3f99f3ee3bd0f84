"""What an operator decides about the price and the end of a running subscription."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts

DATE = forms.DateInput(attrs={"type": "date"})
FIRST_YEAR, LAST_YEAR = 2000, 2099


def _this_century(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise forms.ValidationError(_("Enter a day of this century."))
    return day


class PriceForm(CleanTexts, forms.Form):
    """Another price from a day on, and why."""

    price = forms.DecimalField(
        label=_("New price per unit and billing period, net"), min_value=0, max_digits=14, decimal_places=6
    )
    on = forms.DateField(label=_("From"), widget=DATE)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Printed on a credit invoice when the price falls.")
    )

    def clean_on(self) -> date:
        """A day that billing may reach."""
        return _this_century(self.cleaned_data["on"])


class ProtectForm(CleanTexts, forms.Form):
    """The price of the coming terms, and why; or why the promise is withdrawn."""

    price = forms.DecimalField(
        label=_("Price per unit for a whole term, net"), min_value=0, max_digits=14, decimal_places=6
    )
    until = forms.DateField(
        label=_("For terms that begin by"),
        widget=DATE,
        help_text=_("That day included; later terms cost the list price."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, withdraws: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("price", "until") if withdraws else ():
            self.fields[name].required = False

    def clean_until(self) -> date | None:
        """A day that a term may reach."""
        until: date | None = self.cleaned_data["until"]
        return _this_century(until) if until else None


class EndForm(CleanTexts, forms.Form):
    """From which day on it is over, and why."""

    on = forms.DateField(
        label=_("First day without it"),
        widget=DATE,
        help_text=_("Tomorrow ends it today. Charged days from then on are refunded by the product's policy."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("The reseller reads it."))

    def clean_on(self) -> date:
        """A day that billing may reach."""
        return _this_century(self.cleaned_data["on"])
