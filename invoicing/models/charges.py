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

from config.kernel.constraints import known_values
from config.kernel.money import Money
from config.kernel.public_ids import PublicIdField
from invoicing.enums import RECURRING, ChargeKind
from invoicing.models.guards import BENEFICIARY_OF_BILL_TO, frozen, write_once


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Charges by what is to be done with them."""

    def uninvoiced(self) -> ChargeQuerySet:
        """Not on an invoice yet, and not given up."""
        return self.filter(invoice_item=None, released_by=None)


class Charge(models.Model):
    """One amount that a bill-to owes: quantity × unit price × factor, rounded once (product.md §10.2).

    A manual charge has no schedule and carries its own text. The factor is an exact fraction. `released_by` is the
    credited invoice item's charge that took its place, written once.
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
    text = models.CharField(max_length=250, blank=True)
    released_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="releases", db_index=False
    )
    cut_at = models.DateTimeField()
    cut_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

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
            models.UniqueConstraint("schedule", "change", "kind", Lower("period"), name="charge_once"),
            models.UniqueConstraint(fields=["id", "bill_to", "beneficiary", "currency"], name="charge_chain_key"),
            models.CheckConstraint(name="charge_period_has_days", condition=Q(period__isempty=False)),
            models.CheckConstraint(name="charge_factor_is_a_fraction", condition=Q(factor_denominator__gte=1)),
            models.CheckConstraint(
                name="charge_has_a_source",
                condition=Q(schedule__isnull=False, change__isnull=False)
                | (Q(schedule=None, change=None, kind__in=["one_off", "discount"]) & ~Q(text="")),
            ),
        ]
        indexes = [models.Index(name="charge_by_bill_to", fields=["bill_to", "invoice_on"])]
        triggers = [
            *frozen("charge", but=("released_by_id",)),
            write_once("charge", "released_by_id"),
            BENEFICIARY_OF_BILL_TO,
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
