"""The period of a statement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.kernel.periods import month_of

DATE = forms.DateInput(attrs={"type": "date"})
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)


class PeriodForm(forms.Form):
    """From the first to the last day, both included; half-open inside."""

    first = forms.DateField(label=_("From"), widget=DATE)
    last = forms.DateField(label=_("To"), widget=DATE)

    def __init__(self, data: Any, *, today: date) -> None:
        month = month_of(today)
        asked = {name: data[name] for name in ("first", "last") if data.get(name)}
        super().__init__({"first": month.start.isoformat(), "last": today.isoformat(), **asked})
        self.today = today

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

    def period(self) -> tuple[date, date]:
        """[start, end); the current month up to today when what was asked for cannot be read."""
        if self.is_valid():
            return self.cleaned_data["first"], self.cleaned_data["last"] + timedelta(days=1)
        return month_of(self.today).start, self.today + timedelta(days=1)
