"""What is exported: which documents, what of them, and as which file."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from config.kernel.periods import month_of
from invoicing.forms.statements import DATE, FIRST, LAST
from invoicing.selectors.exports import Extract

PDF: Final = "zip"
KINDS: Final = (
    ("headers.csv", _("Documents, one row each (CSV)")),
    ("headers.xlsx", _("Documents, one row each (XLSX)")),
    ("lines.csv", _("Lines of the documents (CSV)")),
    ("lines.xlsx", _("Lines of the documents (XLSX)")),
    (PDF, _("PDF and XML files with register and checksums (ZIP)")),
)
BOOKINGS: Final = (
    ("bookings.csv", _("Bookings by account and tax code (CSV)")),
    ("bookings.xlsx", _("Bookings by account and tax code (XLSX)")),
)


class ExportForm(forms.Form):
    """A period by invoice date, both days included, and what is made of it."""

    first = forms.DateField(label=_("From"), widget=DATE)
    last = forms.DateField(label=_("To"), widget=DATE)
    what = forms.ChoiceField(label=_("What"), widget=forms.RadioSelect)

    for_staff: ClassVar[bool] = False

    def __init__(self, data: Any, *, today: date) -> None:
        month = month_of(today)
        shown = {"first": month.start.isoformat(), "last": today.isoformat(), "what": KINDS[0][0]}
        super().__init__({**shown, **{name: data[name] for name in data if data[name]}})
        self.fields["what"].choices = [*KINDS, *(BOOKINGS if self.for_staff else ())]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """The last day does not lie before the first."""
        facts = super().clean() or {}
        first, last = facts.get("first"), facts.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        for name, day in (("first", first), ("last", last)):
            if day and not FIRST <= day <= LAST:
                self.add_error(name, _("Choose a day between 2000 and 2099."))
        return facts

    @property
    def extract(self) -> Extract | None:
        """What is extracted; None for the files themselves."""
        what = str(self.cleaned_data["what"])
        return None if what == PDF else Extract(what.partition(".")[0])

    @property
    def ending(self) -> str:
        """The kind of file: csv, xlsx or zip."""
        return str(self.cleaned_data["what"]).rpartition(".")[2]
