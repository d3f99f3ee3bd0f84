"""What a person found out about a VAT number."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import VatResult
from accounts.services.vat_checks import LONGEST

RESULTS = [(result.value, result.label) for result in (VatResult.VALID, VatResult.INVALID)]


class RecordForm(forms.Form):
    """The result, and how it was found."""

    result = forms.ChoiceField(label=_("Result"), choices=RESULTS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("How it was checked"),
        max_length=LONGEST,
        help_text=_("For example: VIES web page, 25 Nov 2026, request number WAPIAAAAY1x, print-out in the file."),
    )
