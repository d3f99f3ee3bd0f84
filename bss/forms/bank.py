"""Bringing a bank file, saying how it is read, and whose a transfer is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from bss.forms.billing import PAYERS
from bss.forms.credits import AmountsForm
from invoicing.bank import files, values
from invoicing.bank.files import Line, Plan, Unreadable
from invoicing.services.bank_imports import PROBLEMS

ACCOUNT = re.compile(r"[A-Z0-9]{5,34}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
SHOWN = 8
ENCODINGS = (("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1253", _("Windows-1253 (Greek)")))
DELIMITERS = ((";", _("Semicolon ;")), (",", _("Comma ,")), ("\t", _("Tab")))
DATES = (("dmy", _("Day first: 31/12/2026")), ("iso", _("ISO: 2026-12-31")), ("mdy", _("Month first: 12/31/2026")))
AMOUNTS = (("comma", _("Comma: 1.000,50")), ("point", _("Point: 1,000.50")))
PURPOSES = (
    ("value_on", _("Value date")),
    ("amount", _("Amount")),
    ("reference", _("Text of the transfer")),
    ("currency", _("Currency")),
    ("payer", _("Payer")),
    ("bank_id", _("The bank's own id")),
    ("outgoing", _("Outgoing amount")),
)


class BankFileForm(forms.Form):
    """The file, and which account of ours it is of."""

    file = forms.FileField(label=_("Movements (CSV)"), allow_empty_file=True, max_length=200)
    account = forms.CharField(
        label=_("Our account"), max_length=60, help_text=_("IBAN, for example GR16 0110 1250 0000 0001 2300 695")
    )

    def clean_account(self) -> str:
        """Without spaces."""
        plain = "".join(self.cleaned_data["account"].split()).upper()
        if ACCOUNT.fullmatch(plain) is None:
            raise ValidationError(_("Enter the IBAN or number of the account: 5 to 34 letters and digits."))
        return plain


class FrameForm(forms.Form):
    """What makes cells of the bytes; the columns depend on it."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Separator"), choices=DELIMITERS)
    header_line = forms.IntegerField(label=_("Line with the names of the columns"), min_value=1, max_value=10**6)

    def lines(self, content: bytes) -> list[Line]:
        """The file by what was chosen; a refusal stands beside the field."""
        try:
            lines = files.lines_of(
                content, encoding=self.cleaned_data["encoding"], delimiter=self.cleaned_data["delimiter"]
            )
        except Unreadable as error:
            self.add_error("delimiter" if str(error) == "quotes" else "encoding", PROBLEMS[str(error)])
            return []
        if not any(line.number == self.cleaned_data["header_line"] for line in lines):
            self.add_error("header_line", _("There is no such line, or it is empty."))
            return []
        return lines


class ColumnsForm(forms.Form):
    """Which column is what, and how dates and amounts are written in it."""

    dates = forms.ChoiceField(label=_("Dates"), choices=DATES, widget=forms.RadioSelect)
    amounts = forms.ChoiceField(label=_("Decimal sign"), choices=AMOUNTS, widget=forms.RadioSelect)
    fixed_currency = forms.CharField(
        label=_("Currency of the account"), max_length=3, help_text=_("For files without a column of the currency")
    )

    def __init__(self, *args: Any, header: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(at), cell or _("Column %(n)s") % {"n": at + 1}) for at, cell in enumerate(header.cells)]
        for purpose, label in PURPOSES:
            needed = purpose in files.REQUIRED
            nothing = _("Choose a column") if needed else _("Not in the file")
            self.fields[f"column_{purpose}"] = forms.ChoiceField(
                label=label, required=needed, choices=[("", nothing), *names]
            )

    def columns(self) -> Iterator[BoundField]:
        """The fields of the columns."""
        return (self[f"column_{purpose}"] for purpose, _label in PURPOSES)

    def clean_fixed_currency(self) -> str:
        """An ISO code."""
        code = str(self.cleaned_data["fixed_currency"]).strip().upper()
        if CURRENCY.fullmatch(code) is None:
            raise ValidationError(_("Enter a currency by its three letters, for example EUR."))
        return code

    def clean(self) -> dict[str, Any]:
        """A column serves one purpose."""
        data = super().clean() or {}
        taken: dict[str, str] = {}
        for purpose, _label in PURPOSES:
            at = data.get(f"column_{purpose}")
            if at and at in taken:
                self.add_error(f"column_{purpose}", _("This column is chosen twice."))
            elif at:
                taken[at] = purpose
        return data

    def plan(self, frame: Mapping[str, Any]) -> Plan:
        """How the file is read."""
        data = self.cleaned_data
        chosen = {purpose: data.get(f"column_{purpose}") for purpose, _label in PURPOSES}
        return Plan(
            encoding=frame["encoding"],
            delimiter=frame["delimiter"],
            header_line=frame["header_line"],
            dates=data["dates"],
            amounts=data["amounts"],
            currency=data["fixed_currency"],
            columns={purpose: int(at) for purpose, at in chosen.items() if at},
        )


def suggested(lines: Sequence[Line], header: Line, *, currency: str) -> dict[str, Any]:
    """What a person confirms: columns by their names; a notation only when just one fits every value."""
    columns = files.suggested_columns(header)
    below = [line for line in lines if line.number > header.number]

    def texts(purpose: str) -> list[str]:
        at = columns.get(purpose, len(header.cells))
        return [line.cells[at] for line in below if at < len(line.cells) and _is_row(line, columns)]

    facts: dict[str, Any] = {f"column_{purpose}": at for purpose, at in columns.items()}
    dates, amounts = values.date_notations(texts("value_on")), values.amount_notations(texts("amount"))
    facts |= {"dates": dates[0]} if len(dates) == 1 else {}
    facts |= {"amounts": amounts[0]} if amounts else {}
    return {**facts, "fixed_currency": currency}


def _is_row(line: Line, columns: Mapping[str, int]) -> bool:
    """Whether the line has a date: totals below the table have none."""
    at = columns.get("value_on", 0)
    return at < len(line.cells) and bool(line.cells[at])


class RowForm(AmountsForm):
    """Whose a transfer is, what it settles; or why it is left out."""

    bill_to = forms.ModelChoiceField(label=_("Reseller"), queryset=PAYERS, required=False, empty_label=_("Choose"))
    reason = forms.CharField(
        label=_("Why it is left out"),
        max_length=250,
        required=False,
        help_text=_("For example: refund of a supplier, recorded by hand"),
    )
