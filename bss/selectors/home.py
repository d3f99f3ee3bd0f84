"""BSS home: typed work with reason and age, nearest first, and a few figures; a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from accounts.clock import local_today
from accounts.models import Message, Organisation
from invoicing.enums import DocumentType, ItemState
from invoicing.models import BillingRun, InvoiceBalance, InvoiceRendering, RunItem
from storefront.enums import OrderStatus, SubscriptionStatus, UnitState
from storefront.models import FulfilmentUnit, Order, Subscription

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page prints."""

    held: Sequence[Order]
    stopped: Sequence[FulfilmentUnit]
    parked: Sequence[RunItem]
    renderings: Sequence[InvoiceRendering]
    mails: Sequence[Message]
    runs: Sequence[BillingRun]
    open_total: Decimal
    overdue_total: Decimal
    active: int
    currency: str

    @property
    def waiting(self) -> int:
        """How much waits for a person."""
        return sum(map(len, (self.held, self.stopped, self.parked, self.renderings, self.mails)))


def home(*, at: datetime) -> Home:
    """Everything of the home page at that moment, by eleven queries."""
    organisation = Organisation.objects.filter(pk=1).first()
    today = local_today(at) if organisation else at.date()
    debit = InvoiceBalance.objects.filter(open_amount__gt=0, invoice__document_type=DocumentType.DEBIT)
    stops = (UnitState.REJECTED, UnitState.NEEDS_PERSON)
    unfinished = RunItem.objects.filter(state__in=(ItemState.PARKED, ItemState.CHANGED), run__finished_at=None)
    return Home(
        held=list(
            Order.objects.filter(status=OrderStatus.SUBMITTED)
            .select_related("bill_to", "beneficiary")
            .order_by("placed_at", "pk")[:SHOWN]
        ),
        stopped=list(
            FulfilmentUnit.objects.filter(state__in=stops)
            .select_related("order_item__order__bill_to", "order_item__order__beneficiary")
            .order_by("touched_at", "pk")[:SHOWN]
        ),
        parked=list(unfinished.select_related("run", "bill_to").order_by("pk")[:SHOWN]),
        renderings=list(
            InvoiceRendering.objects.filter(state="failed").select_related("invoice").order_by("pk")[:SHOWN]
        ),
        mails=list(Message.objects.filter(status="failed").order_by("pk")[:SHOWN]),
        runs=list(BillingRun.objects.select_related("reseller").order_by("-started_at", "-pk")[:5]),
        open_total=debit.aggregate(sum=Sum("open_amount"))["sum"] or Decimal("0.00"),
        overdue_total=debit.filter(invoice__due_on__lt=today).aggregate(sum=Sum("open_amount"))["sum"]
        or Decimal("0.00"),
        active=Subscription.objects.filter(status=SubscriptionStatus.ACTIVE).count(),
        currency=organisation.currency if organisation else "EUR",
    )
