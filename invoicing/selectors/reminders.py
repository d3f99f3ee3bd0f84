"""What resellers would be reminded of on a day (product.md §12.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Max, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Account
from config.kernel.money import Money
from invoicing.dunning import step_of
from invoicing.enums import DisputeState, DocumentType
from invoicing.models import (
    BillingSettings,
    Dispute,
    Invoice,
    InvoiceBalance,
    Reminder,
    ReminderLetter,
    ReminderPause,
)  # fmt: skip

AMOUNT = DecimalField(max_digits=14, decimal_places=2)
NOTHING = Value(Decimal("0.00"), output_field=AMOUNT)


@dataclass(frozen=True, slots=True)
class OverdueLine:
    """An overdue invoice: what is open, what of it is in dispute, days late, step reached, and the last one told."""

    invoice: Invoice
    open: Decimal
    disputed: Decimal
    days: int
    step: int
    told: int

    @property
    def amount(self) -> Money:
        """What is asked for."""
        return Money(self.open - self.disputed, self.invoice.currency)

    @property
    def is_new(self) -> bool:
        """Whether it reached a step that was not told yet."""
        return self.step > self.told


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one reseller owes overdue on a day."""

    bill_to: Account
    lines: Sequence[OverdueLine]

    @property
    def total(self) -> Money:
        """What is asked for."""
        return sum((line.amount for line in self.lines), Money.zero(self.bill_to.currency))

    @property
    def step(self) -> int:
        """The highest step."""
        return max(line.step for line in self.lines)


def steps() -> list[int]:
    """Days after the due date on which is reminded, rising; none when reminders are off."""
    found = BillingSettings.objects.filter(pk=1).values_list("reminder_days", flat=True).first()
    return sorted(BillingSettings._meta.get_field("reminder_days").get_default() if found is None else found)


def paused(*, on: date) -> QuerySet[ReminderPause]:
    """Who is left alone on that day."""
    return ReminderPause.objects.filter(ended_at=None, until__gte=on)


def letters(*, on: date, bill_to: Account | None = None) -> list[Letter]:
    """The mails of a day, by reseller: those with an invoice that reached a new step, and no mail that day yet.

    A line in open dispute is taken off; an invoice of which nothing else is open is left out. Two queries.
    """
    limits = steps()
    if not limits:
        return []
    found: dict[int, list[OverdueLine]] = {}
    accounts: dict[int, Account] = {}
    for row in _overdue(on, bill_to):
        line = _line(row, on, limits)
        if line.open > line.disputed:
            found.setdefault(row.bill_to_id, []).append(line)
            accounts[row.bill_to_id] = row.bill_to
    made = (Letter(accounts[pk], lines) for pk, lines in found.items() if any(line.is_new for line in lines))
    return sorted(made, key=lambda letter: (letter.bill_to.name_key, letter.bill_to.pk))


def _line(row: Any, on: date, limits: Sequence[int]) -> OverdueLine:
    disputed, step = min(row.disputed, row.open_amount), step_of(row.due_on, on=on, steps=limits)
    return OverdueLine(row.invoice, row.open_amount, disputed, (on - row.due_on).days, step, row.told)


def _overdue(on: date, bill_to: Account | None) -> QuerySet[Any]:
    written = ReminderLetter.objects.filter(sent_on=on).values("bill_to")
    rows = _late(on).exclude(bill_to__in=written)
    return rows.filter(bill_to=bill_to) if bill_to else rows


def _late(on: date) -> QuerySet[Any]:
    """What is overdue of resellers that are not left alone, oldest first: what is disputed, and the step told."""
    mine = {"invoice": OuterRef("pk")}
    disputed = Dispute.objects.filter(**mine, state=DisputeState.OPEN).order_by().values("invoice")
    told = Reminder.objects.filter(**mine).order_by().values("invoice")
    rows = InvoiceBalance.objects.filter(document_type=DocumentType.DEBIT, open_amount__gt=0, due_on__lt=on)
    return (
        rows.exclude(bill_to__in=paused(on=on).values("bill_to"))
        .annotate(
            disputed=Coalesce(Subquery(disputed.annotate(of=Sum("amount")).values("of"), output_field=AMOUNT), NOTHING),
            told=Coalesce(Subquery(told.annotate(of=Max("step")).values("of")), Value(0)),
        )
        .select_related("invoice", "bill_to__reseller", "bill_to__responsible_user")
        .order_by("due_on", "invoice_id")
    )


@dataclass(frozen=True, slots=True)
class LongOverdue:
    """What a reseller owes past the limit, disputes taken off, with the oldest and the newest due date of it."""

    bill_to: Account
    amount: Money
    oldest_due_on: date
    newest_due_on: date


def long_overdue(*, on: date, days: int) -> list[LongOverdue]:
    """The resellers with invoices that are overdue for so many days, those paused left out. One query."""
    found: dict[int, list[Any]] = {}
    for row in _late(on).filter(due_on__lte=on - timedelta(days=days)):
        if row.open_amount > row.disputed:
            found.setdefault(row.bill_to_id, []).append(row)
    return [
        LongOverdue(
            bill_to=rows[0].bill_to,
            amount=Money(sum(row.open_amount - row.disputed for row in rows), rows[0].currency),
            oldest_due_on=rows[0].due_on,
            newest_due_on=rows[-1].due_on,
        )
        for rows in found.values()
    ]


def letters_to(bill_to: Account) -> QuerySet[ReminderLetter]:
    """What the reseller was sent, newest first."""
    return ReminderLetter.objects.filter(bill_to=bill_to).order_by("-sent_on", "-pk")


def reminders_about(invoice: Invoice) -> QuerySet[Reminder]:
    """The steps an invoice has gone through, newest first."""
    return Reminder.objects.filter(invoice=invoice).select_related("letter").order_by("-step")
