"""Whether a reseller that owes long may still order."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.enums import SuspensionState
from invoicing.services.suspensions import LONGEST


class SuspensionForm(forms.Form):
    """The decision and why."""

    state = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (SuspensionState.STOPPED.value, _("Stop new orders of the reseller and its customers")),
            (SuspensionState.LEFT.value, _("Leave it as it is")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Running services go on and are billed either way."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        help_text=_("For example: promised to pay by 5 December, spoke with Ms Papadaki."),
    )
