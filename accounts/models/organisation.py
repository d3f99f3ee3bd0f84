"""The distributor itself: one row, with the system options."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts import peppol
from accounts.enums import SecondFactor
from config.kernel.constraints import known_values


def peppol_address(name: str) -> models.CheckConstraint:
    """A scheme and an id of its form, or neither."""
    return models.CheckConstraint(
        name=name,
        condition=models.Q(peppol_scheme="", peppol_id="")
        | models.Q(peppol_scheme__in=peppol.CODES, peppol_id__regex=peppol.ID.pattern),
        violation_error_message=_("A Peppol address is a scheme and an id, or neither."),
    )


@pghistory.track()
class Organisation(models.Model):
    """The company that runs the product: seller on every invoice, owner of the system options."""

    legal_name = models.CharField(_("legal name"), max_length=200)
    trade_name = models.CharField(_("trade name"), max_length=100)
    address_line1 = models.CharField(_("street and number"), max_length=200)
    address_line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20)
    country = CountryField(_("country"))
    vat_number = models.CharField(_("VAT number"), max_length=20)
    register_entry = models.CharField(_("register entry"), max_length=200)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=30)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    peppol_scheme = models.CharField(_("Peppol scheme"), max_length=4, blank=True, default="", db_default="")
    peppol_id = models.CharField(_("Peppol id"), max_length=50, blank=True, default="", db_default="")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/Athens")
    language = models.CharField(_("language"), max_length=5, default="en")

    separate_invoices = models.BooleanField(
        _("Separate invoices per sub customer"),
        default=False,
        help_text=_("End customers that resellers create in the Storefront from now on get invoices of their own."),
    )
    separate_invoices_for_affiliates = models.BooleanField(
        _("also for affiliates"), default=True, help_text=_("Applies the same setting to new affiliates.")
    )
    require_sub_customer_address = models.BooleanField(
        _("Sub customers billing address"),
        default=False,
        help_text=_("Makes the address compulsory for new end customers and affiliates."),
    )
    second_factor = models.CharField(
        _("Second factor"),
        max_length=8,
        choices=SecondFactor,
        default=SecondFactor.OFFERED,
        help_text=_("Whoever must have one is asked to set it up at the next sign-in."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisation")
        constraints = [
            models.CheckConstraint(name="organisation_single_row", condition=models.Q(pk=1)),
            known_values("organisation_second_factor_known", "second_factor", SecondFactor),
            peppol_address("organisation_peppol_whole"),
        ]

    def __str__(self) -> str:
        return self.trade_name

    @classmethod
    def get(cls) -> Organisation:
        """The one row. Raises DoesNotExist before the set-up."""
        return cls.objects.get(pk=1)
