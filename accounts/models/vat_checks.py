"""Checks of VAT numbers: what was asked, what was answered, by whom, when."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import VatResult, VatSource
from config.kernel.constraints import known_values

TELLS_ITS_ACCOUNT = pgtrigger.Trigger(
    name="vat_check_tells_its_account",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func="""
        UPDATE accounts_account SET vat_status = vat_status WHERE id = NEW.account_id AND vat_number = NEW.number;
        RETURN NULL;
    """,
)


class VatCheck(models.Model):
    """One check of one VAT number; never changed, never deleted: it proves why an invoice carried no tax.

    `request_number` is VIES' consultation number, the proof for a tax office; `asked_name` the company's name with us
    at that moment, `answered_name` and `answered_address` what the register says ("" where a state does not tell).
    """

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="vat_checks", db_index=False)
    number = models.CharField(_("VAT number"), max_length=20)
    asked_name = models.CharField(_("our name for it"), max_length=200)
    result = models.CharField(_("result"), max_length=8, choices=VatResult)
    source = models.CharField(_("said by"), max_length=8, choices=VatSource)
    request_number = models.CharField(_("request number"), max_length=50, blank=True)
    answered_name = models.CharField(_("name in the register"), max_length=250, blank=True)
    answered_address = models.CharField(_("address in the register"), max_length=500, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    checked_at = models.DateTimeField(_("checked"))
    checked_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("check of a VAT number")
        verbose_name_plural = _("checks of VAT numbers")
        indexes = [models.Index(name="vat_check_of_number", fields=["account", "number", "-id"])]
        constraints = [
            known_values("vat_check_result_known", "result", VatResult),
            known_values("vat_check_source_known", "source", VatSource),
            models.CheckConstraint(name="vat_check_has_number", condition=~Q(number="")),
            models.CheckConstraint(
                name="vat_check_by_person_has_reason",
                condition=~Q(source=VatSource.PERSON)
                | (Q(checked_by__isnull=False) & ~Q(reason="") & ~Q(result=VatResult.UNKNOWN)),
            ),
        ]
        triggers = [
            TELLS_ITS_ACCOUNT,
            pgtrigger.Protect(name="vat_check_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="vat_check_not_emptied",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'checks of VAT numbers are kept, the table cannot be emptied';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.result}"
