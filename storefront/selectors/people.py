"""For whom a reseller can order, found by public id and never outside its own."""

from __future__ import annotations

from django.db.models import QuerySet, Sum

from accounts.models import Account
from affiliates.selectors import affiliates_of
from resellers.models import Reseller
from resellers.selectors import end_customers_of


def affiliates_with_seats(reseller: Reseller) -> QuerySet[Account]:
    """Affiliates with tenant and seats, as the checkout lists them."""
    return affiliates_of(reseller).select_related("affiliate", "tenant").annotate(seats=Sum("subscriptions__quantity"))


def customers_with_seats(reseller: Reseller) -> QuerySet[Account]:
    """End customers with tenant and seats."""
    return end_customers_of(reseller).select_related("tenant").annotate(seats=Sum("subscriptions__quantity"))
