"""What is sold, and at what price to whom."""

from __future__ import annotations

from datetime import datetime

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.enums import Segment
from config.kernel.constraints import both_or_neither, known_values, not_negative
from config.kernel.public_ids import PublicIdField
from invoicing.enums import RefundPolicy, UsageRule
from storefront.enums import BillingPlan, Delivery, ImportStatus, PriceRule, ProductType, Term, Vendor

_NUMBER = Func(F("currency"), function="hashtext")
"""The currency as a number: ranges of text need an extension that the embedded server lacks."""


ASSIGNED_IN_OWN_CURRENCY = pgtrigger.Trigger(
    name="assigned_in_own_currency",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM accounts_account a JOIN storefront_pricelist l ON l.id = NEW.price_list_id
            WHERE a.id = NEW.account_id AND a.kind = 'reseller' AND a.currency = l.currency
        ) THEN
            RAISE EXCEPTION 'account % is not a reseller who buys in the currency of list %',
                NEW.account_id, NEW.price_list_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'assigned_in_own_currency';
        END IF;
        RETURN NEW;
    """,
)
CURRENCY_WHILE_ASSIGNED = pgtrigger.Trigger(
    name="price_list_keeps_currency",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.currency <> NEW.currency"),
    func="""
        IF EXISTS (SELECT 1 FROM storefront_pricelistassignment
                   WHERE price_list_id = NEW.id AND removed_at IS NULL) THEN
            RAISE EXCEPTION 'resellers buy by list %, it keeps its currency', NEW.name
                USING ERRCODE = 'check_violation', CONSTRAINT = 'price_list_keeps_currency';
        END IF;
        RETURN NEW;
    """,
)


class PriceSheetImport(models.Model):
    """A price sheet as it was uploaded: what it holds, what it changed, or why it was refused."""

    public_id = PublicIdField()
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True, blank=True)
    month = models.DateField(_("month"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ImportStatus)
    rows = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("uploaded"))
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)

    class Meta:
        verbose_name = _("price sheet")
        verbose_name_plural = _("price sheets")
        constraints = [known_values("price_sheet_status_known", "status", ImportStatus)]

    def __str__(self) -> str:
        return self.file_name


@pghistory.track(
    fields=[
        "title",
        "is_active",
        "delivery",
        "is_proratable",
        "refund_policy",
        "usage_rule",
        "setup_fee",
        "max_quantity",
    ],
    model_name="ProductEvent",
)
class Product(models.Model):
    """Something that can be ordered: a Microsoft SKU, or a product of the distributor's own (product.md M18)."""

    public_id = PublicIdField()
    vendor = models.CharField(_("vendor"), max_length=10, choices=Vendor)
    vendor_product_id = models.CharField(_("product id"), max_length=40)
    sku_id = models.CharField(_("SKU id"), max_length=20, blank=True)
    title = models.CharField(_("name"), max_length=250)
    family = models.CharField(_("family"), max_length=250, blank=True)
    publisher = models.CharField(_("publisher"), max_length=120, blank=True)
    description = models.TextField(_("description"), blank=True)
    is_trial = models.BooleanField(default=False)
    is_active = models.BooleanField(_("on sale"), default=True)
    product_type = models.CharField(_("type"), max_length=10, choices=ProductType, default=ProductType.LICENCE)
    delivery = models.CharField(_("executed"), max_length=10, choices=Delivery, default=Delivery.MICROSOFT)
    is_proratable = models.BooleanField(_("proratable"), default=False)
    refund_policy = models.CharField(_("refund policy"), max_length=8, choices=RefundPolicy, default=RefundPolicy.NONE)
    setup_fee = models.DecimalField(
        _("set-up fee, once per order line"),
        max_digits=14,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    usage_rule = models.CharField(
        _("first days cost"),
        max_length=4,
        choices=UsageRule,
        default=UsageRule.PROPORTIONAL,
        db_default=UsageRule.PROPORTIONAL,
    )
    min_quantity = models.PositiveIntegerField(_("least quantity"), default=1, validators=[MinValueValidator(1)])
    max_quantity = models.PositiveIntegerField(
        _("largest quantity"), default=10_000, validators=[MinValueValidator(1), MaxValueValidator(1_000_000)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            known_values("product_vendor_known", "vendor", Vendor),
            known_values("product_delivery_known", "delivery", Delivery),
            known_values("product_type_known", "product_type", ProductType),
            known_values("product_refund_policy_known", "refund_policy", RefundPolicy),
            known_values("product_usage_rule_known", "usage_rule", UsageRule),
            models.CheckConstraint(
                name="product_microsoft_is_charged_by_day",
                condition=Q(vendor=Vendor.OWN) | Q(usage_rule=UsageRule.PROPORTIONAL),
            ),
            models.UniqueConstraint(fields=["vendor", "vendor_product_id", "sku_id"], name="product_sku_once"),
            models.CheckConstraint(
                name="product_microsoft_never_prorates",
                condition=Q(vendor=Vendor.OWN) | Q(is_proratable=False, delivery=Delivery.MICROSOFT),
            ),
            models.CheckConstraint(
                name="product_own_is_not_delivered_by_microsoft",
                condition=Q(vendor=Vendor.MICROSOFT) | ~Q(delivery=Delivery.MICROSOFT),
            ),
            models.CheckConstraint(name="product_quantity_range", condition=Q(max_quantity__gte=F("min_quantity"))),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def sku(self) -> str:
        """`ProductId:SkuId`, as Microsoft and exports write it."""
        return f"{self.vendor_product_id}:{self.sku_id}" if self.sku_id else self.vendor_product_id


class Offer(models.Model):
    """One way to buy a product: term, billing plan, segment, market. An empty market is every market."""

    public_id = PublicIdField()
    product = models.ForeignKey("storefront.Product", models.PROTECT, related_name="offers", db_index=False)
    term = models.CharField(_("term"), max_length=4, choices=Term)
    billing_plan = models.CharField(_("billing"), max_length=10, choices=BillingPlan)
    segment = models.CharField(_("segment"), max_length=12, choices=Segment, default=Segment.COMMERCIAL)
    market = models.CharField(_("market"), max_length=2, blank=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            known_values("offer_term_known", "term", Term),
            known_values("offer_billing_plan_known", "billing_plan", BillingPlan),
            known_values("offer_segment_known", "segment", Segment),
            models.UniqueConstraint(fields=["product", "term", "billing_plan", "segment", "market"], name="offer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.get_term_display()}, {self.get_billing_plan_display()}"

    @property
    def price_parts(self) -> int:
        """In how many equal charges the price is collected: months of the term over months of the cycle."""
        cycle = BillingPlan(self.billing_plan).months
        term = Term(self.term).months
        return max(1, term // cycle) if cycle and term else 1


class OfferPriceQuerySet(models.QuerySet["OfferPrice"]):
    """Prices by time."""

    def held(self) -> OfferPriceQuerySet:
        """What we hold true, of past, present and future; not what a later sheet has replaced."""
        return self.filter(replaced_at=None)

    def at(self, moment: datetime) -> OfferPriceQuerySet:
        """Those in force at that moment: at most one for each offer and currency."""
        return self.held().filter(Q(valid_until=None) | Q(valid_until__gt=moment), valid_from__lte=moment)


class OfferPrice(models.Model):
    """Cost and suggested retail of an offer, per unit and whole term, without tax, from a moment on.

    For own products `retail` is the unit price of one cycle. Rows that are held never overlap (of a sheet's overlapping
    rows the older wins until it ends). None is deleted: what a later sheet contradicts is marked replaced.
    """

    offer = models.ForeignKey("storefront.Offer", models.PROTECT, related_name="prices", db_index=False)
    currency = models.CharField(_("currency"), max_length=3)
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=6, null=True, blank=True)
    retail = models.DecimalField(_("retail price"), max_digits=16, decimal_places=6, validators=[MinValueValidator(0)])
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until (exclusive)"), null=True, blank=True)
    sheet = models.ForeignKey(
        "storefront.PriceSheetImport", models.PROTECT, null=True, blank=True, related_name="prices", db_index=False
    )
    replaced_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaced_by = models.ForeignKey(
        "storefront.PriceSheetImport", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    objects = OfferPriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            not_negative("offer_price_retail_not_negative", "retail"),
            not_negative("offer_price_cost_not_negative", "cost"),
            models.CheckConstraint(
                name="offer_price_period", condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from"))
            ),
            ExclusionConstraint(
                name="offer_price_one_at_a_time",
                expressions=[
                    (Func(F("offer_id"), F("offer_id"), Value("[]"), function="int8range"), RangeOperators.EQUAL),
                    (Func(_NUMBER, _NUMBER, Value("[]"), function="int8range"), RangeOperators.EQUAL),
                    (Func(F("valid_from"), F("valid_until"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(replaced_at=None),
                violation_error_message=_("The offer has another price in this time."),
            ),
        ]
        indexes = [models.Index(name="offer_price_by_offer", fields=["offer", "currency", "valid_from"])]

    def __str__(self) -> str:
        return f"{self.retail} {self.currency}"


@pghistory.track()
class PriceList(models.Model):
    """Which offers a reseller sees and at what price; new subscriptions only (product.md §5.4).

    `rule` prices everything that has no line of its own; LISTED_ONLY hides it. `valid_until` is exclusive.
    """

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=100, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    rule = models.CharField(_("price of offers without a line"), max_length=12, choices=PriceRule)
    percent = models.DecimalField(
        _("per cent"),
        max_digits=7,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(999)],
        help_text=_("Margin on cost, or discount on retail."),
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until (exclusive)"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            known_values("price_list_rule_known", "rule", PriceRule),
            models.CheckConstraint(name="price_list_rule_not_fixed", condition=~Q(rule=PriceRule.FIXED)),
            models.CheckConstraint(name="price_list_percent_range", condition=Q(percent__gte=0, percent__lt=1000)),
            models.CheckConstraint(
                name="price_list_discount_below_100", condition=~Q(rule=PriceRule.DISCOUNT) | Q(percent__lte=100)
            ),
            models.CheckConstraint(
                name="price_list_period", condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from"))
            ),
        ]
        triggers = [CURRENCY_WHILE_ASSIGNED]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class PriceListItem(models.Model):
    """A price of its own for one offer in a list."""

    price_list = models.ForeignKey("storefront.PriceList", models.CASCADE, related_name="items", db_index=False)
    offer = models.ForeignKey("storefront.Offer", models.PROTECT, related_name="price_list_items")
    rule = models.CharField(_("rule"), max_length=12, choices=PriceRule, default=PriceRule.FIXED)
    percent = models.DecimalField(_("per cent"), max_digits=7, decimal_places=4, null=True, blank=True)
    price = models.DecimalField(_("price per unit and term"), max_digits=16, decimal_places=6, null=True, blank=True)

    class Meta:
        verbose_name = _("price list line")
        verbose_name_plural = _("price list lines")
        constraints = [
            known_values("price_list_item_rule_known", "rule", PriceRule),
            models.UniqueConstraint(fields=["price_list", "offer"], name="price_list_item_once"),
            models.CheckConstraint(
                name="price_list_item_value_by_rule",
                condition=Q(rule=PriceRule.FIXED, price__gte=0, percent=None)
                | Q(rule__in=[PriceRule.MARGIN, PriceRule.DISCOUNT], percent__gte=0, price=None),
                violation_error_message=_("A fixed price needs a price; margin and discount need a percentage."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_list}: {self.offer}"


class PriceListAssignment(models.Model):
    """A price list in force for a reseller; the newest assignment that is not taken back wins."""

    price_list = models.ForeignKey("storefront.PriceList", models.PROTECT, related_name="assignments")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="price_list_assignments")
    assigned_at = models.DateTimeField()
    assigned_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("price list assignment")
        verbose_name_plural = _("price list assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "price_list"], condition=Q(removed_at=None), name="price_list_assigned_once"
            ),
            both_or_neither("price_list_removed_pair", "removed_at", "removed_by"),
        ]
        triggers = [ASSIGNED_IN_OWN_CURRENCY]

    def __str__(self) -> str:
        return f"{self.account}: {self.price_list}"
