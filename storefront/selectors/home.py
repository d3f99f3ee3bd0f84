"""The reseller's home: what needs it now, its money, its business; a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Account, User
from accounts.permissions import Permission
from config.kernel.money import Money
from invoicing.enums import DocumentType
from invoicing.models import Invoice, InvoiceBalance
from invoicing.selectors import credit
from invoicing.selectors.credit import CreditView
from storefront.enums import SERVING, OrderStatus, SubscriptionStatus
from storefront.models import Order, Subscription
from storefront.selectors import baskets

SHOWN: Final = 5
SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ModeFigure:
    """Seats and services of one purchase mode."""

    mode: str
    services: int
    seats: int


@dataclass(frozen=True, slots=True)
class HomeView:
    """Everything the home page prints."""

    credit: CreditView
    committed: Money
    held: Sequence[Order]
    failed: Sequence[Subscription]
    closing: Sequence[Subscription]
    payable: Sequence[Invoice]
    open_total: Money
    overdue_total: Money
    modes: Sequence[ModeFigure]
    orders: Sequence[Order]
    invoices: Sequence[Invoice]


def home_of(account: Account, *, at: datetime, on: date) -> HomeView:
    """The dashboard at a moment and its date: invoices payable within 7 days, windows that close within 7 days."""
    debit = InvoiceBalance.objects.filter(bill_to=account, open_amount__gt=0, invoice__document_type=DocumentType.DEBIT)
    sums = debit.aggregate(open=Sum("open_amount"), overdue=Sum("open_amount", filter=Q(invoice__due_on__lt=on)))
    running = Subscription.objects.filter(bill_to=account, status__in=SERVING)
    by_mode = running.values("mode").annotate(services=Count("pk"), seats=Sum("quantity")).order_by("mode")
    window = Q(status=SubscriptionStatus.ACTIVE, cancellable_until__gt=at, cancellable_until__lte=at + SOON)
    urgent = list(
        Subscription.objects.filter(Q(status=SubscriptionStatus.FAILED) | window, bill_to=account)
        .select_related("beneficiary")
        .order_by(F("cancellable_until").asc(nulls_first=True), "-pk")[: 2 * SHOWN]
    )
    orders = orders_of(account)
    invoices = Invoice.objects.filter(bill_to=account).select_related("beneficiary", "balance")
    standing = credit.standing(account)
    return HomeView(
        credit=standing.credit,
        committed=credit.committed(account, on=on, rules=standing.rules),
        held=list(orders.filter(status=OrderStatus.SUBMITTED)[:SHOWN]),
        failed=[row for row in urgent if row.status == SubscriptionStatus.FAILED],
        closing=[row for row in urgent if row.status != SubscriptionStatus.FAILED],
        payable=list(
            invoices.filter(
                due_on__lte=on + SOON, balance__open_amount__gt=0, document_type=DocumentType.DEBIT
            ).order_by("due_on", "pk")[:SHOWN]
        ),
        open_total=Money(sums["open"] or Decimal("0.00"), account.currency),
        overdue_total=Money(sums["overdue"] or Decimal("0.00"), account.currency),
        modes=[ModeFigure(row["mode"], row["services"], row["seats"]) for row in by_mode],
        orders=list(orders[:SHOWN]),
        invoices=list(invoices.order_by("-issued_on", "-pk")[:SHOWN]),
    )


def orders_of(account: Account) -> QuerySet[Order]:
    """Orders the account pays for, newest first, with what lists print."""
    return (
        Order.objects.filter(bill_to=account)
        .select_related("beneficiary", "placed_by")
        .annotate(items_count=Count("items"))
        .order_by("-placed_at", "-pk")
    )


def basket_facts(user: User) -> dict[str, Any]:
    """The basket's address and number of lines, for the frame; nothing for roles that do not order.

    The lines are counted when the number is printed: the pages of the basket put theirs in its place.
    """
    if not user.may(Permission.ORDER_PLACE):
        return {}
    return {"basket_url": reverse("basket"), "basket_count": SimpleLazyObject(lambda: baskets.count_of(user))}
