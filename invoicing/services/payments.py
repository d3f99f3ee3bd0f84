"""Money that comes in: recorded once, allocated to invoices, the rest stays as credit of the bill-to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.models import Invoice, InvoiceBalance, Payment, PaymentAllocation
from invoicing.selectors.open_items import settled_by
from invoicing.services.settling import Ledger, ReasonNeeded
from resellers.enums import PaymentMethod

LARGEST = Decimal("999999999999.99")


class WrongCurrency(DomainError):
    """Payments come in the bill-to's currency; nothing is converted."""

    user_message = _("This account pays in %(currency)s; a payment in another currency cannot be recorded.")
    field = "amount"


class NotAnAmount(DomainError):
    """A payment is a positive number of cents."""

    user_message = _("Enter an amount above zero with at most two decimals.")
    field = "amount"


class ReceivedLater(DomainError):
    """Money is recorded when it has arrived."""

    user_message = _("The day of receipt lies in the future. Enter the day the money arrived.")
    field = "received_on"


class AlreadyReversed(DomainError):
    """A payment is reversed once, and a reversal never."""

    user_message = _("This payment was reversed already.")


class ReversedTooEarly(DomainError):
    """Money cannot go back before it came."""

    user_message = _("The payment was received on %(day)s. Choose that day or a later one.")
    field = "on"


class NotABillTo(DomainError):
    """Sub-customers owe nothing; their reseller does."""

    user_message = _("Payments belong to the Bill To account.")


@transaction.atomic
def record(
    *,
    bill_to: Account,
    amount: Money,
    received_on: date,
    reference: str,
    method: PaymentMethod | str,
    by: User | None,
    at: datetime,
    today: date | None = None,
    allocate_to: Sequence[Invoice] | None = None,
    parts: Mapping[Invoice, Decimal] | None = None,
) -> Payment:
    """Record a payment and settle invoices with it: the given ones in their order, else the oldest first.

    With `parts` it settles exactly these amounts. What is left over stays unallocated and raises the available
    credit. `received_on` and `today` are dates of the distributor. Raises WrongCurrency, NotAnAmount, ReceivedLater,
    NotPayable, NotABillTo, TooMuch, MoreThanThereIs.
    """
    bill_to = lock(bill_to)
    _check(bill_to, amount, received_on, today or at.date())
    payment = Payment.objects.create(
        bill_to=bill_to,
        currency=amount.currency,
        amount=amount.amount,
        unallocated=amount.amount,
        received_on=received_on,
        reference=names.clean_text(reference)[:140],
        method=method,
        recorded_at=at,
        recorded_by=by,
    )
    _settle(payment, allocate_to, parts, by=by, at=at)
    audit.record("payment.recorded", target=payment, account=bill_to, by=by, at=at, after={"amount": str(amount)})
    return payment


@transaction.atomic
def allocate(
    *,
    payment: Payment,
    by: User | None,
    at: datetime,
    to: Sequence[Invoice] | None = None,
    parts: Mapping[Invoice, Decimal] | None = None,
) -> Payment:
    """Settle invoices with what is left of a payment: the given ones, else the oldest first.

    With `parts` it settles exactly these amounts. Raises NotPayable, TooMuch, MoreThanThereIs, and AlreadyReversed for
    a payment that is reversed.
    """
    bill_to = lock(payment.bill_to)
    payment = lock(payment)
    _check_stands(payment)
    before = payment.unallocated
    _settle(payment, to, parts, by=by, at=at)
    audit.record(
        "payment.allocated",
        target=payment,
        account=bill_to,
        by=by,
        at=at,
        before={"unallocated": str(before)},
        after={"unallocated": str(payment.unallocated)},
    )
    return payment


@transaction.atomic
def reverse(
    *,
    payment: Payment,
    reason: str,
    on: date,
    by: User,
    at: datetime,
) -> Payment:
    """Take a payment back by a counter-entry dated `on`: what it settled is open again, what was left is gone.

    The counter-entry is a payment with the negative amount, allocations and rest; nothing is erased. `on` is a date of
    the distributor, not before the receipt. Raises ReasonNeeded, AlreadyReversed, ReversedTooEarly.
    """
    if not reason.strip():
        raise ReasonNeeded
    bill_to = lock(payment.bill_to)
    payment = lock(payment)
    _check_stands(payment)
    if on < payment.received_on:
        raise ReversedTooEarly(day=payment.received_on)
    settled = settled_by(payment)
    counter = Payment.objects.create(
        bill_to=bill_to,
        currency=payment.currency,
        amount=-payment.amount,
        unallocated=-payment.unallocated,
        received_on=on,
        reference=payment.reference,
        method=payment.method,
        recorded_at=at,
        recorded_by=by,
        reverses=payment,
        reason=names.clean_text(reason)[:500],
    )
    _open_again(counter, settled, by=by, at=at)
    audit.record(
        "payment.reversed",
        target=payment,
        account=bill_to,
        by=by,
        at=at,
        reason=counter.reason,
        before={"amount": str(payment.money)},
    )
    return counter


def _open_again(counter: Payment, settled: Mapping[int, Decimal], *, by: User, at: datetime) -> None:
    balances = InvoiceBalance.objects.select_for_update(of=("self",)).in_bulk(list(settled))
    for pk, amount in settled.items():
        balances[pk].open_amount += amount
    InvoiceBalance.objects.bulk_update(balances.values(), ["open_amount"])
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            payment=counter,
            invoice_id=pk,
            bill_to_id=counter.bill_to_id,
            currency=counter.currency,
            amount=-amount,
            at=at,
            by=by,
        )
        for pk, amount in settled.items()
    )


def _check(bill_to: Account, amount: Money, received_on: date, today: date) -> None:
    if bill_to.bill_to_id is not None:
        raise NotABillTo
    if amount.currency != bill_to.currency:
        raise WrongCurrency(currency=bill_to.currency)
    if not 0 < amount.amount <= LARGEST or amount != amount.rounded():
        raise NotAnAmount
    if received_on > today:
        raise ReceivedLater


def _check_stands(payment: Payment) -> None:
    if not Payment.objects.standing().filter(pk=payment.pk).exists():
        raise AlreadyReversed


def _settle(
    payment: Payment,
    wanted: Sequence[Invoice] | None,
    parts: Mapping[Invoice, Decimal] | None,
    *,
    by: User | None,
    at: datetime,
) -> None:
    ledger = Ledger([payment.bill_to_id])
    if parts is None:
        ledger.spend(payment, ledger.open if wanted is None else ledger.wanted(wanted), by=by, at=at)
    else:
        ledger.spend_parts(payment, parts, by=by, at=at)
    ledger.write()
    payment.save(update_fields=["unallocated"])
