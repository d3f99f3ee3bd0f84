"""For whom a reseller can order, found by public id and never outside its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from accounts.enums import AccountKind
from accounts.models import Account
from resellers.models import Reseller
from resellers.selectors import beneficiaries_of


@dataclass(frozen=True, slots=True)
class People:
    """Whom the checkout offers. `own` is the reseller's account itself; all come with tenant and seats."""

    own: Account
    affiliates: Sequence[Account]
    customers: Sequence[Account]


def people_of(reseller: Reseller) -> People:
    """Everybody the reseller may order for, by one query."""
    rows = beneficiaries_of(reseller).select_related("affiliate", "tenant")
    by_kind: dict[str, list[Account]] = defaultdict(list)
    for row in rows.annotate(seats=Sum("subscriptions__quantity")):
        by_kind[row.kind].append(row)
    own = [*by_kind[AccountKind.RESELLER], reseller.account][0]
    return People(own, by_kind[AccountKind.AFFILIATE], by_kind[AccountKind.END_CUSTOMER])
