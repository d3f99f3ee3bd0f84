"""Switching auto-renew."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AutoRenewForm(forms.Form):
    """What the user wants to happen at the term's end."""

    renews = forms.ChoiceField(
        label=_("At the end of the term"),
        choices=[("on", _("Renew")), ("off", _("End"))],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Choose whether it renews or ends.")},
    )
