"""What pages read about people."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Account, User


def users_of(account: Account) -> QuerySet[User]:
    """Everybody who may sign in for the account, with or without a contact, by name."""
    return User.objects.filter(account=account).select_related("account").order_by("name", "email", "pk")
