"""What the mail with documents says: numbers, amounts, how to pay, and where the files are.

Texts are made when they are read, in the language that is active then: the addressee's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Account
from config.kernel import formats
from config.kernel.money import Money
from invoicing.models import Invoice
from invoicing.rendering.paper import iban

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One document of the mail; `link` opens its file, "" when it is attached."""

    invoice: Invoice
    link: str = ""

    @property
    def kind(self) -> str:
        """The type in words."""
        return _("Credit invoice") if self.invoice.is_credit else _("Invoice")

    @property
    def title(self) -> str:
        """Invoice INV-2026-000001"""
        words = _("Credit invoice %(number)s") if self.invoice.is_credit else _("Invoice %(number)s")
        return words % {"number": self.invoice.number}

    @property
    def whom(self) -> str:
        """For end customer X, on a separate invoice."""
        if self.invoice.beneficiary is None:
            return ""
        return _("for end customer %(name)s") % {"name": self.invoice.beneficiary.name}

    @property
    def amount(self) -> Money:
        """Gross; a credit invoice lowers what is owed."""
        gross = -self.invoice.gross if self.invoice.is_credit else self.invoice.gross
        return Money(gross, self.invoice.currency)

    @property
    def due(self) -> str:
        """When it has to be paid; "" for a credit invoice."""
        return "" if self.invoice.is_credit else _day(self.invoice.due_on).replace(" ", formats.NBSP, 1)


@dataclass(frozen=True)
class DocumentLetter:
    """One mail to one bill-to with one or several documents of one currency."""

    account: Account
    rows: Sequence[LetterRow]
    zone: ZoneInfo
    is_collected: bool = False
    archive: str = ""
    links_until: datetime | None = None

    @property
    def only(self) -> LetterRow | None:
        """The one document, if it is one."""
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def what(self) -> str:
        """Invoice INV-2026-000001, 3 invoices, 4 documents"""
        if self.only:
            return self.only.title
        count = {"count": formats.number(len(self.rows), _language())}
        if any(row.invoice.is_credit for row in self.rows):
            return ngettext("%(count)s document", "%(count)s documents", len(self.rows)) % count
        return ngettext("%(count)s invoice", "%(count)s invoices", len(self.rows)) % count

    @property
    def subject(self) -> str:
        """Fact and amount: 3 invoices of 1 Nov 2026, €6,402.75"""
        newest = max(row.invoice.issued_on for row in self.rows)
        return _("%(what)s of %(day)s, %(amount)s") % {
            "what": self.what,
            "day": _day(newest),
            "amount": _money(self.only.invoice.total if self.only else self.total),
        }

    @property
    def next_step(self) -> str:
        """What the reader has to do, in one sentence."""
        if not self.due.amount:
            return _("Nothing has to be paid.")
        facts = {"amount": _money(self.due), "day": _day(self.first_due)}
        if self.is_collected:
            return _("%(amount)s is collected by direct debit, due %(day)s.") % facts
        if self.has_parts:
            return _("Please pay %(amount)s. The first part of it is due on %(day)s.") % facts
        return _("Please pay %(amount)s by %(day)s.") % facts

    @property
    def total(self) -> Money:
        """The sum of all documents, credits counted negative."""
        return sum((row.amount for row in self.rows), Money.zero(self.account.currency))

    @property
    def due(self) -> Money:
        """What is open of the invoices now."""
        open_amounts = (row.invoice.balance.open_amount for row in self._debits)
        return Money(sum(open_amounts, Decimal("0.00")), self.account.currency)

    @property
    def first_due(self) -> date:
        """The earliest due date of what is open."""
        return min(self._due_days)

    @property
    def has_parts(self) -> bool:
        """Whether what is open is due on different days."""
        return len(self._due_days) > 1

    @property
    def _due_days(self) -> set[date]:
        return {row.invoice.due_on for row in self._debits if row.invoice.balance.open_amount}

    @property
    def shown(self) -> Sequence[LetterRow]:
        """The documents that the mail lists."""
        return self.rows[:SHOWN]

    @property
    def more(self) -> str:
        """How many it does not list."""
        left = len(self.rows) - SHOWN
        if left <= 0:
            return ""
        words = ngettext("and %(count)s more document", "and %(count)s more documents", left)
        return words % {"count": formats.number(left, _language())}

    @property
    def where(self) -> str:
        """Where the files are."""
        if not self.links_until:
            return ngettext(
                "The PDF is attached to this mail.", "The PDF files are attached to this mail.", len(self.rows)
            )
        until = formats.deadline(self.links_until, self.zone, _language())
        words = ngettext(
            "The file is too large for a mail. The link works until %(until)s, without signing in.",
            "The files are too many or too large for a mail. The links work until %(until)s, without signing in.",
            len(self.rows),
        )
        return words % {"until": until}

    @property
    def payment(self) -> list[tuple[str, str]]:
        """Bank data and reference, when something has to be transferred."""
        if self.is_collected or not self.due.amount:
            return []
        facts = self._debits[0].invoice.payment
        rows = [
            (_("Payee"), facts.get("account_holder", "")),
            (_("IBAN"), iban(facts.get("iban", ""))),
            (_("BIC"), facts.get("bic", "")),
            (_("Bank"), facts.get("bank_name", "")),
            (_("Reference"), self._reference(facts)),
        ]
        return [(name, value) for name, value in rows if value]

    def _reference(self, facts: Mapping[str, Any]) -> str:
        if self.only:
            return str(facts.get("reference", ""))
        return _("%(code)s and the numbers of the invoices") % {"code": self.account.code}

    @property
    def _debits(self) -> list[LetterRow]:
        return [row for row in self.rows if not row.invoice.is_credit]

    @property
    def page(self) -> str:
        """The page in the Storefront, below its address."""
        return self.only.invoice.get_absolute_url() if self.only else "/invoices/"


def _language() -> str:
    return get_language() or formats.FALLBACK


def _day(value: Any) -> str:
    return formats.day(value, _language())


def _money(value: Money) -> str:
    return formats.money(value.amount, value.currency, _language())
