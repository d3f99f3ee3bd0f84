"""Charges: immutable amounts, each for one schedule, change and period."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import both_or_neither, known_values
from config.kernel.money import Money
from config.kernel.public_ids import PublicIdField
from invoicing.enums import RECURRING, ChargeKind
from invoicing.models.guards import (
    BENEFICIARY_OF_BILL_TO,
    REFUND_WITHIN_CHARGE,
    WITHDRAWN_BEFORE_INVOICED,
    frozen,
    write_once,
)


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Charges by what is to be done with them."""

    def uninvoiced(self) -> ChargeQuerySet:
        """Not on an invoice yet, and not given up."""
        return self.filter(invoice_item=None, released_by=None, withdrawn_at=None)

    def manual(self) -> ChargeQuerySet:
        """Added by hand."""
        return self.filter(schedule=None)


class Charge(models.Model):
    """One amount that a bill-to owes: quantity × unit price × factor, rounded once (product.md §10.2).

    A manual charge has no schedule and carries its own text and product type; until it is invoiced it can be
    withdrawn. The factor is an exact fraction, of a refund as it was counted (690 of 744 hours). `refunds` is the
    charge that a refund takes back in part. `released_by` is the charge that took the place of one whose invoice line
    was credited and is billed anew, written once.
    """

    public_id = PublicIdField()
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="charges_to_pay", db_index=False)
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="charges", db_index=False)
    schedule = models.ForeignKey(
        "invoicing.BillingSchedule", models.PROTECT, null=True, blank=True, related_name="charges", db_index=False
    )
    change = models.ForeignKey(
        "invoicing.ScheduleChange", models.PROTECT, null=True, blank=True, related_name="charges", db_index=False
    )
    kind = models.CharField(max_length=8, choices=ChargeKind)
    period = DateRangeField()
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=16, decimal_places=6)
    factor_numerator = models.IntegerField(default=1)
    factor_denominator = models.PositiveIntegerField(default=1)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    invoice_on = models.DateField()
    text = models.CharField(_("text"), max_length=250, blank=True)
    product_type = models.CharField(_("product type"), max_length=40, blank=True, default="", db_default="")
    refunds = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="refunded_by", db_index=False
    )
    released_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="releases", db_index=False
    )
    cut_at = models.DateTimeField()
    cut_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    withdraw_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            known_values("charge_kind_known", "kind", ChargeKind),
            ExclusionConstraint(
                name="charge_no_day_twice",
                expressions=[
                    (Func(F("schedule_id"), F("schedule_id"), Value("[]"), function="int8range"), RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(kind__in=[str(kind) for kind in RECURRING], released_by=None),
            ),
            models.UniqueConstraint(
                "schedule",
                "change",
                "kind",
                Lower("period"),
                condition=Q(released_by=None) & ~Q(kind=ChargeKind.REFUND),
                name="charge_once",
            ),
            models.UniqueConstraint(fields=["id", "bill_to", "beneficiary", "currency"], name="charge_chain_key"),
            models.CheckConstraint(name="charge_period_has_days", condition=Q(period__isempty=False)),
            models.CheckConstraint(name="charge_factor_is_a_fraction", condition=Q(factor_denominator__gte=1)),
            models.CheckConstraint(
                name="charge_has_a_source",
                condition=Q(schedule__isnull=False, change__isnull=False)
                | (Q(schedule=None, change=None, kind__in=["one_off", "discount"]) & ~Q(text="")),
            ),
            models.CheckConstraint(
                name="charge_refund_takes_back",
                condition=Q(kind=ChargeKind.REFUND, refunds__isnull=False, quantity__lt=0, net__lt=0)
                | (~Q(kind=ChargeKind.REFUND) & Q(refunds=None)),
            ),
            both_or_neither("charge_withdrawn_pair", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                name="charge_withdrawn_with_reason",
                condition=Q(withdrawn_at=None) | (Q(schedule=None) & ~Q(withdraw_reason="")),
            ),
        ]
        indexes = [
            models.Index(name="charge_by_bill_to", fields=["bill_to", "invoice_on"]),
            models.Index(name="charge_refunds", fields=["refunds"], condition=Q(refunds__isnull=False)),
        ]
        triggers = [
            *frozen("charge", but=("released_by_id", "withdrawn_at", "withdrawn_by_id", "withdraw_reason")),
            write_once("charge", "released_by_id", "withdrawn_at", "withdrawn_by_id"),
            BENEFICIARY_OF_BILL_TO,
            REFUND_WITHIN_CHARGE,
            WITHDRAWN_BEFORE_INVOICED,
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.net} {self.currency}"

    @property
    def factor(self) -> Fraction:
        """Which part of a full cycle is charged, exactly."""
        return Fraction(self.factor_numerator, self.factor_denominator)

    @property
    def money(self) -> Money:
        """The net amount."""
        return Money(Decimal(self.net), self.currency)
