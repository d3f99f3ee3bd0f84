"""Ending one of the distributor's own services, or taking that back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts


class EndForm(CleanTexts, forms.Form):
    """When it ends: with what is charged already, or today."""

    when = forms.ChoiceField(
        label=_("When it ends"),
        choices=[("period", ""), ("now", "")],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose when it ends."),
            "invalid_choice": _("Choose when it ends."),
        },
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
