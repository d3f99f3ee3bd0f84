"""One table for resellers, end customers and affiliates (architecture: "One Account table")."""

from __future__ import annotations

from datetime import date

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.enums import AccountKind, FlagSource, PurchaseMode, Segment, VatResult, Via
from accounts.models.organisation import peppol_address
from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField


class AccountQuerySet(models.QuerySet["Account"]):
    """Accounts by kind."""

    def resellers(self) -> AccountQuerySet:
        """Only accounts that may owe invoices."""
        return self.filter(kind=AccountKind.RESELLER)

    def sub_customers(self) -> AccountQuerySet:
        """End customers and affiliates."""
        return self.exclude(kind=AccountKind.RESELLER)


FROZEN_IN_USE = pgtrigger.Trigger(
    name="account_frozen_in_use",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__in_use_at__isnull=False),
    func="""
        IF NEW.kind <> OLD.kind OR NEW.currency <> OLD.currency OR NEW.bill_to_id IS DISTINCT FROM OLD.bill_to_id
           OR NEW.in_use_at IS DISTINCT FROM OLD.in_use_at THEN
            RAISE EXCEPTION 'account %: kind, bill-to and currency are frozen once it is in use', OLD.code
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_frozen_in_use';
        END IF;
        RETURN NEW;
    """,
)

VAT_STATUS = pgtrigger.Trigger(
    name="account_vat_status",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        NEW.vat_status := CASE WHEN NEW.vat_number = '' THEN '' ELSE coalesce((
            SELECT result FROM accounts_vatcheck c WHERE c.account_id = NEW.id AND c.number = NEW.vat_number
            ORDER BY c.result = 'unknown', c.id DESC LIMIT 1), '') END;
        RETURN NEW;
    """,
)


@pghistory.track(exclude=["name_key", "vat_status"])
class Account(models.Model):
    """A company that buys or uses: a reseller, or a sub-customer of one (`bill_to` owes its invoices).

    The database also holds a generated `bill_to_kind` and a composite foreign key to (id, kind, currency): a bill-to is
    a reseller of the same currency, and its kind cannot change while others hang on it. `vat_status` is what the checks
    of the present VAT number say ("" without one): a trigger keeps it, whatever is written.
    """

    public_id = PublicIdField()
    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=AccountKind)
    name = models.CharField(_("company name"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    email = models.EmailField(_("corporate e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address_line1 = models.CharField(_("street and number"), max_length=200, blank=True)
    address_line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = CountryField(_("country"))
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    vat_status = models.CharField(max_length=8, choices=VatResult, blank=True, editable=False)
    tax_exempt = models.BooleanField(_("tax exempt"), default=False)
    exempt_reason = models.CharField(_("reason of the exemption"), max_length=200, blank=True)
    exempt_from = models.DateField(_("exempt from"), null=True, blank=True)
    exempt_until = models.DateField(_("exempt through"), null=True, blank=True)
    peppol_scheme = models.CharField(_("Peppol scheme"), max_length=4, blank=True, default="", db_default="")
    peppol_id = models.CharField(_("Peppol id"), max_length=50, blank=True, default="", db_default="")
    buyer_reference = models.CharField(_("buyer reference"), max_length=100, blank=True, default="", db_default="")
    currency = models.CharField(_("currency"), max_length=3)
    segment = models.CharField(_("segment"), max_length=12, choices=Segment, default=Segment.COMMERCIAL)
    language = models.CharField(_("language"), max_length=5, default="en")
    ordering_enabled = models.BooleanField(_("Ordering"), default=True)
    bill_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sub_customers", verbose_name=_("Bill To account")
    )
    separate_invoices = models.BooleanField(_("Separate invoices per sub customer"), default=False)
    separate_invoices_source = models.CharField(max_length=8, choices=FlagSource, default=FlagSource.NONE, blank=True)
    separate_invoices_at = models.DateTimeField(null=True, blank=True)
    responsible_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts_cared_for",
        verbose_name=_("account manager"),
    )
    in_use_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_via = models.CharField(max_length=10, choices=Via, default=Via.BSS, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="accounts_created"
    )

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            known_values("account_kind_known", "kind", AccountKind),
            known_values("account_segment_known", "segment", Segment),
            known_values("account_flag_source_known", "separate_invoices_source", FlagSource),
            known_values("account_created_via_known", "created_via", Via),
            models.CheckConstraint(
                name="account_vat_status_known", condition=Q(vat_status="") | Q(vat_status__in=sorted(VatResult.values))
            ),
            models.CheckConstraint(
                name="account_exemption_whole",
                condition=(Q(tax_exempt=True) & ~Q(exempt_reason=""))
                | Q(tax_exempt=False, exempt_reason="", exempt_from=None, exempt_until=None),
                violation_error_message=_("An exempt account needs its reason, and only an exempt one has days."),
            ),
            models.CheckConstraint(
                name="account_exemption_ordered",
                condition=Q(exempt_from=None) | Q(exempt_until=None) | Q(exempt_until__gte=F("exempt_from")),
                violation_error_message=_("“Exempt through” comes before “exempt from”."),
            ),
            peppol_address("account_peppol_whole"),
            models.CheckConstraint(
                name="account_bill_to_by_kind",
                condition=Q(kind=AccountKind.RESELLER, bill_to=None)
                | (~Q(kind=AccountKind.RESELLER) & Q(bill_to__isnull=False)),
            ),
            models.CheckConstraint(name="account_not_its_own_bill_to", condition=Q(bill_to=None) | ~Q(bill_to=F("id"))),
            models.CheckConstraint(
                name="account_separate_invoices_needs_bill_to",
                condition=Q(separate_invoices=False) | Q(bill_to__isnull=False),
                violation_error_message=_("Separate invoices need a Bill To account: choose one first."),
            ),
            models.CheckConstraint(name="account_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(name="account_name_not_blank", condition=~Q(name="") & ~Q(name_key="")),
            models.UniqueConstraint(fields=["id", "kind", "currency"], name="account_kind_currency_key"),
            models.UniqueConstraint(fields=["id", "kind"], name="account_kind_key"),
            models.UniqueConstraint(fields=["id", "currency"], name="account_currency_key"),
            models.UniqueConstraint(
                fields=["bill_to", "name_key"],
                condition=Q(kind=AccountKind.AFFILIATE),
                name="account_affiliate_name_once",
                violation_error_message=_("You have an affiliate of this name already."),
            ),
        ]
        indexes = [models.Index(Lower("name"), name="account_by_name")]
        triggers = [FROZEN_IN_USE, VAT_STATUS]

    def __str__(self) -> str:
        return self.name

    @property
    def mode(self) -> PurchaseMode:
        """The purchase mode of whatever is bought for this account."""
        return PurchaseMode.of(self.kind)

    @property
    def owes_itself(self) -> bool:
        """Whether the account pays its own invoices."""
        return self.bill_to_id is None

    def is_exempt(self, on: date) -> bool:
        """Whether it is tax exempt on a day; both days of the exemption count, None is open."""
        begun = self.exempt_from is None or self.exempt_from <= on
        return self.tax_exempt and begun and (self.exempt_until is None or on <= self.exempt_until)
