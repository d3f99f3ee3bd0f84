"""Resellers that owe so long that somebody should decide whether they may still order."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.kernel.constraints import known_values
from invoicing.enums import SUSPENSION_TRANSITIONS, SuspensionState
from invoicing.models.guards import frozen


class SuspensionProposal(models.Model):
    """The last step of dunning, a question to the staff: never an act by itself (product.md §12.3).

    `amount` is what was overdue past the limit that day, gross, disputes taken off; `due_on` the oldest due date of it.
    """

    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="suspension_proposals")
    proposed_on = models.DateField(_("proposed on"))
    due_on = models.DateField(_("due since"))
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(_("overdue, gross"), max_digits=14, decimal_places=2)
    at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=SuspensionState, default=SuspensionState.OPEN)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("proposal to suspend")
        verbose_name_plural = _("proposals to suspend")
        constraints = [
            known_values("suspension_state_known", "state", SuspensionState),
            models.CheckConstraint(name="suspension_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="suspension_decided_with_reason",
                condition=Q(state=SuspensionState.OPEN, decided_at=None, decided_by=None, reason="")
                | Q(state=SuspensionState.SETTLED, decided_at__isnull=False, decided_by=None, reason="")
                | (
                    Q(state__in=(SuspensionState.LEFT, SuspensionState.STOPPED))
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(reason="")
                ),
            ),
            models.UniqueConstraint(
                name="suspension_open_once", fields=["bill_to"], condition=Q(state=SuspensionState.OPEN)
            ),
        ]
        triggers = [
            *frozen("suspension", but=("state", "reason", "decided_at", "decided_by_id")),
            pgtrigger.FSM(name="suspension_arrows", field="state", transitions=SUSPENSION_TRANSITIONS.values()),
        ]

    def __str__(self) -> str:
        return f"{self.bill_to_id} {self.proposed_on:%Y-%m-%d}"

    def mark_decided(self, state: SuspensionState, *, reason: str, by: User | None, at: datetime) -> None:
        """Stopped or left by a person, settled by the money that came."""
        self.state, self.reason, self.decided_by, self.decided_at = state, reason, by, at
        self.save(update_fields=["state", "reason", "decided_by", "decided_at"])
