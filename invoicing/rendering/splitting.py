"""Why a document does not stand on one with the others, in words. Pure, in the active language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from invoicing.enums import SplitReason
from invoicing.rendering.paper import Paper, plain


def split_notes(reasons: Iterable[str], *, currency: str, category: str, month: date | None, paper: Paper) -> list[str]:
    """One sentence for each reason; a text that is none of them (from an older version) is printed as it is.

    `category` is the tax category in words, `month` any day of the month of supply.
    """
    when = paper.month(month) if month else ""
    words = {
        SplitReason.CURRENCY: _("Each currency has an invoice of its own: this one is in %(currency)s."),
        SplitReason.TREATMENT: _("Each tax treatment has an invoice of its own: this one is “%(category)s”."),
        SplitReason.MONTH: _("Each calendar month of supply has an invoice of its own: this one is for %(month)s."),
    }
    facts = {"currency": currency, "category": category, "month": when}
    return [words[SplitReason(code)] % facts if code in SplitReason.values else plain(code) for code in reasons]
