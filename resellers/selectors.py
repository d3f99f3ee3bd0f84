"""Reads of resellers and their end customers. The reseller is always an argument."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.enums import AccountKind
from accounts.models import Account, User
from resellers.models import Reseller


def reseller_of(user: User) -> Reseller | None:
    """The reseller whose Storefront the user signs in to, with its account; None for staff and sub-customers.

    No query for the user of a request (`resellers.backend`).
    """
    return getattr(user.account, "reseller", None)


def end_customers_of(reseller: Reseller) -> QuerySet[Account]:
    """The end customers the reseller pays for, by name."""
    return Account.objects.filter(
        bill_to=reseller.account_id, kind=AccountKind.END_CUSTOMER, archived_at=None
    ).order_by("name_key", "pk")


def beneficiaries_of(reseller: Reseller) -> QuerySet[Account]:
    """Everybody the reseller may order for: itself, its affiliates, its end customers."""
    from django.db.models import Q

    return Account.objects.filter(
        Q(pk=reseller.account_id) | Q(bill_to=reseller.account_id), archived_at=None
    ).order_by("kind", "name_key", "pk")
