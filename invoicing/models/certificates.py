"""What a finished run proves: the same counts and sums from the charges to the documents, or what is missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.guards import frozen
from invoicing.models.runs import BillingRun

AMOUNTS: Final = ("charges_net", "lines_net", "bases", "documents_net", "taxes", "documents_tax", "gross", "net")


class RunCertificate(models.Model):
    """The certificate of one finished run, made once in the transaction that finishes it.

    `sums` has a row per currency: count and net of charges, lines, tax bases and documents, with tax and gross; credits
    count negative. `unequal` names the sums that differ; `left` the accounts whose charges are in no document, and why.
    """

    run = models.OneToOneField(BillingRun, models.PROTECT, primary_key=True, related_name="certificate")
    made_at = models.DateTimeField(_("made"))
    sums = models.JSONField()
    unequal = models.JSONField(default=list, blank=True)
    left = models.JSONField(default=list, blank=True)
    is_complete = models.BooleanField(_("complete"))

    class Meta:
        verbose_name = _("certificate of a run")
        verbose_name_plural = _("certificates of runs")
        constraints = [
            models.CheckConstraint(
                name="run_certificate_complete_without_findings",
                condition=Q(is_complete=True, unequal=[], left=[]) | (Q(is_complete=False) & ~Q(unequal=[], left=[])),
            ),
        ]
        triggers = frozen("run_certificate")

    def __str__(self) -> str:
        return f"{self.run_id} · {self.is_complete}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """`sums` with amounts as numbers."""
        return [_amounts(row) for row in self.sums]

    @property
    def left_rows(self) -> list[dict[str, Any]]:
        """`left` with amounts as numbers."""
        return [_amounts(row) for row in self.left]


def _amounts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in AMOUNTS else value for name, value in row.items()}
