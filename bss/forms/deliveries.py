"""A mail that came back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BounceForm(forms.Form):
    """What the answer said."""

    reason = forms.CharField(
        label=_("What did the answer say?"),
        max_length=250,
        help_text=_("For example: 550 mailbox unavailable. Correct the Bill-To contact, then send it again."),
    )
