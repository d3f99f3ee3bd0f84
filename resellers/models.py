"""What belongs to a reseller only."""

from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import known_values, not_negative
from resellers.enums import BillingDayRule, DocumentMail, MpnStatus, PartialCharges, PaymentMethod, SeparateDefault

MPN_ID_PATTERN = r"^[1-9][0-9]{3,9}$"


@pghistory.track()
class Reseller(models.Model):
    """The reseller side of an account: what it may do, owe and claim.

    A composite foreign key to (account.id, kind) proves that the account is of kind reseller.
    """

    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="reseller")
    reselling_enabled = models.BooleanField(
        _("Enable Reselling"), default=False, help_text=_("Without it the account buys for itself only.")
    )
    credit_limit = models.DecimalField(
        _("Credit Limit"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty means no limit; 0 means prepayment only."),
    )
    prorate_billing = models.BooleanField(_("Enable Prorate Billing"), default=True)
    billing_day_rule = models.CharField(
        _("billing day"), max_length=12, choices=BillingDayRule, default=BillingDayRule.FIRST
    )
    billing_day = models.PositiveSmallIntegerField(
        _("fixed day"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    first_order_day = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    partial_charges = models.CharField(
        _("Partial Charges Invoicing"), max_length=12, choices=PartialCharges, default=PartialCharges.BILLING_DAY
    )
    payment_method = models.CharField(
        _("payment method"), max_length=16, choices=PaymentMethod, default=PaymentMethod.BANK_TRANSFER
    )
    payment_days = models.PositiveSmallIntegerField(_("payment days"), default=30, validators=[MaxValueValidator(365)])
    instalment_surcharge = models.DecimalField(
        _("surcharge for instalments, per cent"),
        max_digits=5,
        decimal_places=2,
        default=0,
        db_default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("On terms of a year and more that are paid in parts, for example a year billed monthly."),
    )
    mpn_id = models.CharField(_("MPN ID"), max_length=10, null=True, blank=True, unique=True)
    mpn_status = models.CharField(max_length=10, choices=MpnStatus, default=MpnStatus.NONE, editable=False)
    mpn_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    mpn_error = models.CharField(max_length=250, blank=True, editable=False)
    csp_tenant_id = models.UUIDField(
        _("Microsoft tenant id of the partner"),
        null=True,
        blank=True,
        unique=True,
        help_text=_("Found by itself when Microsoft knows the MPN ID."),
    )
    separate_invoices_default = models.CharField(
        _("invoices for new sub-customers"), max_length=10, choices=SeparateDefault, default=SeparateDefault.FOLLOW
    )
    document_mail = models.CharField(
        _("invoices by mail"), max_length=10, choices=DocumentMail, default=DocumentMail.FOLLOW
    )

    class Meta:
        verbose_name = _("reseller")
        verbose_name_plural = _("resellers")
        constraints = [
            known_values("reseller_billing_day_rule_known", "billing_day_rule", BillingDayRule),
            known_values("reseller_partial_charges_known", "partial_charges", PartialCharges),
            known_values("reseller_payment_method_known", "payment_method", PaymentMethod),
            known_values("reseller_mpn_status_known", "mpn_status", MpnStatus),
            known_values("reseller_separate_default_known", "separate_invoices_default", SeparateDefault),
            known_values("reseller_document_mail_known", "document_mail", DocumentMail),
            not_negative("reseller_credit_limit_not_negative", "credit_limit"),
            models.CheckConstraint(
                name="reseller_instalment_surcharge_range", condition=Q(instalment_surcharge__range=(0, 100))
            ),
            models.CheckConstraint(
                name="reseller_fixed_day_by_rule",
                condition=Q(billing_day_rule=BillingDayRule.FIXED, billing_day__range=(1, 31))
                | (~Q(billing_day_rule=BillingDayRule.FIXED) & Q(billing_day=None)),
                violation_error_message=_("Give the day for “Fixed day”, and leave it empty otherwise."),
            ),
            models.CheckConstraint(
                name="reseller_mpn_id_is_digits", condition=Q(mpn_id=None) | Q(mpn_id__regex=MPN_ID_PATTERN)
            ),
            models.CheckConstraint(
                name="reseller_mpn_status_pair",
                condition=Q(mpn_id=None, mpn_status=MpnStatus.NONE)
                | (Q(mpn_id__isnull=False) & ~Q(mpn_status=MpnStatus.NONE)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)

    @property
    def effective_billing_day(self) -> int | None:
        """The day services are aligned to, 1–31 (31: last day); None without proration or before the first order."""
        if not self.prorate_billing:
            return None
        return {
            BillingDayRule.FIRST: 1,
            BillingDayRule.LAST: 31,
            BillingDayRule.FIRST_ORDER: self.first_order_day,
            BillingDayRule.FIXED: self.billing_day,
        }[BillingDayRule(self.billing_day_rule)]
