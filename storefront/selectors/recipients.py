"""Whom mails about a reseller's business go to."""

from __future__ import annotations

from accounts.models import Account, Contact, Organisation


def bill_to_addresses(account: Account) -> list[str]:
    """The Bill-To contacts of a reseller; without one the company's own address."""
    contacts = Contact.objects.filter(account=account, is_bill_to=True).exclude(email="").order_by("pk")
    return list(contacts.values_list("email", flat=True)) or [account.email]


def operator_addresses(account: Account) -> list[str]:
    """The account manager, else the distributor's own address."""
    manager = account.responsible_user
    return [manager.email if manager else Organisation.get().email]
