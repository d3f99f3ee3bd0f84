"""Money that comes in: recorded once, allocated to invoices, the rest stays as credit of the bill-to."""

from __future__ import annotations

from collections.abc import Sequence
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
from invoicing.enums import DocumentType
from invoicing.models import Invoice, InvoiceBalance, Payment, PaymentAllocation
from resellers.enums import PaymentMethod

ZERO = Decimal("0.00")
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


class NotPayable(DomainError):
    """Only open invoices of the same bill-to are paid."""

    user_message = _("Choose open invoices of this account.")
    field = "allocate_to"


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
) -> Payment:
    """Record a payment and settle invoices with it: the given ones in their order, else the oldest first.

    What is left over stays unallocated and raises the available credit. `received_on` and `today` are dates of the
    distributor. Raises WrongCurrency, NotAnAmount, ReceivedLater, NotPayable, NotABillTo.
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
    _allocate(payment, _open_balances(bill_to, allocate_to), by=by, at=at)
    audit.record("payment.recorded", target=payment, account=bill_to, by=by, at=at, after={"amount": str(amount)})
    return payment


@transaction.atomic
def allocate(*, payment: Payment, by: User | None, at: datetime, to: Sequence[Invoice] | None = None) -> Payment:
    """Settle invoices with what is left of a payment: the given ones, else the oldest first. Raises NotPayable."""
    bill_to = lock(payment.bill_to)
    payment = lock(payment)
    _allocate(payment, _open_balances(bill_to, to), by=by, at=at)
    audit.record("payment.allocated", target=payment, account=bill_to, by=by, at=at)
    return payment


def _check(bill_to: Account, amount: Money, received_on: date, today: date) -> None:
    if bill_to.bill_to_id is not None:
        raise NotABillTo
    if amount.currency != bill_to.currency:
        raise WrongCurrency(currency=bill_to.currency)
    if not 0 < amount.amount <= LARGEST or amount != amount.rounded():
        raise NotAnAmount
    if received_on > today:
        raise ReceivedLater


def _open_balances(bill_to: Account, wanted: Sequence[Invoice] | None) -> list[InvoiceBalance]:
    """The open amounts to settle, locked: in the wished order, else by due date and number."""
    rows = InvoiceBalance.objects.select_for_update(of=("self",)).filter(
        bill_to=bill_to, document_type=DocumentType.DEBIT, open_amount__gt=0
    )
    if wanted is None:
        return list(rows.order_by("due_on", "invoice__issued_on", "invoice_id"))
    found = {row.invoice_id: row for row in rows.filter(invoice__in=[invoice.pk for invoice in wanted])}
    if len(found) != len({invoice.pk for invoice in wanted}):
        raise NotPayable
    return [found[pk] for pk in dict.fromkeys(invoice.pk for invoice in wanted)]


def _allocate(payment: Payment, balances: Sequence[InvoiceBalance], *, by: User | None, at: datetime) -> None:
    """Take from the payment what each invoice still needs, until one of them is used up."""
    left, parts = payment.unallocated, []
    for balance in balances:
        part = min(left, balance.open_amount)
        if part <= ZERO:
            break
        left -= part
        balance.open_amount -= part
        parts.append(
            PaymentAllocation(
                payment=payment,
                invoice_id=balance.invoice_id,
                bill_to_id=payment.bill_to_id,
                currency=payment.currency,
                amount=part,
                at=at,
                by=by,
            )
        )
    InvoiceBalance.objects.bulk_update(balances[: len(parts)], ["open_amount"])
    PaymentAllocation.objects.bulk_create(parts)
    payment.unallocated = left
    payment.save(update_fields=["unallocated"])
