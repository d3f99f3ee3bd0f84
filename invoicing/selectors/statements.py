"""The statement of account of one bill-to, in three queries however long it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Account
from invoicing.enums import DocumentType
from invoicing.models import Invoice, Payment, PaymentAllocation
from invoicing.statement import Kind, Movement, OpenItem, Statement, entries_of

AMOUNT = DecimalField(max_digits=16, decimal_places=2)
NOTHING = Value(Decimal("0.00"), output_field=AMOUNT)
SIGNED = Case(When(document_type=DocumentType.CREDIT, then=-F("gross")), default=F("gross"), output_field=AMOUNT)


def statement_of(bill_to: Account, *, start: date, end: date) -> Statement:
    """The account over [start, end), dates of the distributor: invoice dates, and days on which money was received.

    What is open counts everything dated before `end`, as it is allocated now: an invoice is settled by what was
    received or credited before the end, a payment or credit has settled invoices issued before it.
    """
    opening = _opening(bill_to, start)
    invoices, payments = _invoices(bill_to, start, end), _payments(bill_to, start, end)
    movements = [_of_invoice(row) for row in invoices if row.issued_on >= start]
    movements += [_of_payment(row) for row in payments if row.received_on >= start]
    items = [_open_invoice(row) for row in invoices if row.left]
    items += [_open_payment(row) for row in payments if row.left and not row.is_reversed]
    return Statement(
        start=start,
        end=end,
        currency=bill_to.currency,
        opening=opening,
        entries=entries_of(opening, movements),
        open_items=sorted(items, key=lambda item: (list(Kind).index(item.kind), item.due_on or item.on, item.key)),
    )


def _opening(bill_to: Account, start: date) -> Decimal:
    mine = {"bill_to": OuterRef("pk")}
    invoiced = Invoice.objects.filter(**mine, issued_on__lt=start).order_by().values("bill_to")
    paid = Payment.objects.filter(**mine, received_on__lt=start).order_by().values("bill_to")
    sums = Coalesce(Subquery(invoiced.annotate(moved=Sum(SIGNED)).values("moved"), output_field=AMOUNT), NOTHING)
    less = Coalesce(Subquery(paid.annotate(moved=Sum("amount")).values("moved"), output_field=AMOUNT), NOTHING)
    found: Decimal = Account.objects.filter(pk=bill_to.pk).values_list(sums - less, flat=True).get()
    return found


def _settled(condition: Q, name: str) -> Coalesce:
    """What allocations that fulfil the condition settle of the row."""
    rows = PaymentAllocation.objects.filter(condition, **{name: OuterRef("pk")}).order_by()
    sums = rows.values(name).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(sums, output_field=AMOUNT), NOTHING)


def _invoices(bill_to: Account, start: date, end: date) -> list[Any]:
    """Documents of the period, and older ones of which something is left."""
    known = Q(payment__received_on__lt=end) | Q(credit__issued_on__lt=end)
    settled = Case(
        When(document_type=DocumentType.CREDIT, then=_settled(Q(invoice__issued_on__lt=end), "credit")),
        default=_settled(known, "invoice"),
        output_field=AMOUNT,
    )
    rows = Invoice.objects.filter(bill_to=bill_to, issued_on__lt=end).annotate(left=F("gross") - settled)
    return list(rows.filter(Q(issued_on__gte=start) | ~Q(left=0)).order_by("pk"))


def _payments(bill_to: Account, start: date, end: date) -> list[Any]:
    """Those of the period, and older ones of which something is left; a reversed one and its reversal are nothing."""
    is_reversed = Case(
        When(Q(reversal__received_on__lt=end) | Q(reverses__isnull=False), then=Value(True)), default=Value(False)
    )
    left = F("amount") - _settled(Q(invoice__issued_on__lt=end), "payment")
    rows = Payment.objects.filter(bill_to=bill_to, received_on__lt=end).annotate(left=left, is_reversed=is_reversed)
    return list(rows.filter(Q(received_on__gte=start) | ~Q(left=0)).order_by("pk"))


def _of_invoice(row: Invoice) -> Movement:
    kind, sign = (Kind.CREDIT, -1) if row.is_credit else (Kind.INVOICE, 1)
    return Movement(row.issued_on, kind, row.pk, row.number, sign * row.gross, row.public_id)


def _of_payment(row: Payment) -> Movement:
    kind = Kind.PAYMENT if row.reverses_id is None else Kind.REVERSAL
    return Movement(row.received_on, kind, row.pk, row.reference, -row.amount)


def _open_invoice(row: Any) -> OpenItem:
    kind, sign, due_on = (Kind.CREDIT, -1, None) if row.is_credit else (Kind.INVOICE, 1, row.due_on)
    return OpenItem(kind, row.pk, row.number, row.issued_on, due_on, row.gross, sign * row.left, row.public_id)


def _open_payment(row: Any) -> OpenItem:
    return OpenItem(Kind.PAYMENT, row.pk, row.reference, row.received_on, None, row.amount, -row.left)
