"""What invoicing knows of a subscription: a schedule with its dated changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from config.kernel.constraints import both_or_neither, known_values, not_negative
from config.kernel.public_ids import PublicIdField
from invoicing.enums import SCHEDULE_TRANSITIONS, ChangeKind, RefundPolicy, ScheduleState, UsageRule
from invoicing.models.guards import (
    BENEFICIARY_OF_BILL_TO,
    MODE_OF_BENEFICIARY,
    PRICE_PROTECTED,
    RESUMED_BEFORE_ITS_END,
    frozen,
    frozen_but,
    kept,
    write_once,
)
from invoicing.rating import Terms

MOVING = (
    "state",
    "start_on",
    "end_on",
    "term_end_on",
    "tenant_domain",
    "partner_id",
    "price_source",
    "service_reference",
    "quantity",
    "price",
    "charged_through",
    "next_invoice_on",
    "confirmed_at",
    "voided_at",
    "void_reason",
    "ended_at",
)


class BillingScheduleQuerySet(models.QuerySet["BillingSchedule"]):
    """Schedules by what is to be done with them."""

    def pending(self) -> BillingScheduleQuerySet:
        """Opened, not yet confirmed by the vendor."""
        return self.filter(state=ScheduleState.PENDING)

    def due(self, through: object) -> BillingScheduleQuerySet:
        """Active ones with a billing period that an invoice may carry by that date."""
        return self.filter(state=ScheduleState.ACTIVE, next_invoice_on__lte=through)


class BillingSchedule(models.Model):
    """What a bill-to owes for one service of one beneficiary, until it ends.

    The texts are opaque: invoicing prints them and never reads them. `price` is for one unit: per cycle, or for
    `price_parts` cycles collected in instalments. `partial_on` is the billing day that stubs, increases and cycles on
    an anniversary wait for; null = the order day itself. `charged_through` and `next_invoice_on` are the cursor of what
    has been charged. They stand in no index, and pages keep room, so that a run moves thousands of cursors in place.
    """

    public_id = PublicIdField()
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="schedules_to_pay", db_index=False)
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="schedules")
    currency = models.CharField(max_length=3)
    state = models.CharField(_("state"), max_length=8, choices=ScheduleState, default=ScheduleState.PENDING)
    mode = models.CharField(_("purchase mode"), max_length=12, choices=PurchaseMode)

    product_name = models.CharField(_("product"), max_length=250)
    product_type = models.CharField(max_length=40, blank=True)
    sku = models.CharField(_("SKU"), max_length=80, blank=True)
    service_reference = models.CharField(_("service"), max_length=120, blank=True)
    order_reference = models.CharField(_("order"), max_length=40, blank=True)
    tenant_domain = models.CharField(_("tenant"), max_length=255, blank=True)
    partner_id = models.CharField(_("partner id"), max_length=20, blank=True)
    price_source = models.CharField(_("price from"), max_length=200, blank=True)

    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.DecimalField(_("price"), max_digits=16, decimal_places=6)
    price_parts = models.PositiveSmallIntegerField(default=1)
    setup_fee = models.DecimalField(_("set-up fee"), max_digits=14, decimal_places=2, default=0)
    cycle_months = models.PositiveSmallIntegerField(_("months per billing period"))
    term_months = models.PositiveSmallIntegerField(_("months per term"), null=True, blank=True)
    billing_day = models.PositiveSmallIntegerField(null=True, blank=True)
    partial_on = models.PositiveSmallIntegerField(null=True, blank=True)
    refund_policy = models.CharField(max_length=4, choices=RefundPolicy, default=RefundPolicy.NONE)
    usage_rule = models.CharField(
        max_length=4, choices=UsageRule, default=UsageRule.PROPORTIONAL, db_default=UsageRule.PROPORTIONAL
    )

    order_on = models.DateField(_("ordered on"))
    start_on = models.DateField(_("starts on"), null=True, blank=True)
    term_end_on = models.DateField(_("term ends on"), null=True, blank=True)
    end_on = models.DateField(_("ends on"), null=True, blank=True)
    charged_through = models.DateField(null=True, blank=True)
    next_invoice_on = models.DateField(_("next invoice on"), null=True, blank=True)
    first_period_net = models.DecimalField(max_digits=14, decimal_places=2)
    first_period_gross = models.DecimalField(max_digits=14, decimal_places=2)

    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BillingScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing schedule")
        verbose_name_plural = _("billing schedules")
        constraints = [
            known_values("schedule_state_known", "state", ScheduleState),
            known_values("schedule_mode_known", "mode", PurchaseMode),
            known_values("schedule_refund_policy_known", "refund_policy", RefundPolicy),
            known_values("schedule_usage_rule_known", "usage_rule", UsageRule),
            not_negative("schedule_price_not_negative", "price"),
            not_negative("schedule_setup_fee_not_negative", "setup_fee"),
            both_or_neither("schedule_confirmed_pair", "start_on", "confirmed_at"),
            models.CheckConstraint(name="schedule_parts_positive", condition=Q(price_parts__gte=1)),
            models.CheckConstraint(
                name="schedule_billing_day_in_month", condition=Q(billing_day=None) | Q(billing_day__range=(1, 31))
            ),
            models.CheckConstraint(
                name="schedule_partial_day_in_month", condition=Q(partial_on=None) | Q(partial_on__range=(1, 31))
            ),
            models.CheckConstraint(
                name="schedule_active_has_start",
                condition=Q(state__in=(ScheduleState.PENDING, ScheduleState.VOID)) | Q(start_on__isnull=False),
            ),
            models.CheckConstraint(
                name="schedule_void_has_moment",
                condition=Q(state=ScheduleState.VOID, voided_at__isnull=False)
                | (~Q(state=ScheduleState.VOID) & Q(voided_at=None)),
            ),
            models.CheckConstraint(
                name="schedule_ends_after_start", condition=Q(end_on=None) | Q(end_on__gte=F("start_on"))
            ),
            models.UniqueConstraint(fields=["bill_to", "id"], name="schedule_bill_to_key"),
            models.UniqueConstraint(fields=["id", "bill_to", "beneficiary", "currency"], name="schedule_chain_key"),
        ]
        indexes = [
            models.Index(name="schedule_pending", fields=["bill_to"], condition=Q(state="pending")),
        ]
        triggers = [
            frozen_but("schedule", *MOVING),
            *kept("schedule"),
            write_once("schedule", "start_on", "confirmed_at", "voided_at"),
            BENEFICIARY_OF_BILL_TO,
            MODE_OF_BENEFICIARY,
            RESUMED_BEFORE_ITS_END,
            pgtrigger.FSM(
                name="schedule_state_arrows",
                field="state",
                transitions=SCHEDULE_TRANSITIONS.values(),
                condition=pgtrigger.AnyChange("state"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_name} × {self.quantity}"

    @property
    def terms(self) -> Terms:
        """What was agreed, as the rating takes it; before the confirmation the order day stands for the start."""
        return terms_of(self)


class Agreed(Protocol):
    """What of a schedule the rating needs: the model, or just these columns of it."""

    @property
    def start_on(self) -> date | None: ...
    @property
    def order_on(self) -> date: ...
    @property
    def end_on(self) -> date | None: ...
    @property
    def term_end_on(self) -> date | None: ...
    @property
    def cycle_months(self) -> int: ...
    @property
    def billing_day(self) -> int | None: ...
    @property
    def partial_on(self) -> int | None: ...
    @property
    def price_parts(self) -> int: ...
    @property
    def setup_fee(self) -> Decimal: ...
    @property
    def usage_rule(self) -> str: ...


def terms_of(schedule: Agreed) -> Terms:
    """What was agreed, from whatever holds the columns."""
    ends = [day for day in (schedule.end_on, schedule.term_end_on) if day]
    return Terms(
        start_on=schedule.start_on or schedule.order_on,
        cycle_months=schedule.cycle_months,
        end_on=min(ends, default=None),
        billing_day=schedule.billing_day,
        partial_on=schedule.partial_on,
        price_parts=schedule.price_parts,
        setup_fee=schedule.setup_fee,
        full_amount=schedule.usage_rule == UsageRule.FULL,
    )


class ScheduleChange(models.Model):
    """One dated change of a schedule, append-only: from `effective_on` quantity and price are these."""

    schedule = models.ForeignKey(BillingSchedule, models.PROTECT, related_name="changes", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=ChangeKind)
    effective_on = models.DateField()
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=16, decimal_places=6)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    price_source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("schedule change")
        verbose_name_plural = _("schedule changes")
        constraints = [
            known_values("schedule_change_kind_known", "kind", ChangeKind),
            models.UniqueConstraint(fields=["schedule", "seq"], name="schedule_change_once"),
            models.UniqueConstraint(
                fields=["schedule", "effective_on"],
                condition=Q(kind=ChangeKind.RENEWAL),
                name="schedule_renewed_once_per_term",
            ),
            models.UniqueConstraint(fields=["id", "schedule"], name="schedule_change_chain_key"),
        ]
        triggers = [*frozen("schedule_change"), PRICE_PROTECTED]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.effective_on}"
