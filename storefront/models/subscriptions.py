"""What runs for a beneficiary."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField
from storefront.enums import SubscriptionStatus
from storefront.transitions import SUBSCRIPTION_TRANSITIONS

AS_ORDERED = pgtrigger.Trigger(
    name="subscription_as_ordered",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM storefront_orderitem i JOIN storefront_order o ON o.id = i.order_id
            WHERE i.id = NEW.order_item_id AND o.bill_to_id = NEW.bill_to_id AND o.mode = NEW.mode
              AND o.beneficiary_id = NEW.beneficiary_id AND o.currency = NEW.currency
        ) THEN
            RAISE EXCEPTION 'subscription %: payer, beneficiary, mode and currency are those of its order', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'subscription_as_ordered';
        END IF;
        RETURN NEW;
    """,
)
FROZEN = pgtrigger.Protect(
    name="subscription_frozen",
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "OLD.order_item_id <> NEW.order_item_id OR OLD.bill_to_id <> NEW.bill_to_id OR OLD.mode <> NEW.mode"
        " OR OLD.beneficiary_id <> NEW.beneficiary_id OR OLD.currency <> NEW.currency"
        " OR (OLD.activated_at IS NOT NULL AND OLD.mpn_id IS DISTINCT FROM NEW.mpn_id)"
        " OR (OLD.ms_subscription_id IS NOT NULL AND OLD.ms_subscription_id IS DISTINCT FROM NEW.ms_subscription_id)"
    ),
)
"""Whose it is, and what Microsoft was told of the partner, never changes (product.md R4.2)."""


class Subscription(models.Model):
    """A product that runs for a beneficiary; one per order item. Mode and the MPN ID really sent are frozen.

    `term_end_on` is the distributor's date of the term's end, the first day of the next one; `term_ends_at` is the
    vendor's moment of it, null without a vendor.
    """

    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=20, unique=True)
    order_item = models.OneToOneField("storefront.OrderItem", models.PROTECT, related_name="subscription")
    schedule = models.OneToOneField(
        "invoicing.BillingSchedule", models.PROTECT, null=True, blank=True, related_name="subscription"
    )
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="subscriptions_to_pay")
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="subscriptions")
    tenant = models.ForeignKey("storefront.Tenant", models.PROTECT, null=True, blank=True, related_name="subscriptions")
    offer = models.ForeignKey("storefront.Offer", models.PROTECT, related_name="subscriptions")
    name = models.CharField(_("name"), max_length=250)
    mode = models.CharField(_("purchase mode"), max_length=12, choices=PurchaseMode)
    mpn_id = models.CharField(_("MPN ID"), max_length=10, null=True, blank=True)  # noqa: DJ001 -- null: none was sent
    currency = models.CharField(max_length=3)
    quantity = models.PositiveIntegerField(_("seats"))
    status = models.CharField(
        _("status"), max_length=16, choices=SubscriptionStatus, default=SubscriptionStatus.PENDING
    )
    auto_renew = models.BooleanField(_("renews"), default=True)
    start_on = models.DateField(_("start"), null=True, blank=True)
    term_end_on = models.DateField(_("term ends"), null=True, blank=True)
    term_ends_at = models.DateTimeField(null=True, blank=True)
    cancellable_until = models.DateTimeField(null=True, blank=True)
    ms_subscription_id = models.UUIDField(null=True, blank=True, unique=True)
    ms_order_id = models.CharField(max_length=64, blank=True)
    failure_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            known_values("subscription_status_known", "status", SubscriptionStatus),
            known_values("subscription_mode_known", "mode", PurchaseMode),
            models.CheckConstraint(
                name="subscription_mpn_only_for_end_customers",
                condition=Q(mpn_id=None) | Q(mode=PurchaseMode.END_CUSTOMER),
            ),
            models.CheckConstraint(
                name="subscription_active_has_start",
                condition=~Q(
                    status__in=[
                        SubscriptionStatus.ACTIVE,
                        SubscriptionStatus.PENDING_CANCEL,
                        SubscriptionStatus.SUSPENDED,
                    ]
                )
                | Q(start_on__isnull=False, activated_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="subscription_newest", fields=["bill_to", "-created_at", "-id"]),
            models.Index(
                name="subscription_term_end",
                fields=["term_end_on"],
                condition=Q(status__in=[SubscriptionStatus.ACTIVE, SubscriptionStatus.SUSPENDED]),
            ),
        ]
        triggers = [
            AS_ORDERED,
            FROZEN,
            pgtrigger.Protect(name="subscription_kept", operation=pgtrigger.Delete),
            pgtrigger.FSM(name="subscription_arrows", field="status", transitions=SUBSCRIPTION_TRANSITIONS.values()),
        ]

    def __str__(self) -> str:
        return self.name
