"""Reads of invoices. The bill-to is a required argument of what reseller pages show."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import Account
from invoicing.models import BillingRun, Invoice


def invoices_of(bill_to: Account, *, beneficiary: Account | None = None) -> QuerySet[Invoice]:
    """The invoices addressed to the account, newest first, with balance and named beneficiary.

    With `beneficiary`: those that carry at least one line for it.
    """
    rows = Invoice.objects.filter(bill_to=bill_to)
    if beneficiary is not None:
        rows = rows.filter(
            Q(beneficiary=beneficiary)
            | Q(beneficiary=None, pk__in=beneficiary.invoice_items.filter(bill_to=bill_to).values("invoice"))
        )
    return with_balance(rows)


def with_balance(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The same invoices, newest first, with what lists print."""
    return rows.select_related("balance", "beneficiary", "bill_to").order_by("-issued_on", "-pk")


def invoices_of_run(run: BillingRun) -> QuerySet[Invoice]:
    """The invoices that a run has issued, in number order."""
    return (
        Invoice.objects.filter(run_item__run=run)
        .select_related("bill_to", "beneficiary", "balance")
        .order_by("series", "sequence")
    )


def latest_date() -> date | None:
    """The date of the newest invoice, None without any."""
    return Invoice.objects.order_by("-issued_on").values_list("issued_on", flat=True).first()
