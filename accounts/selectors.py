"""What pages read about people, and whom mails go to."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Account, Contact, Organisation, User, VatCheck


def users_of(account: Account) -> QuerySet[User]:
    """Everybody who may sign in for the account, with or without a contact, by name."""
    return User.objects.filter(account=account).select_related("account").order_by("name", "email", "pk")


def bill_to_addresses(account: Account) -> list[str]:
    """The Bill-To contacts of a reseller; without one the company's own address."""
    contacts = Contact.objects.filter(account=account, is_bill_to=True).exclude(email="").order_by("pk")
    return list(contacts.values_list("email", flat=True)) or [account.email]


def operator_addresses(account: Account) -> list[str]:
    """The account manager, else the distributor's own address."""
    manager = account.responsible_user
    return [manager.email if manager else Organisation.get().email]


def vat_checks_of(account: Account) -> QuerySet[VatCheck]:
    """The checks of the account's VAT numbers, newest first."""
    return VatCheck.objects.filter(account=account).select_related("checked_by").order_by("-pk")
