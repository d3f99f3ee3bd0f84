"""The daily run of each date: the run that was started, or that it was missed."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import both_or_neither
from invoicing.models.guards import frozen
from invoicing.models.runs import BillingRun


class DailyRun(models.Model):
    """One date on which the daily run was to start; one row a date, whoever asks and however often.

    Either it has its run, or it was missed, with the reason; a missed one waits for a person, who says what was done.
    """

    on = models.DateField(_("date"), unique=True)
    run = models.OneToOneField(BillingRun, models.PROTECT, null=True, blank=True, related_name="daily")
    missed_at = models.DateTimeField(_("noticed"), null=True, blank=True)
    reason = models.CharField(_("why it was missed"), max_length=200, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settled_as = models.CharField(_("what was done"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("daily run")
        verbose_name_plural = _("daily runs")
        constraints = [
            models.CheckConstraint(
                name="daily_run_started_or_missed",
                condition=Q(run__isnull=False, missed_at=None, reason="")
                | (Q(run=None, missed_at__isnull=False) & ~Q(reason="")),
            ),
            both_or_neither("daily_run_settled_pair", "settled_at", "settled_by"),
            models.CheckConstraint(
                name="daily_run_settled_with_words",
                condition=Q(settled_at=None, settled_as="")
                | (Q(settled_at__isnull=False, run=None) & ~Q(settled_as="")),
            ),
        ]
        triggers = [
            *frozen("daily_run", but=("settled_at", "settled_by_id", "settled_as")),
            pgtrigger.Protect(
                name="daily_run_settled_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        """Whether it was missed and nobody has settled it."""
        return self.run_id is None and self.settled_at is None
