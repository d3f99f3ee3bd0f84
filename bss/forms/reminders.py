"""Leaving a reseller alone for a while."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PauseForm(forms.Form):
    """Through which day, and why."""

    until = forms.DateField(label=_("Do not remind through"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=_("Reason"), max_length=250, help_text=_("For example: payment plan agreed on 20 November")
    )
