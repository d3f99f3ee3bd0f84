"""Orders: one beneficiary, one bill-to, one purchase mode."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from config.kernel.constraints import both_or_neither, known_values
from config.kernel.public_ids import PublicIdField
from invoicing.models.guards import BENEFICIARY_OF_BILL_TO, MODE_OF_BENEFICIARY, frozen
from storefront.enums import Delivery, DeliveryStatus, HoldReason, OrderStatus
from storefront.transitions import ORDER_TRANSITIONS


class Order(models.Model):
    """What a reseller ordered for one beneficiary. Mode and MPN ID are frozen with it (product.md R4.2)."""

    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=20, unique=True)
    checkout = models.ForeignKey("storefront.Checkout", models.PROTECT, related_name="orders", db_index=False)
    position = models.PositiveSmallIntegerField(default=1)
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="orders_to_pay")
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="orders")
    mode = models.CharField(_("purchase mode"), max_length=12, choices=PurchaseMode)
    mpn_id = models.CharField(_("MPN ID"), max_length=10, null=True, blank=True)  # noqa: DJ001 -- null: none may be sent
    currency = models.CharField(max_length=3)
    po_number = models.CharField(_("PO number"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=OrderStatus)
    hold_reason = models.CharField(max_length=10, choices=HoldReason, default=HoldReason.NONE, blank=True)
    exceeds_by = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    first_period_net = models.DecimalField(max_digits=14, decimal_places=2)
    first_period_gross = models.DecimalField(max_digits=14, decimal_places=2)
    available_at_execution = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    was_unlimited = models.BooleanField(default=False)
    override_reason = models.CharField(max_length=300, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    placed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="orders_placed")
    attested_at = models.DateTimeField(null=True, blank=True)
    attested_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    executed_at = models.DateTimeField(null=True, blank=True)
    executed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    canceled_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("order")
        permissions = [("override_credit", "Can execute orders above the credit limit")]
        verbose_name_plural = _("orders")
        constraints = [
            known_values("order_status_known", "status", OrderStatus),
            known_values("order_mode_known", "mode", PurchaseMode),
            both_or_neither("order_canceled_pair", "canceled_at", "canceled_by"),
            both_or_neither("order_attested_pair", "attested_at", "attested_by"),
            models.CheckConstraint(
                name="order_mpn_only_for_end_customers",
                condition=Q(mpn_id=None) | Q(mode=PurchaseMode.END_CUSTOMER),
            ),
            models.CheckConstraint(
                name="order_executed_evidence",
                condition=Q(status=OrderStatus.EXECUTED, executed_at__isnull=False)
                | (~Q(status=OrderStatus.EXECUTED) & Q(executed_at=None)),
            ),
            models.CheckConstraint(
                name="order_fitted_or_overridden",
                condition=~Q(status=OrderStatus.EXECUTED)
                | Q(was_unlimited=True)
                | Q(first_period_gross__lte=F("available_at_execution"))
                | ~Q(override_reason=""),
            ),
            models.CheckConstraint(
                name="order_held_has_reason", condition=~Q(status=OrderStatus.SUBMITTED) | ~Q(hold_reason="")
            ),
            models.CheckConstraint(
                name="order_canceled_has_reason", condition=~Q(status=OrderStatus.CANCELED) | ~Q(cancel_reason="")
            ),
            models.UniqueConstraint(fields=["checkout", "beneficiary"], name="order_once_per_checkout"),
        ]
        indexes = [models.Index(name="order_newest", fields=["bill_to", "-placed_at", "-id"])]
        triggers = [
            BENEFICIARY_OF_BILL_TO,
            MODE_OF_BENEFICIARY,
            pgtrigger.Protect(name="order_kept", operation=pgtrigger.Delete),
            pgtrigger.FSM(name="order_status_arrows", field="status", transitions=ORDER_TRANSITIONS.values()),
            pgtrigger.Protect(
                name="order_mode_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.mode <> NEW.mode OR OLD.beneficiary_id <> NEW.beneficiary_id"
                    " OR OLD.bill_to_id <> NEW.bill_to_id OR OLD.currency <> NEW.currency"
                    " OR OLD.mpn_id IS DISTINCT FROM NEW.mpn_id"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderItem(models.Model):
    """One line of an order, its price copied at submit (product.md I20)."""

    public_id = PublicIdField()
    order = models.ForeignKey("storefront.Order", models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    offer = models.ForeignKey("storefront.Offer", models.PROTECT, related_name="order_items")
    product_name = models.CharField(max_length=250)
    sku = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=16, decimal_places=6)
    price_parts = models.PositiveSmallIntegerField(default=1)
    cycle_months = models.PositiveSmallIntegerField()
    term_months = models.PositiveSmallIntegerField(default=0)
    setup_fee = models.DecimalField(max_digits=16, decimal_places=6, default=0)
    price_source = models.CharField(max_length=200)
    first_period_net = models.DecimalField(max_digits=14, decimal_places=2)
    first_period_gross = models.DecimalField(max_digits=14, decimal_places=2)
    delivery = models.CharField(max_length=10, choices=Delivery)
    delivery_status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.PENDING)

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        constraints = [
            known_values("order_item_delivery_known", "delivery", Delivery),
            known_values("order_item_delivery_status_known", "delivery_status", DeliveryStatus),
            models.CheckConstraint(name="order_item_quantity", condition=Q(quantity__gte=1)),
            models.UniqueConstraint(fields=["order", "position"], name="order_item_position"),
        ]
        triggers = frozen("order_item", but=("delivery_status",))

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_name}"
