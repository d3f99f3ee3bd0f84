"""What a transfer most likely pays: numbers and codes in its text, its amount, its currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

ZERO: Final = Decimal("0.00")
# Greek capitals that look like Latin ones: on a Greek keyboard INV is easily typed with them.
LOOKALIKES: Final = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
GAP: Final = r"[\s\-./_:]*"
CODE: Final = re.compile(rf"(?<![A-Z0-9])([A-Z]{{1,4}}){GAP}0*(\d{{1,9}})(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Open:
    """An invoice of a bill-to and what is open of it; `open` 0 is settled. `series` is (prefix, year)."""

    invoice: int
    bill_to: int
    series: tuple[str, int]
    sequence: int
    currency: str
    open: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """`kind` is sure, check or none; `why` a code. `parts` are (invoice, amount), the rest stays unallocated."""

    kind: str
    why: str
    bill_to: int | None = None
    parts: Sequence[tuple[int, Decimal]] = ()
    candidates: Sequence[int] = ()


@dataclass(slots=True)
class Book:
    """All that a transfer may pay, found fast: invoices by number and by amount, bill-tos by code."""

    by_number: dict[tuple[str, int, int], Open] = field(default_factory=dict)
    by_bill_to: dict[int, list[Open]] = field(default_factory=dict)
    by_amount: dict[tuple[str, Decimal], list[Open]] = field(default_factory=dict)
    by_code: dict[tuple[str, int], int] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, invoices: Iterable[Open], codes: Iterable[tuple[str, int]], series: Iterable[tuple[str, int]]) -> Book:
        """From invoices, the ones due first on top, (code, bill-to), and the (prefix, year) of all series."""
        book = cls()
        for row in invoices:
            book.by_number[(*row.series, row.sequence)] = row
            if row.open > 0:
                book.by_bill_to.setdefault(row.bill_to, []).append(row)
                book.by_amount.setdefault((row.currency, row.open), []).append(row)
        for code, bill_to in codes:
            found = CODE.fullmatch(code.upper())
            if found:
                book.by_code[found[1], int(found[2])] = bill_to
        parts = "|".join(rf"({re.escape(prefix)}){GAP}({year}){GAP}0*(\d{{1,9}})" for prefix, year in sorted(series))
        book.pattern = re.compile(rf"(?<![A-Z0-9])(?:{parts})(?!\d)", re.ASCII) if parts else None
        return book

    def numbers(self, text: str) -> list[tuple[str, int, int]]:
        """What looks like the number of an invoice: prefix, year and sequence."""
        found = []
        for hit in self.pattern.finditer(text) if self.pattern else ():
            prefix, year, number = (part for part in hit.groups() if part is not None)
            found.append((prefix, int(year), int(number)))
        return found

    def named(self, text: str) -> list[Open]:
        """The invoices whose numbers stand in the text, each once, in its order."""
        rows = (self.by_number.get(number) for number in self.numbers(text))
        return list({row.invoice: row for row in rows if row is not None}.values())

    def coded(self, text: str) -> set[int]:
        """The bill-tos whose codes stand in the text."""
        hits = ((hit[1], int(hit[2])) for hit in CODE.finditer(text))
        return {self.by_code[key] for key in hits if key in self.by_code}


def plain(text: str) -> str:
    """Capitals without accents, Greek look-alikes as Latin ones."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return bare.upper().translate(LOOKALIKES)


def match(text: str, amount: Decimal, currency: str, book: Book) -> Match:
    """What this transfer most likely pays. Only a number or code in its text together with its amount is sure."""
    words = plain(text)
    named = book.named(words)
    if named:
        return _by_number(named, amount, currency)
    coded = book.coded(words)
    if len(coded) > 1:
        return Match("check", "several_codes")
    if coded:
        return _by_code(coded.pop(), amount, currency, book)
    same = book.by_amount.get((currency, amount), [])
    if len(same) == 1:
        return Match("check", "amount_only", same[0].bill_to, _filled(same, amount), [same[0].invoice])
    if same:
        return Match("check", "several_of_amount", candidates=[row.invoice for row in same])
    return Match("none", "nothing_found")


def _by_number(named: Sequence[Open], amount: Decimal, currency: str) -> Match:
    pks = [row.invoice for row in named]
    if any(row.currency != currency for row in named):
        return Match("none", "other_currency", candidates=pks)
    if len({row.bill_to for row in named}) > 1:
        return Match("check", "several_accounts", candidates=pks)
    bill_to, wanted = named[0].bill_to, sum((row.open for row in named), ZERO)
    parts = _filled(named, amount)
    if wanted == ZERO:
        return Match("check", "paid_already", bill_to, (), pks)
    if amount == wanted:
        return Match("sure", "number_and_amount", bill_to, parts, pks)
    if amount < wanted:
        return Match("sure" if len(named) == 1 else "check", "part_payment", bill_to, parts, pks)
    return Match("check", "overpayment", bill_to, parts, pks)


def _by_code(bill_to: int, amount: Decimal, currency: str, book: Book) -> Match:
    rows = book.by_bill_to.get(bill_to, [])
    if any(row.currency != currency for row in rows):
        return Match("none", "other_currency")
    same = [row for row in rows if row.open == amount]
    pks = [row.invoice for row in same or rows]
    if len(same) == 1:
        return Match("sure", "code_and_amount", bill_to, _filled(same, amount), pks)
    if rows and sum((row.open for row in rows), ZERO) == amount:
        return Match("sure", "code_and_all", bill_to, _filled(rows, amount), pks)
    return Match("check", "several_of_amount" if same else "code_only", bill_to, _filled(same or rows, amount), pks)


def _filled(rows: Sequence[Open], amount: Decimal) -> list[tuple[int, Decimal]]:
    """The amount spread over the rows in their order."""
    parts = []
    for row in rows:
        part = min(amount, row.open)
        if part > 0:
            parts.append((row.invoice, part))
            amount -= part
    return parts
