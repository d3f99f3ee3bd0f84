"""Lines of invoices that somebody holds to be wrong, and what came of it."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.kernel.constraints import both_or_neither, known_values
from config.kernel.public_ids import PublicIdField
from invoicing.enums import DISPUTE_TRANSITIONS, DisputeState
from invoicing.models.guards import frozen

ABOUT_ITS_LINE = pgtrigger.Trigger(
    name="dispute_about_its_line",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM invoicing_invoiceitem l JOIN invoicing_invoice i ON i.id = l.invoice_id
            CROSS JOIN LATERAL (SELECT coalesce(NEW.part_net, l.net) AS net) part
            WHERE l.id = NEW.item_id AND i.document_type = 'debit' AND part.net > 0 AND part.net <= l.net
              AND NEW.amount = part.net + round(part.net * l.tax_rate / 100, 2)
              AND (i.id, i.bill_to_id, i.currency) = (NEW.invoice_id, NEW.bill_to_id, NEW.currency)
        ) THEN
            RAISE EXCEPTION 'dispute: it is about a line of its invoice that somebody owes, or a part of it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_about_its_line';
        END IF;
        RETURN NEW;
    """,
)


class Dispute(models.Model):
    """One line, held to be wrong for a reason, or a part of it: `part_net` is net, None for the whole line.

    `amount` is what is in dispute with its tax; open, it is not dunned for.
    """

    public_id = PublicIdField()
    item = models.ForeignKey("invoicing.InvoiceItem", models.PROTECT, related_name="disputes", db_index=False)
    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="disputes")
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="disputes")
    currency = models.CharField(max_length=3)
    part_net = models.DecimalField(_("part of the line, net"), max_digits=14, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(_("amount in dispute"), max_digits=14, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=1000)
    state = models.CharField(_("state"), max_length=9, choices=DisputeState, default=DisputeState.OPEN)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            known_values("dispute_state_known", "state", DisputeState),
            both_or_neither("dispute_closed_pair", "closed_at", "closed_by"),
            models.CheckConstraint(name="dispute_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="dispute_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="dispute_closed_has_outcome",
                condition=Q(state=DisputeState.OPEN, closed_at=None, outcome="")
                | (~Q(state=DisputeState.OPEN) & Q(closed_at__isnull=False) & ~Q(outcome="")),
            ),
            models.UniqueConstraint(name="dispute_open_once", fields=["item"], condition=Q(state=DisputeState.OPEN)),
        ]
        triggers = [
            *frozen("dispute", but=("state", "closed_at", "closed_by_id", "outcome")),
            pgtrigger.FSM(name="dispute_arrows", field="state", transitions=DISPUTE_TRANSITIONS.values()),
            ABOUT_ITS_LINE,
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.item_id}"

    def mark_closed(self, state: DisputeState, *, outcome: str, by: User, at: datetime) -> None:
        """Accepted, rejected or withdrawn."""
        self.state, self.outcome, self.closed_by, self.closed_at = state, outcome, by, at
        self.save(update_fields=["state", "outcome", "closed_by", "closed_at"])
