"""Disputes as the pages of an invoice show them, and the lines that can be disputed."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Account
from invoicing.enums import DisputeState
from invoicing.models import Dispute, Invoice, InvoiceItem


def disputes_of(bill_to: Account) -> QuerySet[Dispute]:
    """The account's disputes with their lines, newest first."""
    return Dispute.objects.filter(bill_to=bill_to).select_related("item", "invoice").order_by("-opened_at", "-pk")


def disputes_about(invoice: Invoice) -> QuerySet[Dispute]:
    """The disputes about lines of the invoice, newest first."""
    rows = Dispute.objects.filter(invoice=invoice).select_related("item", "opened_by", "closed_by")
    return rows.order_by("-opened_at", "-pk")


def disputable(invoice: Invoice) -> QuerySet[InvoiceItem]:
    """The lines of an invoice that are owed and in no open dispute."""
    if invoice.is_credit:
        return InvoiceItem.objects.none()
    is_open = Dispute.objects.filter(item=OuterRef("pk"), state=DisputeState.OPEN)
    rows = InvoiceItem.objects.filter(~Exists(is_open), invoice=invoice, net__gt=0)
    return rows.order_by("position")
