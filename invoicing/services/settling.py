"""Which invoices a payment or a credit invoice settles: allocations are added, never changed; balances follow them.

Every caller holds the lock on the bill-to, so that the open amounts cannot move meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import CENT
from invoicing.enums import DocumentType
from invoicing.models import Invoice, InvoiceBalance, Payment, PaymentAllocation
from invoicing.selectors.open_items import by_relation, oldest_first, settled_by

ZERO = Decimal("0.00")
Source = Payment | InvoiceBalance


class NotPayable(DomainError):
    """Only open invoices of the same bill-to are paid."""

    user_message = _("Choose open invoices of this account.")
    field = "allocate_to"


class TooMuch(DomainError):
    """More than the payment or credit has, or more than the invoice still needs."""

    user_message = _("%(number)s: at most %(most)s can be settled.")


class MoreThanThereIs(DomainError):
    """The parts exceed the whole."""

    user_message = _("Together that is more than the %(amount)s there is.")


class ReasonNeeded(DomainError):
    """Moving money between invoices is explained."""

    user_message = _("Say why.")
    field = "reason"


class Reversed(DomainError):
    """A reversed payment settles nothing any more."""

    user_message = _("This payment was reversed, so it settles nothing any more.")


class Ledger:
    """The open invoices of some bill-tos, locked, the oldest first; what is settled is written at the end, in bulk."""

    def __init__(self, bill_tos: Collection[int]) -> None:
        rows = InvoiceBalance.objects.select_for_update(of=("self",)).filter(bill_to__in=bill_tos)
        self.open = list(oldest_first(rows))
        self._parts: list[PaymentAllocation] = []
        self._moved: dict[int, InvoiceBalance] = {}

    def wanted(self, invoices: Sequence[Invoice]) -> list[InvoiceBalance]:
        """The open amounts of these invoices, in this order. Raises NotPayable when one is not open."""
        found = {row.invoice_id: row for row in self.open}
        if any(invoice.pk not in found for invoice in invoices):
            raise NotPayable
        return [found[pk] for pk in dict.fromkeys(invoice.pk for invoice in invoices)]

    def related(self, credit: Invoice) -> list[InvoiceBalance]:
        """The open amounts that a credit settles: the corrected invoice, its beneficiary's oldest, then the oldest."""
        own = [row for row in self.open if row.bill_to_id == credit.bill_to_id]
        return by_relation(own, corrects=credit.corrects_id, beneficiary=credit.beneficiary_id)

    def spend(self, source: Source, balances: Iterable[InvoiceBalance], *, by: User | None, at: datetime) -> None:
        """Take from the source what each invoice still needs, until it is used up; the caller saves the source."""
        for balance in balances:
            part = min(_left(source), balance.open_amount)
            if part > ZERO:
                balance.open_amount -= part
                _add(source, -part)
                self._moved[balance.invoice_id] = balance
                self._parts.append(_allocation(source, balance, part, by=by, at=at))

    def spend_parts(self, source: Source, parts: Mapping[Invoice, Decimal], *, by: User | None, at: datetime) -> None:
        """Settle each of these invoices with exactly this amount; what is left of the source stays available.

        Raises NotPayable, TooMuch, MoreThanThereIs; nothing was written then.
        """
        if sum(parts.values(), ZERO) > _left(source):
            raise MoreThanThereIs(amount=_left(source))
        amounts = {invoice.pk: amount for invoice, amount in parts.items()}
        for balance in self.wanted(list(parts)):
            part, most = amounts[balance.invoice_id], balance.open_amount
            if not ZERO < part <= most or part != part.quantize(CENT):
                raise TooMuch(number=balance.invoice.number, most=most)
            balance.open_amount -= part
            _add(source, -part)
            self._moved[balance.invoice_id] = balance
            self._parts.append(_allocation(source, balance, part, by=by, at=at))

    def write(self) -> None:
        """Write balances and allocations."""
        InvoiceBalance.objects.bulk_update(self._moved.values(), ["open_amount"])
        PaymentAllocation.objects.bulk_create(self._parts)


def _left(source: Source) -> Decimal:
    return source.unallocated if isinstance(source, Payment) else source.open_amount


def _add(source: Source, amount: Decimal) -> None:
    if isinstance(source, Payment):
        source.unallocated += amount
    else:
        source.open_amount += amount


def _allocation(
    source: Source, balance: InvoiceBalance, amount: Decimal, *, by: User | None, at: datetime
) -> PaymentAllocation:
    return PaymentAllocation(
        payment=source if isinstance(source, Payment) else None,
        credit_id=None if isinstance(source, Payment) else source.invoice_id,
        invoice_id=balance.invoice_id,
        bill_to_id=source.bill_to_id,
        currency=source.currency,
        amount=amount,
        at=at,
        by=by,
    )


def settle_credits(made: Sequence[Invoice], *, by: User | None, at: datetime) -> None:
    """Relate credit invoices to open ones (product.md §12.1); what is left stays available. Constant queries."""
    ledger = Ledger({credit.bill_to_id for credit in made})
    balances = InvoiceBalance.objects.select_for_update(of=("self",)).in_bulk([credit.pk for credit in made])
    for credit in made:
        ledger.spend(balances[credit.pk], ledger.related(credit), by=by, at=at)
    ledger.write()
    InvoiceBalance.objects.bulk_update(balances.values(), ["open_amount"])


@transaction.atomic
def reallocate(
    *,
    source: Payment | Invoice,
    wanted: Mapping[Invoice, Decimal],
    reason: str,
    by: User,
    at: datetime,
) -> None:
    """Let a payment or a credit invoice settle exactly these invoices with these amounts; the rest stays available.

    What it settles now is taken back by negative allocations. Raises ReasonNeeded, NotPayable, TooMuch,
    MoreThanThereIs, Reversed.
    """
    if not reason.strip():
        raise ReasonNeeded
    bill_to = lock(source.bill_to)
    row: Source = lock(source) if isinstance(source, Payment) else lock(source.balance)
    if isinstance(row, Payment) and not Payment.objects.standing().filter(pk=row.pk).exists():
        raise Reversed
    total = row.amount if isinstance(row, Payment) else row.invoice.gross
    goal = {invoice.pk: amount for invoice, amount in wanted.items() if amount}
    if sum(goal.values(), ZERO) > total:
        raise MoreThanThereIs(amount=total)
    now = settled_by(source)
    rows = InvoiceBalance.objects.select_for_update(of=("self",)).select_related("invoice")
    balances = rows.filter(bill_to=bill_to, document_type=DocumentType.DEBIT).in_bulk({*goal, *now})
    if set(goal) - set(balances):
        raise NotPayable
    parts = _moves(row, balances, now, goal, by=by, at=at)
    InvoiceBalance.objects.bulk_update(balances.values(), ["open_amount"])
    row.save(update_fields=["unallocated" if isinstance(row, Payment) else "open_amount"])
    PaymentAllocation.objects.bulk_create(parts)
    texts = {
        number: {balances[pk].invoice.number: str(amount) for pk, amount in side.items()}
        for number, side in (("before", now), ("after", goal))
    }
    audit.record("settlement.moved", target=source, account=bill_to, by=by, at=at, reason=reason.strip(), **texts)


def _moves(
    row: Source,
    balances: Mapping[int, InvoiceBalance],
    now: Mapping[int, Decimal],
    goal: Mapping[int, Decimal],
    *,
    by: User,
    at: datetime,
) -> list[PaymentAllocation]:
    parts = []
    for pk, balance in balances.items():
        amount = goal.get(pk, ZERO)
        change = amount - now.get(pk, ZERO)
        if amount < 0 or amount != amount.quantize(Decimal("0.01")) or change > balance.open_amount:
            most = balance.open_amount + now.get(pk, ZERO)
            raise TooMuch(number=balance.invoice.number, most=most)
        if change:
            balance.open_amount -= change
            _add(row, -change)
            parts.append(_allocation(row, balance, change, by=by, at=at))
    return parts
