"""Another address to sign in with."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ChangeEmail(forms.Form):
    """The new address; the link that makes it count is mailed there."""

    email = forms.EmailField(
        label=_("New e-mail"),
        help_text=_("We send a link there; the address changes when you open it. Until then you sign in as before."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        max_length=254,
    )
