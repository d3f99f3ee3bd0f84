"""What came of a dispute."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.enums import DisputeState
from invoicing.services.disputes import LONGEST

STATES = [(state.value, state.label) for state in DisputeState if state is not DisputeState.OPEN]


class OutcomeForm(forms.Form):
    """Accepted, rejected or withdrawn, and why."""

    state = forms.ChoiceField(label=_("Decision"), choices=STATES, widget=forms.RadioSelect)
    outcome = forms.CharField(
        label=_("Outcome"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The reseller reads it. For example: 3 seats are credited by CRN-2026-000007"),
    )
