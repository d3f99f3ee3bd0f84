"""Who is who: the distributor, accounts, contacts, users, and what they did."""

from accounts.models.accounts import Account, AccountQuerySet
from accounts.models.contacts import Contact
from accounts.models.messages import Message
from accounts.models.organisation import Organisation
from accounts.models.trail import AuditEvent
from accounts.models.users import EmailChange, Invitation, User, UserManager
from accounts.models.vat_checks import VatCheck

__all__ = [
    "Account",
    "AccountQuerySet",
    "AuditEvent",
    "Contact",
    "EmailChange",
    "Invitation",
    "Message",
    "Organisation",
    "User",
    "UserManager",
    "VatCheck",
]
