"""What is open: the invoices a bill-to still owes, and money that settles nothing yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Account
from config.kernel.money import Money
from invoicing.enums import DocumentType
from invoicing.models import InvoiceBalance, Payment


@dataclass(frozen=True, slots=True)
class OpenTotals:
    """What a bill-to owes on a day; gross, in its currency."""

    total: Money
    overdue: Money
    invoices: int


def open_invoices_of(bill_to: Account) -> QuerySet[InvoiceBalance]:
    """The unpaid invoices of the account, the ones due first on top."""
    rows = InvoiceBalance.objects.filter(bill_to=bill_to, document_type=DocumentType.DEBIT, open_amount__gt=0)
    return rows.select_related("invoice", "invoice__beneficiary").order_by("due_on", "invoice_id")


def open_totals(bill_to: Account, *, on: date) -> OpenTotals:
    """The sums over them; overdue means due before the day."""
    sums = InvoiceBalance.objects.filter(
        bill_to=bill_to, document_type=DocumentType.DEBIT, open_amount__gt=0
    ).aggregate(
        total=Sum("open_amount"), overdue=Sum("open_amount", filter=Q(due_on__lt=on)), invoices=Count("invoice")
    )
    zero = Decimal("0.00")
    return OpenTotals(
        Money(sums["total"] or zero, bill_to.currency),
        Money(sums["overdue"] or zero, bill_to.currency),
        sums["invoices"],
    )


def payments_of(bill_to: Account) -> QuerySet[Payment]:
    """The account's payments, newest first."""
    return Payment.objects.filter(bill_to=bill_to).select_related("recorded_by").order_by("-received_on", "-pk")
