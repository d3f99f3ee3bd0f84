"""What the templates of invoices print, made of rows in hand: no query, no arithmetic but sums of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.enums import PurchaseMode
from config.kernel import formats
from config.kernel.money import Money
from invoicing.enums import InvoiceStatus
from invoicing.models import Invoice
from invoicing.selectors import invoice_pages as selectors


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One line of the list. Amounts of a credit invoice are negative here: the list adds up."""

    invoice: Invoice
    kind: str
    who: str
    mode: str
    detail: str
    net: Money
    tax: Money
    gross: Money
    open: Money
    status: InvoiceStatus


def kind_of(invoice: Invoice) -> str:
    """The type in words."""
    if invoice.is_credit:
        return _("Credit")
    return _("Separate") if invoice.beneficiary_id else _("Aggregated")


def heading_of(invoice: Invoice) -> str:
    """The title of its page."""
    words = _("Credit invoice %(number)s") if invoice.is_credit else _("Invoice %(number)s")
    return words % {"number": invoice.number}


def lead_of(invoice: Invoice) -> str:
    """Type and dates: Aggregated · issued 1 Nov 2026 · due 31 Dec 2026."""
    language = get_language() or formats.FALLBACK
    words = [kind_of(invoice), _("issued %(date)s") % {"date": formats.day(invoice.issued_on, language)}]
    if not invoice.is_credit:
        words.append(_("due %(date)s") % {"date": formats.day(invoice.due_on, language)})
    return " · ".join(words)


def row_of(invoice: Invoice, on: date) -> InvoiceRow:
    """A row from an invoice read by `selectors.listed`."""
    sign = -1 if invoice.is_credit else 1
    users: list[dict[str, Any]] = invoice.users  # type: ignore[attr-defined]  # annotated by the selector
    total = sum(part["users"] for part in users)
    single = total == 1
    return InvoiceRow(
        invoice=invoice,
        kind=kind_of(invoice),
        who=users[0]["first"] if single else _("%(count)s beneficiaries") % {"count": total},
        mode=users[0]["mode"] if single else "",
        detail="" if single else split_words(users),
        net=Money(sign * invoice.net, invoice.currency),
        tax=Money(sign * invoice.tax, invoice.currency),
        gross=Money(sign * invoice.gross, invoice.currency),
        open=Money(sign * invoice.balance.open_amount, invoice.currency),
        status=selectors.status_of(invoice, on),
    )


def split_words(users: Iterable[dict[str, Any]]) -> str:
    """own use, 2 affiliates, 3 end customers"""
    counts = {part["mode"]: part["users"] for part in users}
    words = []
    if counts.get(PurchaseMode.PERSONAL):
        words.append(_("own use"))
    if number := counts.get(PurchaseMode.AFFILIATE, 0):
        words.append(ngettext("%(count)s affiliate", "%(count)s affiliates", number) % {"count": number})
    if number := counts.get(PurchaseMode.END_CUSTOMER, 0):
        words.append(ngettext("%(count)s end customer", "%(count)s end customers", number) % {"count": number})
    return ", ".join(words)


def totals(rows: Iterable[InvoiceRow], currency: str) -> dict[str, Money]:
    """The sums of a page."""
    sums = {name: Money(Decimal("0.00"), currency) for name in ("net", "tax", "gross", "open")}
    for row in rows:
        for name in sums:
            sums[name] += getattr(row, name)
    return sums
