"""The words of a reseller's settings."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BillingDayRule(models.TextChoices):
    """On which day of the month a reseller's proratable services are aligned (product.md §5.2)."""

    FIRST = "first", _("First of the month")
    LAST = "last", _("Last of the month")
    FIRST_ORDER = "first_order", _("Day of the first order")
    FIXED = "fixed", _("Fixed day")


class PartialCharges(models.TextChoices):
    """When stubs, increases and set-up charges are invoiced (product.md §10.2)."""

    ORDER_DAY = "order_day", _("On order day")
    BILLING_DAY = "billing_day", _("On billing day")


class PaymentMethod(models.TextChoices):
    """How the reseller pays. All are recorded by hand or from a bank file."""

    BANK_TRANSFER = "bank_transfer", _("Bank transfer")
    DIRECT_DEBIT = "direct_debit", _("Direct debit")
    PREPAYMENT = "prepayment", _("Prepayment")


class MpnStatus(models.TextChoices):
    """What Microsoft says of the stored MPN ID."""

    NONE = "none", _("None")
    UNCHECKED = "unchecked", _("Unchecked")
    VALID = "valid", _("Valid")
    INVALID = "invalid", _("Invalid")


class SeparateDefault(models.TextChoices):
    """The reseller's own default for new sub-customers (product.md M2)."""

    FOLLOW = "follow", _("Follow the Storefront setting")
    SEPARATE = "separate", _("Separate invoices")
    AGGREGATED = "aggregated", _("One aggregated invoice")


class DocumentMail(models.TextChoices):
    """How invoices reach the Bill-To contact by mail (product.md §11.3)."""

    FOLLOW = "follow", _("Follow the system option")
    AUTOMATIC = "automatic", _("One mail each, a digest above three")
    EACH = "each", _("One mail for each document")
    DIGEST = "digest", _("One digest with all documents of a run")
    NONE = "none", _("No mail: they are in the Storefront")
