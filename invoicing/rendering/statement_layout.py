"""From a statement of account to HTML for paper, in the language and style of the invoices."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _

from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.rendering.document import Buyer, Seller
from invoicing.rendering.layout import accent_of, buyer_lines, foot_of, names_of
from invoicing.rendering.paper import Paper, plain
from invoicing.statement import Bucket, Entry, Kind, OpenItem, Statement


def kind_words() -> dict[str, str]:
    """The kinds of entries in the active language."""
    return {
        Kind.INVOICE: _("Invoice"),
        Kind.CREDIT: _("Credit invoice"),
        Kind.PAYMENT: _("Payment"),
        Kind.REVERSAL: _("Reversal of a payment"),
    }


def bucket_words() -> dict[str, str]:
    """The buckets in the active language."""
    return {
        Bucket.NOT_DUE: _("Not due"),
        Bucket.UP_TO_30: _("1–30 days"),
        Bucket.UP_TO_60: _("31–60 days"),
        Bucket.UP_TO_90: _("61–90 days"),
        Bucket.OVER_90: _("Over 90 days"),
    }


def html(statement: Statement, *, seller: Seller, buyer: Buyer, language: str) -> str:
    """The whole page. The same statement gives the same text."""
    with translation.override(language):
        page = _build(statement, seller, buyer, Paper(language))
        return str(get_template("pdf/statement.html").render({"page": page}))


def _build(statement: Statement, seller: Seller, buyer: Buyer, paper: Paper) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return paper.money(Money(amount, statement.currency))

    last = statement.end - timedelta(days=1)
    period = paper.long_period(Period(statement.start, statement.end))
    words, buckets = kind_words(), bucket_words()
    sums = (
        (_("Opening balance"), statement.opening),
        (_("Invoices"), statement.total(Kind.INVOICE)),
        (_("Credit invoices"), statement.total(Kind.CREDIT)),
        (_("Payments"), statement.total(Kind.PAYMENT, Kind.REVERSAL)),
    )
    return {
        "language": paper.locale.language,
        "title": _("Statement of account"),
        "number": period,
        "stamp": f"{last.isoformat()}T00:00:00Z",
        "accent": accent_of(seller),
        "seller": names_of(seller),
        "buyer": {"name": plain(buyer.name), "lines": buyer_lines(buyer, paper)},
        "foot": foot_of(seller, paper),
        "facts": [(_("Your account"), plain(buyer.code)), (_("Period"), period)],
        "sums": [(label, money(amount)) for label, amount in sums],
        "closing": money(statement.closing),
        "closing_label": _("Balance on %(day)s") % {"day": paper.day(last)},
        "opening": money(statement.opening),
        "entries": [_entry(entry, words, paper, money) for entry in statement.entries],
        "open_items": [_open(item, words, paper, money) for item in statement.open_items],
        "ageing": [(buckets[bucket], money(amount)) for bucket, amount in statement.ageing.items()],
        "available": money(statement.available),
    }


def _entry(entry: Entry, words: dict[str, str], paper: Paper, money: Any) -> dict[str, str]:
    return {
        "on": paper.day(entry.movement.on),
        "kind": words[entry.movement.kind],
        "name": plain(entry.movement.name),
        "raises": "" if entry.raises is None else money(entry.raises),
        "lowers": "" if entry.lowers is None else money(entry.lowers),
        "balance": money(entry.balance),
    }


def _open(item: OpenItem, words: dict[str, str], paper: Paper, money: Any) -> dict[str, str]:
    return {
        "kind": words[item.kind],
        "name": plain(item.name),
        "on": paper.day(item.on),
        "due": paper.day(item.due_on) if item.due_on else "",
        "amount": money(item.amount),
        "open": money(item.open),
    }
