"""Crediting lines of an invoice, moving what a payment settles, charges by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.forms.texts import CleanTexts
from accounts.models import Account
from bss.admin_site import site
from bss.forms.billing import PAYERS
from bss.forms.lookup import Lookup
from config.kernel.periods import Period
from invoicing.crediting import Line
from invoicing.models import Charge, Invoice, InvoiceItem, TaxRule
from invoicing.selectors.credits import Wish

DAY = timedelta(days=1)
DATE = forms.DateInput(attrs={"type": "date"})
LARGEST = Decimal("999999999999.99")
FIRST_YEAR, LAST_YEAR = 2000, 2099


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a line."""

    bound: BoundField

    @property
    def is_check(self) -> bool:
        """A box to tick."""
        return isinstance(self.bound.field, forms.BooleanField)

    @property
    def is_units(self) -> bool:
        """A small number."""
        return isinstance(self.bound.field, forms.IntegerField)


class CreditForm(CleanTexts, forms.Form):
    """For each line one way to credit it: all that is left, units, days, or an amount; and why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Printed on the credit invoice, for example: 3 seats were delivered too late"),
        error_messages={"required": _("Say why; the reason is printed on the credit invoice.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: Sequence[Line], items: Mapping[int, InvoiceItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.room or line.is_untouched]
        self._items = items
        for line in self.lines:
            self.fields |= _fields_of(line)

    def full_clean(self) -> None:
        """A preview needs no reason yet."""
        self.fields["reason"].required = self.data.get("act") == "issue"
        super().full_clean()
        self.fields["reason"].required = True

    def rows(self) -> Iterator[tuple[InvoiceItem, Line, list[Input | None]]]:
        """Each line with its inputs in the order of the columns; None where a line cannot be credited like that."""
        for line in self.lines:
            names = [f"{name}_{line.item_id}" for name in ("all", "units", "first", "last", "amount")]
            inputs = [Input(self[name]) if name in self.fields else None for name in names]
            yield self._items[line.item_id], line, inputs

    def clean(self) -> dict[str, Any]:
        """One way per line."""
        data = super().clean() or {}
        for line in self.lines:
            given = {name: data.get(f"{name}_{line.item_id}") for name in ("all", "units", "first", "last", "amount")}
            ways = (bool(given["all"]), any(given[name] for name in ("units", "first", "last")), bool(given["amount"]))
            if sum(ways) > 1:
                self.add_error(f"all_{line.item_id}", _("Choose one way: all of it, units and days, or an amount."))
            elif bool(given["first"]) is not bool(given["last"]):
                self.add_error(f"first_{line.item_id}", _("Enter the first and the last day."))
            elif given["first"] and given["last"] and given["last"] < given["first"]:
                self.add_error(f"first_{line.item_id}", _("The last day lies before the first."))
        return data

    def wishes(self) -> list[Wish]:
        """What was chosen."""
        wishes = []
        for line in self.lines:
            given = {name: self.cleaned_data.get(f"{name}_{line.item_id}") for name in ("units", "first", "last")}
            amount = self.cleaned_data.get(f"amount_{line.item_id}")
            period = Period(given["first"], given["last"] + DAY) if given["first"] and given["last"] else None
            if amount or given["units"] or period or self.cleaned_data.get(f"all_{line.item_id}"):
                wishes.append(Wish(line.item_id, given["units"], period, amount))
        return wishes


def _fields_of(line: Line) -> dict[str, forms.Field]:
    """The inputs of one line; one with a negative amount, a discount, is only credited as a whole."""
    pk, number = line.item_id, line.position
    fields: dict[str, forms.Field] = {
        f"all_{pk}": forms.BooleanField(label=_("Line %(n)s: all that is left") % {"n": number}, required=False)
    }
    if line.room > 0:
        fields[f"amount_{pk}"] = forms.DecimalField(
            label=_("Line %(n)s: amount, net") % {"n": number}, required=False, decimal_places=2, max_value=LARGEST
        )
    if line.room > 0 and line.units > 0:
        fields[f"units_{pk}"] = forms.IntegerField(
            label=_("Line %(n)s: units") % {"n": number}, required=False, min_value=1, max_value=2**31 - 1
        )
    if line.room > 0 and line.units > 0 and line.period.days > 1:
        for name, label in (("first", _("Line %(n)s: first day")), ("last", _("Line %(n)s: last day"))):
            fields[f"{name}_{pk}"] = forms.DateField(label=label % {"n": number}, required=False, widget=DATE)
    return fields


class ReasonForm(CleanTexts, forms.Form):
    """Why something is credited, reversed or withdrawn."""

    reason = forms.CharField(label=_("Reason"), max_length=500, error_messages={"required": _("Say why.")})
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ReversalForm(ReasonForm):
    """Why and when a payment went back."""

    on = forms.DateField(label=_("Reversed on"), widget=DATE)


class AmountsForm(forms.Form):
    """How much of a payment, credit or transfer settles which invoice."""

    def __init__(self, *args: Any, invoices: Sequence[Invoice], settled: Mapping[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoices = invoices
        for invoice in invoices:
            self.fields[f"amount_{invoice.pk}"] = forms.DecimalField(
                label=_("Settles of %(number)s") % {"number": invoice.number},
                required=False,
                min_value=0,
                max_value=LARGEST,
                decimal_places=2,
                initial=settled.get(invoice.pk),
            )

    def rows(self) -> Iterator[tuple[Invoice, BoundField]]:
        """Each invoice with its amount."""
        for invoice in self.invoices:
            yield invoice, self[f"amount_{invoice.pk}"]

    def wanted(self) -> dict[Invoice, Decimal]:
        """The amounts by invoice."""
        return {invoice: self.cleaned_data.get(f"amount_{invoice.pk}") or Decimal("0.00") for invoice in self.invoices}


class SettleForm(AmountsForm, ReasonForm):
    """What it settles instead, and why."""


class PayerForm(forms.Form):
    """Who is charged; asked first, because the rest depends on it."""

    bill_to = forms.ModelChoiceField(
        label=_("Reseller"),
        queryset=PAYERS,
        widget=Lookup(Charge._meta.get_field("bill_to"), site),
        error_messages={
            "required": _("Choose a reseller, or type its number."),
            "invalid_choice": _("No reseller has this number."),
        },
    )


class UserLookup(Lookup):
    """A search among the sub-customers of one bill-to."""

    payer: Account | None = None

    def get_url(self) -> str:
        """The address of the search, with whose sub-customers are meant."""
        return f"{super().get_url()}?bill_to={self.payer.pk if self.payer else ''}"


class ManualChargeForm(CleanTexts, forms.Form):
    """An amount by hand, which the next run picks up; below zero it is a discount."""

    bill_to = forms.ModelChoiceField(queryset=PAYERS, widget=forms.HiddenInput)
    beneficiary = forms.ModelChoiceField(
        label=_("For whom"),
        queryset=Account.objects.none(),
        required=False,
        widget=UserLookup(Charge._meta.get_field("beneficiary"), site),
        help_text=_("One of its customers or affiliates; empty: the reseller itself."),
        error_messages={"invalid_choice": _("Choose one of its customers or affiliates, or leave it empty.")},
    )
    amount = forms.DecimalField(
        label=_("Amount, net"),
        max_digits=14,
        decimal_places=2,
        help_text=_("Below zero it is a discount, for example -25.00"),
    )
    text = forms.CharField(
        label=_("Text on the invoice"), max_length=250, help_text=_("For example: Migration, 4 hours on 12 March")
    )
    product_type = forms.ChoiceField(label=_("Taxed as"), required=False)
    on = forms.DateField(
        label=_("Day of supply"), widget=DATE, help_text=_("The first day on which an invoice may carry it")
    )

    def clean_on(self) -> date:
        """A day that an invoice may still reach."""
        on: date = self.cleaned_data["on"]
        if not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise forms.ValidationError(_("Enter a day of this century."))
        return on

    def __init__(self, *args: Any, bill_to: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bill_to"].initial = bill_to
        whom: Any = self.fields["beneficiary"]
        whom.queryset = Account.objects.filter(bill_to=bill_to)
        whom.widget.payer = bill_to
        types = TaxRule.objects.exclude(product_type="").order_by("product_type").distinct("product_type")
        choices: list[Any] = [("", _("Everything else"))]
        choices += [(name, name) for name in types.values_list("product_type", flat=True)]
        self.fields["product_type"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField has them
