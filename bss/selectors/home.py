"""BSS home: what waits for a person, and a few figures; a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from accounts.models import Organisation
from bss.selectors.work import Waiting, waiting
from config.kernel.clock import local_date
from invoicing.enums import DocumentType
from invoicing.models import BillingRun, InvoiceBalance
from invoicing.services.issuing import missing_of_seller
from storefront.enums import SERVING
from storefront.models import Subscription

RUNS = 5
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page prints. Amounts are gross, in the distributor's currency; other currencies are not in them."""

    work: Sequence[Waiting]
    runs: Sequence[BillingRun]
    open_total: Decimal
    open_count: int
    overdue_total: Decimal
    overdue_accounts: int
    active: int
    currency: str
    missing: Sequence[str]
    only: str

    @property
    def waiting(self) -> int:
        """How much waits for a person."""
        return sum(kind.count for kind in self.work)

    @property
    def shown(self) -> list[Waiting]:
        """The kinds that have something to show."""
        return [kind for kind in self.work if kind.items]


def home(*, at: datetime, only: str = "", organisation: Organisation | None) -> Home:
    """Everything of the home page at that moment; `only` is the kind of work to show alone."""
    today = local_date(at, organisation.time_zone) if organisation else at.date()
    currency = organisation.currency if organisation else "EUR"
    overdue = Q(invoice__due_on__lt=today)
    debit = InvoiceBalance.objects.filter(
        open_amount__gt=0, currency=currency, invoice__document_type=DocumentType.DEBIT
    ).aggregate(
        open=Sum("open_amount"),
        count=Count("pk"),
        overdue=Sum("open_amount", filter=overdue),
        accounts=Count("invoice__bill_to", filter=overdue, distinct=True),
    )
    return Home(
        work=waiting(on=today, only=only),
        runs=list(BillingRun.objects.select_related("reseller").order_by("-started_at", "-pk")[:RUNS]),
        open_total=debit["open"] or NOTHING,
        open_count=debit["count"],
        overdue_total=debit["overdue"] or NOTHING,
        overdue_accounts=debit["accounts"],
        active=Subscription.objects.filter(status__in=SERVING).count(),
        currency=currency,
        missing=missing_of_seller(organisation),
        only=only,
    )
