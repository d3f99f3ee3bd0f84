"""Statements of account as files: a CSV for spreadsheets, a PDF for people."""

from __future__ import annotations

import csv
import io
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Organisation
from config.kernel.errors import DomainError
from config.kernel.spreadsheets import safe_text
from invoicing.rendering import statement_layout
from invoicing.selectors.documents import buyer_of, seller_of
from invoicing.services import snapshots
from invoicing.statement import Statement

MOST_ON_PAPER: Final = 3000
HEAD: Final = ("date", "type", "number_or_reference", "debit", "credit", "balance", "currency")


class TooLongForPaper(DomainError):
    """A PDF is made while the reader waits."""

    user_message = _("The period holds more than 3,000 entries. Choose a shorter one, or take the CSV.")


def as_csv(statement: Statement) -> bytes:
    """One line per entry between the balances: ISO dates, numbers with a point, no text that a program would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerow((statement.start.isoformat(), "opening_balance", "", "", "", statement.opening, statement.currency))
    for entry in statement.entries:
        row = entry.movement
        amounts = ("" if amount is None else amount for amount in (entry.raises, entry.lowers))
        writer.writerow(
            (row.on.isoformat(), row.kind.value, safe_text(row.name), *amounts, entry.balance, statement.currency)
        )
    writer.writerow((statement.end.isoformat(), "closing_balance", "", "", "", statement.closing, statement.currency))
    return out.getvalue().encode("utf-8-sig")


def as_pdf(statement: Statement, *, bill_to: Account) -> bytes:
    """In the addressee's language and the style of the invoices. Raises TooLongForPaper, RenderingFailed."""
    from invoicing.rendering import pdf  # 22 MiB that workers of billing runs do without

    if len(statement.entries) + len(statement.open_items) > MOST_ON_PAPER:
        raise TooLongForPaper
    seller, buyer = seller_of(snapshots.seller(Organisation.get())), buyer_of(snapshots.buyer(bill_to))
    html = statement_layout.html(statement, seller=seller, buyer=buyer, language=bill_to.language)
    return pdf.write(html, name=f"{seller.vat_number}/{buyer.code}/{statement.start}/{statement.end}")
