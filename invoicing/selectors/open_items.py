"""What is open: the invoices a bill-to still owes, and money that settles nothing yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Account
from config.kernel.money import Money
from invoicing.enums import DocumentType
from invoicing.models import Invoice, InvoiceBalance, Payment, PaymentAllocation
from invoicing.selectors.credits import CreditDraft


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


def by_relation(
    rows: Iterable[InvoiceBalance], *, corrects: int | None, beneficiary: int | None
) -> list[InvoiceBalance]:
    """Open amounts in the order in which a credit settles them (product.md §12.1).

    The corrected invoice first, then those of the same beneficiary group, then the others; `rows` come oldest first.
    """
    return sorted(rows, key=lambda row: (row.invoice_id != corrects, row.invoice.beneficiary_id != beneficiary))


def would_settle(draft: CreditDraft) -> tuple[list[tuple[Invoice, Money]], Money]:
    """What a credit would settle if it were issued now, and what would stay available."""
    was, left = draft.corrects, draft.totals.gross
    parts = []
    rows = oldest_first(InvoiceBalance.objects.filter(bill_to=was.bill_to_id))
    for balance in by_relation(rows, corrects=was.pk, beneficiary=was.beneficiary_id):
        part = min(left, balance.open_amount)
        if part > 0:
            parts.append((balance.invoice, Money(part, was.currency)))
            left -= part
    return parts, Money(left, was.currency)


def oldest_first(rows: QuerySet[InvoiceBalance]) -> QuerySet[InvoiceBalance]:
    """The open invoices among these, the ones due first on top."""
    unpaid = rows.filter(document_type=DocumentType.DEBIT, open_amount__gt=0)
    return unpaid.select_related("invoice").order_by("due_on", "invoice__issued_on", "invoice_id")


def settled_by(source: Payment | Invoice) -> dict[int, Decimal]:
    """What a payment or credit settles now, by invoice; invoices it settles no more are left out."""
    side = {"payment": source} if isinstance(source, Payment) else {"credit": source}
    rows = PaymentAllocation.objects.filter(**side).order_by("invoice").values_list("invoice")
    return {pk: total for pk, total in rows.annotate(total=Sum("amount")) if total}


def settleable(source: Payment | Invoice) -> list[Invoice]:
    """The invoices that a payment or credit settles or could settle, oldest due first."""
    wanted = Q(balance__open_amount__gt=0) | Q(pk__in=settled_by(source))
    rows = Invoice.objects.filter(wanted, bill_to=source.bill_to_id, document_type=DocumentType.DEBIT)
    return list(rows.select_related("balance").order_by("due_on", "issued_on", "pk"))


def open_of(bill_to: Account) -> QuerySet[Invoice]:
    """The invoices of the account that still need money, with their balances, the ones due first on top."""
    rows = Invoice.objects.filter(bill_to=bill_to, document_type=DocumentType.DEBIT, balance__open_amount__gt=0)
    return rows.select_related("balance", "beneficiary").order_by("due_on", "issued_on", "pk")


def payments_of(bill_to: Account) -> QuerySet[Payment]:
    """The account's payments, newest first."""
    return Payment.objects.filter(bill_to=bill_to).select_related("recorded_by").order_by("-received_on", "-pk")
