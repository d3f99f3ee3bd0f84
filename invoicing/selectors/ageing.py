"""What all resellers owe, by how long it is overdue."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from invoicing.enums import DocumentType
from invoicing.models import InvoiceBalance, Payment
from invoicing.statement import Bucket

AMOUNT = DecimalField(max_digits=16, decimal_places=2)
NOTHING = Value(Decimal("0.00"), output_field=AMOUNT)
BOUNDS: Final[dict[Bucket, tuple[int | None, int | None]]] = {
    Bucket.NOT_DUE: (None, 0),
    Bucket.UP_TO_30: (1, 30),
    Bucket.UP_TO_60: (31, 60),
    Bucket.UP_TO_90: (61, 90),
    Bucket.OVER_90: (91, None),
}
"""First and last day overdue of each bucket."""


def within(bucket: Bucket, *, on: date) -> Q:
    """Due dates that lie in the bucket on that day; due that day is not overdue yet."""
    first, last = BOUNDS[bucket]
    condition = Q()
    if first is not None:
        condition &= Q(due_on__lte=on - timedelta(days=first))
    if last is not None:
        condition &= Q(due_on__gte=on - timedelta(days=last))
    return condition


def _open() -> QuerySet[InvoiceBalance]:
    return InvoiceBalance.objects.filter(document_type=DocumentType.DEBIT, open_amount__gt=0)


def _sums(on: date) -> dict[str, Any]:
    sums: dict[str, Any] = {
        bucket.value: Coalesce(Sum("open_amount", filter=within(bucket, on=on)), NOTHING) for bucket in Bucket
    }
    return {**sums, "total": Coalesce(Sum("open_amount"), NOTHING), "invoices": Count("pk")}


def by_account(*, on: date, bucket: Bucket | None = None) -> QuerySet[Any, Any]:
    """One row per reseller that owes something (or has something in the bucket), the most overdue on top.

    A row has the buckets, `total`, `invoices`, and `credit`: credit invoices and payments that settle nothing yet.
    """
    mine = {"bill_to": OuterRef("bill_to_id")}
    unused = InvoiceBalance.objects.filter(**mine, document_type=DocumentType.CREDIT, open_amount__gt=0)
    money = Payment.objects.standing().filter(**mine, unallocated__gt=0)
    names = ("bill_to_id", "bill_to__name", "bill_to__code", "bill_to__reseller__pk", "currency")
    rows: QuerySet[Any, Any] = _open().values(*names).annotate(**_sums(on))
    rows = rows.annotate(
        credit=Coalesce(_total(unused, "open_amount"), NOTHING) + Coalesce(_total(money, "unallocated"), NOTHING),
        overdue=F("total") - F(Bucket.NOT_DUE.value),
    )
    if bucket is not None:
        rows = rows.filter(**{f"{bucket.value}__gt": 0})
    return rows.order_by("-overdue", "-total", "bill_to_id")


def _total(rows: QuerySet[Any], name: str) -> Subquery:
    grouped = rows.order_by().values("bill_to").annotate(summed=Sum(name)).values("summed")
    return Subquery(grouped, output_field=AMOUNT)


def by_currency(*, on: date) -> list[dict[str, Any]]:
    """The sums of all resellers, one row per currency."""
    rows: QuerySet[Any, Any] = _open().order_by("currency").values("currency").annotate(**_sums(on))
    return list(rows)
