"""Reads of affiliates. The reseller is always an argument."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.enums import AccountKind
from accounts.models import Account
from resellers.models import Reseller


def affiliates_of(reseller: Reseller) -> QuerySet[Account]:
    """The reseller's affiliates with purpose, by name."""
    return (
        Account.objects.filter(bill_to=reseller.account_id, kind=AccountKind.AFFILIATE, archived_at=None)
        .select_related("affiliate")
        .order_by("name_key", "pk")
    )
