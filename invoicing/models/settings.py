"""Tax rules, and the options of billing that a person edits."""

from __future__ import annotations

from decimal import Decimal

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from config.kernel.constraints import known_values, not_negative
from invoicing.enums import ExcessDiscounts
from invoicing.tax import CATEGORIES, STANDARD, Rule
from resellers.enums import DocumentMail

LABELS = {
    "S": _("Standard rate"),
    "Z": _("Zero rated"),
    "E": _("Exempt"),
    "AE": _("Reverse charge"),
    "K": _("Intra-community supply"),
    "G": _("Export"),
    "O": _("Outside the scope of VAT"),
}
SERIES_PREFIX = RegexValidator(r"^[A-Z][A-Z0-9]{0,9}$", _("Use up to ten capital letters and digits."))


@pghistory.track()
class TaxRule(models.Model):
    """How supplies to a place are taxed, from a day to a day (product.md §12.4)."""

    country = CountryField(_("country"))
    region = models.CharField(_("region"), max_length=100, blank=True)
    product_type = models.CharField(_("product type"), max_length=40, blank=True)
    category = models.CharField(
        _("category"), max_length=2, choices=[(code, LABELS[code]) for code in CATEGORIES], default=STANDARD
    )
    rate = models.DecimalField(
        _("rate in percent"), max_digits=7, decimal_places=4, validators=[MaxValueValidator(100)]
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid through"), null=True, blank=True)
    needs_vat_number = models.BooleanField(_("only with a VAT number"), default=False)
    for_exempt = models.BooleanField(_("for exempt accounts"), default=False)
    note = models.CharField(_("note on the invoice"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("tax rule")
        verbose_name_plural = _("tax rules")
        constraints = [
            not_negative("tax_rule_rate_not_negative", "rate"),
            models.CheckConstraint(name="tax_rule_category_known", condition=Q(category__in=CATEGORIES)),
            models.CheckConstraint(
                name="tax_rule_rate_by_category",
                condition=Q(category=STANDARD, rate__gt=0) | (~Q(category=STANDARD) & Q(rate=0)),
                violation_error_message=_("The standard category has a rate above zero, every other one has zero."),
            ),
            models.CheckConstraint(
                name="tax_rule_validity_ordered",
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("“Valid through” comes before “valid from”."),
            ),
            models.UniqueConstraint(
                fields=["country", "region", "product_type", "needs_vat_number", "for_exempt", "valid_from"],
                nulls_distinct=False,
                name="tax_rule_once",
                violation_error_message=_("There is a rule for this place and product type from the same day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.rate.normalize():f} %"

    @property
    def value(self) -> Rule:
        """The rule as the pure calculation takes it."""
        return Rule(
            country=str(self.country),
            category=self.category,
            rate=self.rate,
            region=self.region,
            product_type=self.product_type,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            needs_vat_number=self.needs_vat_number,
            for_exempt=self.for_exempt,
            note=self.note,
        )


def default_reminder_days() -> list[int]:
    """The plan of product.md §12.3."""
    return [3, 10, 20]


@pghistory.track()
class BillingSettings(models.Model):
    """The options of billing: one row."""

    invoice_prefix = models.CharField(
        _("invoice numbers begin with"), max_length=10, default="INV", validators=[SERIES_PREFIX]
    )
    credit_prefix = models.CharField(
        _("credit numbers begin with"), max_length=10, default="CRN", validators=[SERIES_PREFIX]
    )
    number_width = models.PositiveSmallIntegerField(
        _("digits of a number"), default=6, validators=[MinValueValidator(3), MaxValueValidator(9)]
    )
    by_supply_month = models.BooleanField(_("one invoice per calendar month of supply"), default=False)
    excess_discounts = models.CharField(
        _("discounts above the charges"),
        max_length=4,
        choices=ExcessDiscounts,
        default=ExcessDiscounts.HOLD,
        db_default=ExcessDiscounts.HOLD,
        help_text=_("An invoice is never negative. What was billed before is lowered by a credit invoice."),
    )
    daily_run = models.BooleanField(
        _("start a billing run every day"),
        default=False,
        help_text=_("It takes what is due. One that was missed is an alarm; it is never made up by itself."),
    )
    daily_hour = models.PositiveSmallIntegerField(
        _("at this hour"),
        default=6,
        validators=[MaxValueValidator(23)],
        help_text=_("0 to 23, in the distributor's time zone."),
    )
    daily_since = models.DateField(null=True, blank=True, editable=False)
    auto_issue = models.BooleanField(_("issue scheduled runs at once"), default=False)
    outlier_percent = models.PositiveSmallIntegerField(
        _("flag a change of more than, in percent"),
        default=30,
        validators=[MaxValueValidator(1000)],
        help_text=_("Against the last run of the same reseller; both limits must be exceeded."),
    )
    outlier_amount = models.DecimalField(
        _("and more than, net"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("50.00"),
        validators=[MinValueValidator(0)],
        help_text=_("In the currency of the reseller's account."),
    )
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(365)]),
        size=5,
        default=default_reminder_days,
        blank=True,
        verbose_name=_("remind, days after the due date"),
        help_text=_("Up to five steps, for example 3,10,20. Empty: nobody is reminded."),
    )
    reminder_hour = models.PositiveSmallIntegerField(
        _("reminders are sent from, local hour"), default=9, validators=[MaxValueValidator(23)]
    )
    suspend_after = models.PositiveSmallIntegerField(
        _("propose suspension, days after the due date"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("A task for the staff; nothing is suspended by itself. Empty: never proposed."),
    )
    document_mail = models.CharField(
        _("invoices by mail"),
        max_length=10,
        choices=[(mode.value, mode.label) for mode in DocumentMail if mode is not DocumentMail.FOLLOW],
        default=DocumentMail.AUTOMATIC,
        help_text=_("To the Bill-To contact, as soon as the PDF is ready. A reseller may have a setting of its own."),
    )
    footer = models.TextField(_("text at the foot of invoices"), blank=True)

    class Meta:
        verbose_name = _("billing settings")
        verbose_name_plural = _("billing settings")
        constraints = [
            models.CheckConstraint(name="billing_settings_single_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="billing_settings_daily_since",
                condition=Q(daily_run=True, daily_since__isnull=False) | Q(daily_run=False, daily_since=None),
            ),
            models.CheckConstraint(name="billing_settings_daily_hour", condition=Q(daily_hour__range=(0, 23))),
            known_values("billing_settings_excess_discounts_known", "excess_discounts", ExcessDiscounts),
            not_negative("billing_settings_outlier_amount_not_negative", "outlier_amount"),
            models.CheckConstraint(
                name="billing_settings_document_mail_known",
                condition=Q(document_mail__in=["automatic", "each", "digest", "none"]),
            ),
            models.CheckConstraint(
                name="billing_settings_two_prefixes",
                condition=~Q(invoice_prefix=F("credit_prefix")),
                violation_error_message=_("Invoices and credit invoices need different beginnings."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Billing settings"))

    @classmethod
    def get(cls) -> BillingSettings:
        """The one row; the defaults as long as nobody saved it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
