"""Invoices and credit invoices: born issued, frozen for ever; what is open lives beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pgtrigger
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from config.kernel.constraints import known_values, not_negative
from config.kernel.money import Money
from config.kernel.public_ids import PublicIdField
from invoicing.enums import ChargeKind, DocumentType, FileKind, InvoiceStatus
from invoicing.models.guards import (
    CREDIT_WITHIN_INVOICE,
    CREDIT_WITHIN_LINE,
    ITEMS_ABOUT_ONE,
    TOTALS_HOLD,
    frozen,
    rows_complete,
    write_once,
)
from invoicing.tax import CATEGORIES


class NumberSeries(models.Model):
    """A gap-free, chronological series of numbers: one per document type and year."""

    key = models.CharField(max_length=20, unique=True)
    document_type = models.CharField(max_length=6, choices=DocumentType)
    year = models.PositiveSmallIntegerField()
    prefix = models.CharField(max_length=10)
    width = models.PositiveSmallIntegerField(default=6)
    last_number = models.PositiveIntegerField(default=0)
    last_date = models.DateField()

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            known_values("number_series_type_known", "document_type", DocumentType),
            models.UniqueConstraint(fields=["document_type", "year"], name="number_series_once"),
        ]
        triggers = [
            *frozen("number_series", but=("last_number", "last_date")),
            pgtrigger.Trigger(
                name="number_series_moves_on",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.last_number < OLD.last_number OR NEW.last_date < OLD.last_date THEN
                        RAISE EXCEPTION 'series %: numbers and dates only move on', OLD.key
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'number_series_moves_on';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def text_of(self, number: int) -> str:
        """The number as it is printed, e.g. INV-2026-000001."""
        return f"{self.prefix}-{self.year}-{number:0{self.width}d}"


class Invoice(models.Model):
    """A document of record. Seller, buyer, beneficiary and payment texts are its own columns; amounts are positive.

    `beneficiary` is set on a separate invoice only. `corrects` names the invoice that a credit invoice corrects,
    `reason` says why. `issued_on` is the invoice date. The open amount lives in InvoiceBalance.
    """

    public_id = PublicIdField()
    number = models.CharField(_("number"), max_length=30, unique=True)
    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="invoices", db_index=False)
    sequence = models.PositiveIntegerField()
    document_type = models.CharField(_("type"), max_length=6, choices=DocumentType, default=DocumentType.DEBIT)
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="invoices", db_index=False)
    beneficiary = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="separate_invoices_about"
    )
    run_item = models.ForeignKey("invoicing.RunItem", models.PROTECT, null=True, blank=True, related_name="invoices")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="", db_default="")
    order_reference = models.CharField(_("order"), max_length=40, blank=True)
    issued_on = models.DateField(_("invoice date"))
    due_on = models.DateField(_("due date"))
    currency = models.CharField(max_length=3)
    net = models.DecimalField(_("net"), max_digits=14, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=2)
    gross = models.DecimalField(_("gross"), max_digits=14, decimal_places=2)
    seller = models.JSONField()
    buyer = models.JSONField()
    payment = models.JSONField(default=dict)
    language = models.CharField(max_length=5, default="en")
    notes = models.TextField(blank=True)
    split_reason = models.CharField(max_length=200, blank=True)  # values of SplitReason, separated by commas
    calculation_version = models.PositiveSmallIntegerField(default=1)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            known_values("invoice_type_known", "document_type", DocumentType),
            not_negative("invoice_net_not_negative", "net"),
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["id", "bill_to", "currency"], name="invoice_chain_key"),
            models.CheckConstraint(name="invoice_gross_is_net_and_tax", condition=Q(gross=F("net") + F("tax"))),
            models.CheckConstraint(name="invoice_due_not_before_date", condition=Q(due_on__gte=F("issued_on"))),
            models.CheckConstraint(name="invoice_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="invoice_credit_corrects",
                condition=Q(document_type=DocumentType.CREDIT, corrects__isnull=False)
                | Q(document_type=DocumentType.DEBIT, corrects=None),
            ),
            models.CheckConstraint(
                name="invoice_credit_has_reason",
                condition=Q(document_type=DocumentType.DEBIT) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="invoice_separate_is_about_another",
                condition=Q(beneficiary=None) | ~Q(beneficiary=F("bill_to")),
            ),
        ]
        indexes = [models.Index(name="invoice_by_bill_to", fields=["bill_to", "-issued_on", "-id"])]
        triggers = [*frozen("invoice"), TOTALS_HOLD, CREDIT_WITHIN_INVOICE]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the invoice in the Storefront."""
        return reverse("invoicing:invoice", args=[self.public_id])

    @property
    def is_credit(self) -> bool:
        """Whether it lowers what is owed."""
        return self.document_type == DocumentType.CREDIT

    @property
    def total(self) -> Money:
        """The gross amount."""
        return Money(Decimal(self.gross), self.currency)

    def status(self, *, open_amount: Decimal, on: date, credited: Decimal = Decimal(0)) -> InvoiceStatus:
        """What it is on a day, given what is open and what of it was credited: the caller has the balance in hand."""
        if self.is_credit:
            return InvoiceStatus.UNAPPLIED if open_amount else InvoiceStatus.APPLIED
        if open_amount == 0:
            return InvoiceStatus.CREDITED if credited and credited == self.gross else InvoiceStatus.PAID
        if on > self.due_on:
            return InvoiceStatus.OVERDUE
        return InvoiceStatus.OPEN if open_amount == self.gross else InvoiceStatus.PART_PAID


class InvoiceItem(models.Model):
    """One line. Its texts are copies; the charge it carries is on no other line."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    beneficiary = models.ForeignKey("accounts.Account", models.PROTECT, related_name="invoice_items", db_index=False)
    charge = models.OneToOneField(
        "invoicing.Charge", models.PROTECT, null=True, blank=True, related_name="invoice_item"
    )
    credits_item = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credited_by", db_index=False
    )
    beneficiary_code = models.CharField(max_length=20)
    beneficiary_name = models.CharField(max_length=200)
    mode = models.CharField(max_length=12, choices=PurchaseMode)
    tenant_domain = models.CharField(max_length=255, blank=True)
    partner_id = models.CharField(max_length=20, blank=True)
    product_name = models.CharField(max_length=250)
    sku = models.CharField(max_length=80, blank=True)
    service_reference = models.CharField(max_length=120, blank=True)
    order_reference = models.CharField(max_length=40, blank=True)
    price_source = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=ChargeKind)
    period = DateRangeField()
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=16, decimal_places=6)
    factor_numerator = models.IntegerField(default=1)
    factor_denominator = models.PositiveIntegerField(default=1)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax_category = models.CharField(max_length=2)
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = _("invoice item")
        verbose_name_plural = _("invoice items")
        constraints = [
            known_values("invoice_item_kind_known", "kind", ChargeKind),
            known_values("invoice_item_mode_known", "mode", PurchaseMode),
            models.CheckConstraint(name="invoice_item_category_known", condition=Q(tax_category__in=CATEGORIES)),
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_item_once"),
            models.CheckConstraint(name="invoice_item_period_has_days", condition=Q(period__isempty=False)),
        ]
        indexes = [
            models.Index(name="item_credits", fields=["credits_item"], condition=Q(credits_item__isnull=False)),
        ]
        triggers = [
            *frozen("invoice_item"),
            rows_complete("invoiceitem", "net"),
            ITEMS_ABOUT_ONE,
            CREDIT_WITHIN_LINE,
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.product_name}"

    @property
    def factor(self) -> Fraction:
        """Which part of a full cycle is charged, exactly."""
        return Fraction(self.factor_numerator, self.factor_denominator)


class InvoiceTax(models.Model):
    """One row of the tax table: category and rate, the net it applies to, and the tax.

    On an invoice the tax is that of the base, rounded once. On a credit invoice it is what the tax of all credits of
    the invoice grows by, which may be a cent more or less; the triggers of Invoice hold both.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes", db_index=False)
    category = models.CharField(max_length=2)
    rate = models.DecimalField(max_digits=7, decimal_places=4)
    base = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    note = models.CharField(max_length=250, blank=True)

    class Meta:
        verbose_name = _("tax row")
        verbose_name_plural = _("tax rows")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "category", "rate"], name="invoice_tax_once"),
            models.CheckConstraint(name="invoice_tax_category_known", condition=Q(category__in=CATEGORIES)),
            not_negative("invoice_tax_rate_not_negative", "rate"),
            models.CheckConstraint(
                name="invoice_tax_within_a_cent",
                condition=Q(tax__gte=F("base") * F("rate") / Value(Decimal(100)) - Value(Decimal("0.015")))
                & Q(tax__lte=F("base") * F("rate") / Value(Decimal(100)) + Value(Decimal("0.015"))),
            ),
        ]
        triggers = [*frozen("invoice_tax"), rows_complete("invoicetax", "base")]

    def __str__(self) -> str:
        return f"{self.category} {self.rate}"


class InvoiceBalance(models.Model):
    """What is still open of an invoice, or not yet used of a credit invoice; moved by allocations only."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="balance")
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    document_type = models.CharField(max_length=6, choices=DocumentType)
    due_on = models.DateField()
    open_amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("open amount")
        verbose_name_plural = _("open amounts")
        constraints = [
            known_values("invoice_balance_type_known", "document_type", DocumentType),
            not_negative("invoice_balance_not_negative", "open_amount"),
        ]
        indexes = [models.Index(name="invoice_open", fields=["bill_to", "due_on"], condition=Q(open_amount__gt=0))]
        triggers = frozen("invoice_balance", but=("open_amount",))

    def __str__(self) -> str:
        return f"{self.open_amount} {self.currency}"


class InvoiceFile(models.Model):
    """A file of an invoice, made once; `sha256` is the hash of its bytes."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="files", db_index=False)
    kind = models.CharField(max_length=4, choices=FileKind)
    file = models.FileField(upload_to="invoices/", max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("invoice file")
        verbose_name_plural = _("invoice files")
        constraints = [
            known_values("invoice_file_kind_known", "kind", FileKind),
            models.UniqueConstraint(fields=["invoice", "kind"], name="invoice_file_once"),
        ]
        triggers = [*frozen("invoice_file"), write_once("invoice_file", "sha256")]

    def __str__(self) -> str:
        return str(self.file)
