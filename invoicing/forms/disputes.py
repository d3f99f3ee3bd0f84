"""Which line is wrong, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from config.kernel import formats
from invoicing.models import InvoiceItem
from invoicing.services.disputes import LONGEST


class LineChoice(forms.ModelChoiceField):
    """A line by its position, product and for whom."""

    def label_from_instance(self, item: Any) -> str:
        """1. Microsoft 365 E3, Acme, €60.00."""
        return (
            f"{item.position}. {item.product_name}, {item.beneficiary_name}, {formats.money(item.net, item.currency)}"
        )


class DisputeForm(forms.Form):
    """A line of the invoice and what is wrong with it."""

    item = LineChoice(label=_("Line"), queryset=InvoiceItem.objects.none(), empty_label=_("Choose a line"))
    part_net = forms.DecimalField(
        label=_("Only a part of it, net"),
        max_digits=14,
        decimal_places=2,
        required=False,
        help_text=_("Leave it empty to dispute the whole line."),
    )
    reason = forms.CharField(
        label=_("What is wrong"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example: 3 of the 10 seats were cancelled on 2 November"),
    )

    def __init__(self, *args: Any, lines: QuerySet[InvoiceItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = lines  # type: ignore[attr-defined]  # a ModelChoiceField has it
