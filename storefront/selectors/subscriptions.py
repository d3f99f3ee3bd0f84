"""Reads of subscriptions. A reseller's page names the reseller; staff lists are apart."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Account
from resellers.models import Reseller
from storefront.models import Subscription

SHOWN = ("beneficiary", "bill_to", "tenant", "offer__product", "order_item__order", "schedule")


def subscriptions_of(
    reseller: Reseller, *, beneficiary: Account | None = None, status: str = ""
) -> QuerySet[Subscription]:
    """What the reseller pays for, newest first, with all that list and detail print."""
    rows = Subscription.objects.select_related(*SHOWN).filter(bill_to=reseller.account_id)
    if beneficiary is not None:
        rows = rows.filter(beneficiary=beneficiary)
    if status:
        rows = rows.filter(status=status)
    return rows.order_by("-created_at", "-pk")


def subscriptions_for_staff() -> QuerySet[Subscription]:
    """Every subscription with what BSS lists, newest first."""
    return Subscription.objects.select_related(*SHOWN).order_by("-created_at", "-pk")
