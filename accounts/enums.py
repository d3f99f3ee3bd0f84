"""The words of accounts, users and purchase modes."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.kernel.status import StatusChoices, Tone
from config.kernel.transitions import Transitions


class AccountKind(models.TextChoices):
    """What an account is to the distributor (product.md §2)."""

    RESELLER = "reseller", _("Reseller")
    END_CUSTOMER = "end_customer", _("End customer")
    AFFILIATE = "affiliate", _("Affiliate")


class PurchaseMode(models.TextChoices):
    """For whom a reseller buys; follows from the beneficiary (product.md §4)."""

    PERSONAL = "personal", _("Personal usage")
    AFFILIATE = "affiliate", _("Affiliate account")
    END_CUSTOMER = "end_customer", _("End customer")

    @classmethod
    def of(cls, kind: str) -> PurchaseMode:
        """The mode of an order whose beneficiary is an account of this kind."""
        return {
            AccountKind.RESELLER: cls.PERSONAL,
            AccountKind.AFFILIATE: cls.AFFILIATE,
            AccountKind.END_CUSTOMER: cls.END_CUSTOMER,
        }[AccountKind(kind)]


class Segment(models.TextChoices):
    """Which of Microsoft's offers an organisation may buy (product.md M8)."""

    COMMERCIAL = "Commercial", _("Commercial")
    EDUCATION = "Education", _("Education")
    CHARITY = "Charity", _("Charity")


class Via(models.TextChoices):
    """Where an account was created."""

    BSS = "bss", _("BSS")
    STOREFRONT = "storefront", _("Storefront")
    IMPORT = "import", _("Import")


class FlagSource(models.TextChoices):
    """Who set the separate-invoices flag (product.md M2)."""

    NONE = "", _("Not set")
    DEFAULT = "default", _("Default when it was created")
    OPERATOR = "operator", _("An operator")
    BULK = "bulk", _("Bulk change")


class StorefrontRole(models.TextChoices):
    """What a simple Storefront user may do (product.md §5.3); an admin may do everything."""

    BILLING_AGENT = "billing_agent", _("Billing Agent")
    SUBSCRIPTIONS_MANAGER = "subscriptions_manager", _("Subscriptions Manager")
    BUYER = "buyer", _("Buyer")
    CLOUD_ADMINISTRATOR = "cloud_administrator", _("Cloud Administrator")


class StaffRole(models.TextChoices):
    """The groups of the distributor's staff (product.md M16); the value is the group's name."""

    ADMIN = "Admin", _("Admin")
    SALES = "Sales", _("Sales")
    FINANCE = "Finance", _("Finance")
    SUPPORT = "Support", _("Support")
    READ_ONLY = "Read-only", _("Read-only")


class SecondFactor(models.TextChoices):
    """Who signs in with a second factor; everybody may (reliability.md S33)."""

    OFFERED = "offered", _("Offered to everyone")
    STAFF = "staff", _("Required for staff")
    EVERYONE = "everyone", _("Required for everyone")


class MessageStatus(models.TextChoices):
    """Where an e-mail is."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


MESSAGE_TRANSITIONS: Final = Transitions(
    {
        MessageStatus.PENDING: frozenset({MessageStatus.SENT, MessageStatus.FAILED}),
        MessageStatus.FAILED: frozenset({MessageStatus.PENDING}),
        MessageStatus.SENT: frozenset(),
    }
)


class VatResult(StatusChoices):
    """What is known of a VAT number."""

    VALID = "valid", Tone.OK, "circle-check", _("Valid")
    INVALID = "invalid", Tone.BAD, "triangle-alert", _("Invalid")
    UNKNOWN = "unknown", Tone.WARN, "clock", _("Unknown")


class VatSource(models.TextChoices):
    """Who said so."""

    VIES = "vies", _("VIES")
    FORMAT = "format", _("Form and check digits")
    PERSON = "person", _("A person")
