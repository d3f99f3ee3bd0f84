"""Why a line costs what it costs, in words: formula, days, price source, rounding. Pure, in the active language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.kernel.money import round_half_up
from invoicing.rendering.document import Line
from invoicing.rendering.layout import counted, formula
from invoicing.rendering.paper import Paper, plain
from invoicing.rendering.taxation import category_word

SHOWN_PLACES = 4


@dataclass(frozen=True, slots=True)
class Explanation:
    """The formula, a note on its rounding, and named reasons."""

    formula: str
    note: str
    reasons: tuple[tuple[str, str], ...]


def exact(line: Line) -> Fraction:
    """Quantity × unit price × factor, before it is rounded."""
    return Fraction(line.quantity) * Fraction(line.unit_price) * Fraction(line.factor.part, line.factor.whole)


def explain(line: Line, paper: Paper) -> Explanation:
    """Everything a reader needs to compute the amount again by hand."""
    return Explanation(formula(line, paper), _rounding(line, paper), tuple(_reasons(line, paper)))


def _rounding(line: Line, paper: Paper) -> str:
    value = exact(line)
    if round_half_up(value) != line.net.amount and line.credited is not None:
        return _("The last units take back the cents that rounding had left on the line of the invoice.")
    if round_half_up(value) != line.net.amount:
        return _("A price for several periods is split so that the cents of its parts add up exactly.")
    if value == Fraction(line.net.amount):
        return ""
    shown = Decimal(int(abs(value) * 10**SHOWN_PLACES)).scaleb(-SHOWN_PLACES)
    more = "" if Fraction(shown) == abs(value) else "…"
    digits = paper.quantity(shown if value >= 0 else -shown)
    return _("%(exact)s rounded half up to cents, once per line") % {"exact": f"{digits}{more}"}


def _reasons(line: Line, paper: Paper) -> list[tuple[str, str]]:
    reasons: list[tuple[str, str]] = []
    if line.period:
        days = ngettext("%(count)s day", "%(count)s days", line.period.days) % {"count": line.period.days}
        reasons.append((_("Service period"), f"{paper.period(line.period)} · {days}"))
    if line.factor.is_full and line.period:  # what is charged once has neither
        reasons.append((_("Factor"), _("1: a whole billing period is charged")))
    elif not line.factor.is_full:
        facts = {"factor": paper.factor(line.factor), "counted": counted(line)}
        reasons.append((_("Factor"), _("%(factor)s: %(counted)s of the billing period") % facts))
    price = paper.unit_price(line.unit_price, line.net.currency)
    source = plain(line.price_source)
    reasons.append((_("Price of one unit"), f"{price} · {source}" if source else price))
    if line.order_reference:
        reasons.append((_("Order"), plain(line.order_reference)))
    if line.service_reference:
        reasons.append((_("Subscription"), plain(line.service_reference)))
    if line.credited is not None:
        reasons.append((_("Takes back"), formula(line.credited, paper)))
    vat = _("%(rate)s, added once, on the invoice total") % {"rate": paper.percent(line.tax_rate)}
    if line.tax_category != "S":
        vat = f"{paper.percent(line.tax_rate)} · {category_word(line.tax_category)}"
    return [*reasons, (_("VAT"), vat)]
