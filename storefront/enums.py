"""The words of the catalogue, orders, subscriptions and fulfilment."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Vendor(models.TextChoices):
    """Who makes the product."""

    MICROSOFT = "microsoft", _("Microsoft")
    OWN = "own", _("Own product")


class ProductType(models.TextChoices):
    """What tax rules tell apart."""

    LICENCE = "licence", _("Licence")
    SERVICE = "service", _("Service")


class Term(models.TextChoices):
    """How long a subscription is committed for; NONE is an own product without commitment."""

    P1M = "P1M", _("1 month")
    P1Y = "P1Y", _("1 year")
    P3Y = "P3Y", _("3 years")
    NONE = "none", _("No term")

    @property
    def months(self) -> int:
        """Length in months; 0 without a term."""
        return {"P1M": 1, "P1Y": 12, "P3Y": 36, "none": 0}[self.value]


class BillingPlan(models.TextChoices):
    """How often the price is charged."""

    MONTHLY = "monthly", _("Monthly")
    ANNUAL = "annual", _("Annual")
    TRIENNIAL = "triennial", _("Every 3 years")
    ONE_TIME = "one_time", _("Once")
    NONE = "none", _("Free trial")

    @property
    def months(self) -> int:
        """Length of one billing cycle in months; 0 means once."""
        return {"monthly": 1, "annual": 12, "triennial": 36, "one_time": 0, "none": 0}[self.value]


class Delivery(models.TextChoices):
    """How an order item is executed."""

    MICROSOFT = "microsoft", _("By Microsoft")
    AT_ONCE = "at_once", _("At once")
    BY_HAND = "by_hand", _("By hand")


class PriceRule(models.TextChoices):
    """How a price list makes a price (product.md M19)."""

    LISTED_ONLY = "listed_only", _("Only listed offers")
    MARGIN = "margin", _("Margin on cost")
    DISCOUNT = "discount", _("Discount on retail")
    FIXED = "fixed", _("Fixed price")


class OrderStatus(models.TextChoices):
    """Product.md §7.2. A draft is a basket; orders are born submitted or executed."""

    SUBMITTED = "submitted", _("Held")
    EXECUTED = "executed", _("Executed")
    CANCELED = "canceled", _("Canceled")


class HoldReason(models.TextChoices):
    """Why an order was not executed at once."""

    NONE = "", _("Not held")
    CREDIT = "credit", _("Above available credit")


class DeliveryStatus(models.TextChoices):
    """How far one order item is (product.md §7.2)."""

    PENDING = "pending", _("Pending")
    IN_PROGRESS = "in_progress", _("In progress")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class SubscriptionStatus(models.TextChoices):
    """Product.md §9.1."""

    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    PENDING_CANCEL = "pending_cancel", _("Ending")
    SUSPENDED = "suspended", _("Suspended")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    CANCELED = "canceled", _("Canceled")


SERVING: Final = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING_CANCEL)
"""Where the service is used and charged, also while its end is planned."""


class TenantState(models.TextChoices):
    """Where the customer record at Microsoft is (partner_center.md §12.2)."""

    DRAFT = "draft", _("None")
    CREATING = "creating", _("Checking")
    CREATED = "created", _("Checking")
    READY = "ready", _("Linked")
    REJECTED = "rejected", _("Failed")


class UnitState(models.TextChoices):
    """Where the fulfilment of one order item is (partner_center.md §12.2)."""

    PLANNED = "planned", _("Planned")
    WAITING_TENANT = "waiting_tenant", _("Waiting for the tenant")
    CART_PENDING = "cart_pending", _("Building the cart")
    CART_READY = "cart_ready", _("Cart ready")
    CHECKOUT_PENDING = "checkout_pending", _("Ordering")
    CHECKOUT_UNKNOWN = "checkout_unknown", _("Outcome unknown")
    ACCEPTED = "accepted", _("Accepted")
    PROVISIONING = "provisioning", _("Being set up")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    NEEDS_PERSON = "needs_person", _("Needs a person")


class RenewalState(models.TextChoices):
    """What becomes of a subscription where one of its terms ends (product.md M5)."""

    WAITING = "waiting", _("Coming up")
    HELD = "held", _("Held")
    RENEWED = "renewed", _("Renewed")
    ENDED = "ended", _("Ended")


class RequestState(models.TextChoices):
    """A user's wish about a running subscription (product.md §15)."""

    PENDING = "pending", _("Being changed")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class CallState(models.TextChoices):
    """What became of one write to Microsoft."""

    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Unknown")
    OK = "ok", _("Done")
    REFUSED = "refused", _("Refused")


class ImportStatus(models.TextChoices):
    """A price sheet that was uploaded."""

    CHECKED = "checked", _("Checked")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
