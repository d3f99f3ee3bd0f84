"""The reseller's business in figures: what was billed month by month, by purchase mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from accounts.enums import AccountKind
from accounts.models import Account
from config.kernel.money import Money
from invoicing.models import Charge

LEAST_MONTHS: Final = 6
MOST_MONTHS: Final = 12
KINDS: Final = (AccountKind.RESELLER, AccountKind.AFFILIATE, AccountKind.END_CUSTOMER)
NOTHING: Final = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Month:
    """What the charges of a month's invoices add up to, net, before credits."""

    first: date
    own: Money
    affiliate: Money
    customer: Money

    @property
    def total(self) -> Money:
        """All three together."""
        return self.own + self.affiliate + self.customer


def months_back(on: date, many: int) -> list[date]:
    """The first days of the last months, oldest first; the month of `on` is the last."""
    number = on.year * 12 + on.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - many + 1, number + 1)]


def billed_by_month(account: Account, *, on: date) -> Sequence[Month]:
    """Six to twelve months up to that of `on`, as far back as there are charges; empty without any. One query.

    Refunds and charges that another one replaced are left out: the bars show what was ordered, not what was settled.
    """
    span = months_back(on, MOST_MONTHS)
    rows = (
        Charge.objects.filter(bill_to=account, net__gt=0, released_by=None, invoice_on__gte=span[0])
        .annotate(month=TruncMonth("invoice_on"))
        .filter(month__lte=span[-1])
        .values("month", "beneficiary__kind")
        .annotate(net=Sum("net"))
        .order_by("month", "beneficiary__kind")
    )
    sums = {(row["month"], row["beneficiary__kind"]): row["net"] for row in rows}
    if not sums:
        return []
    first = min(month for month, _ in sums)
    shown = [month for month in span if month >= first or month in span[-LEAST_MONTHS:]]
    return [
        Month(month, *(Money(sums.get((month, kind), NOTHING), account.currency) for kind in KINDS)) for month in shown
    ]
