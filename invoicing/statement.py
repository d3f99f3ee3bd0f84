"""A statement of account: what moved a balance in a period, and what is open at its end. Pure.

A balance is what the bill-to owes: invoices raise it, credit invoices and payments lower it, reversals of payments
raise it again. Whatever the cuts, the closing balance of a period is the opening balance of the next (I30).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal("0.00")


class Kind(StrEnum):
    """What moved the balance, or is open."""

    INVOICE = "invoice"
    CREDIT = "credit"
    PAYMENT = "payment"
    REVERSAL = "reversal"


class Bucket(StrEnum):
    """How long something is overdue."""

    NOT_DUE = "not_due"
    UP_TO_30 = "up_to_30"
    UP_TO_60 = "up_to_60"
    UP_TO_90 = "up_to_90"
    OVER_90 = "over_90"


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry. `amount` above zero raises what is owed. `key` is the row's, `name` its number or reference."""

    on: date
    kind: Kind
    key: int
    name: str
    amount: Decimal
    public_id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement with the balance after it."""

    movement: Movement
    balance: Decimal

    @property
    def raises(self) -> Decimal | None:
        """The amount, when it raises what is owed."""
        return self.movement.amount if self.movement.amount > 0 else None

    @property
    def lowers(self) -> Decimal | None:
        """The amount, when it lowers what is owed."""
        return -self.movement.amount if self.movement.amount <= 0 else None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is not settled at the end of the period: an invoice, or (below zero) a credit or payment that waits."""

    kind: Kind
    key: int
    name: str
    on: date
    due_on: date | None
    amount: Decimal
    open: Decimal
    public_id: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The account of one bill-to over [start, end)."""

    start: date
    end: date
    currency: str
    opening: Decimal
    entries: Sequence[Entry]
    open_items: Sequence[OpenItem]

    @property
    def closing(self) -> Decimal:
        """The balance at the end."""
        return self.entries[-1].balance if self.entries else self.opening

    def total(self, *kinds: Kind) -> Decimal:
        """What these kinds moved."""
        return sum((entry.movement.amount for entry in self.entries if entry.movement.kind in kinds), ZERO)

    @property
    def ageing(self) -> dict[Bucket, Decimal]:
        """The open invoices by how long they are overdue on the last day of the period."""
        return ageing((item for item in self.open_items if item.kind is Kind.INVOICE), before=self.end)

    @property
    def available(self) -> Decimal:
        """Credits and payments that settle nothing yet."""
        return -sum((item.open for item in self.open_items if item.kind is not Kind.INVOICE), ZERO)


def entries_of(opening: Decimal, movements: Iterable[Movement]) -> list[Entry]:
    """The movements by date with the running balance; on one day invoices come before what lowers the balance."""
    balance, entries = opening, []
    for movement in sorted(movements, key=lambda one: (one.on, list(Kind).index(one.kind), one.key)):
        balance += movement.amount
        entries.append(Entry(movement, balance))
    return entries


def cut(movements: Iterable[Movement], *, start: date, end: date) -> tuple[Decimal, list[Entry]]:
    """Opening balance and entries of [start, end)."""
    rows = list(movements)
    opening = sum((row.amount for row in rows if row.on < start), ZERO)
    return opening, entries_of(opening, (row for row in rows if start <= row.on < end))


def bucket_of(due_on: date, *, before: date) -> Bucket:
    """The bucket on the last day before `before`: due that day is not overdue yet."""
    days = (before - due_on).days - 1
    limits = ((0, Bucket.NOT_DUE), (30, Bucket.UP_TO_30), (60, Bucket.UP_TO_60), (90, Bucket.UP_TO_90))
    return next((bucket for limit, bucket in limits if days <= limit), Bucket.OVER_90)


def ageing(items: Iterable[OpenItem], *, before: date) -> dict[Bucket, Decimal]:
    """The open amounts by bucket on the last day before `before`; every bucket is there."""
    sums = dict.fromkeys(Bucket, ZERO)
    for item in items:
        sums[bucket_of(item.due_on or item.on, before=before)] += item.open
    return sums
