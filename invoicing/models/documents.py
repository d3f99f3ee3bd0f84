"""The way of an invoice to its file: how often it was tried, and why it failed."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import known_values
from invoicing.enums import RenderState
from invoicing.models.invoices import Invoice


class InvoiceRendering(models.Model):
    """The rendering of one invoice. The attempt is counted before the work starts, so that a worker that dies counts.

    `claimed_at` is the last sign of life of whoever works on it, by the database's clock; a claim that is older than
    the lease is anybody's.
    """

    invoice = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="rendering")
    state = models.CharField(_("state"), max_length=8, choices=RenderState, default=RenderState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("due"))
    last_error = models.CharField(_("reason"), max_length=500, blank=True)
    renderer = models.CharField(_("renderer"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("rendering")
        verbose_name_plural = _("renderings")
        constraints = [
            known_values("rendering_state_known", "state", RenderState),
            models.CheckConstraint(
                name="rendering_running_is_claimed",
                condition=Q(state=RenderState.RUNNING, claimed_at__isnull=False)
                | (~Q(state=RenderState.RUNNING) & Q(claimed_at=None)),
            ),
            models.CheckConstraint(
                name="rendering_failed_has_reason", condition=~Q(state=RenderState.FAILED) | ~Q(last_error="")
            ),
        ]
        indexes = [
            models.Index(name="rendering_unfinished", fields=["due_at"], condition=Q(state__in=["waiting", "running"]))
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.state}"

    def mark_running(self) -> None:
        """Claim it: one more attempt, counted before the work."""
        self.state, self.claimed_at, self.last_error = RenderState.RUNNING, Now(), ""
        self.attempts += 1
        self.save(update_fields=["state", "claimed_at", "attempts", "last_error"])

    def mark_waiting(self, *, due_at: datetime, reason: str = "", attempts: int | None = None) -> None:
        """Put it back: the next attempt is due then. `attempts` starts the count anew."""
        self.state, self.claimed_at, self.due_at, self.last_error = RenderState.WAITING, None, due_at, reason[:500]
        self.attempts = self.attempts if attempts is None else attempts
        self.save(update_fields=["state", "claimed_at", "due_at", "last_error", "attempts"])

    def mark_failed(self, *, reason: str) -> None:
        """Give up with the reason; a person decides."""
        self.state, self.claimed_at, self.last_error = RenderState.FAILED, None, reason[:500] or "unknown"
        self.save(update_fields=["state", "claimed_at", "last_error"])

    def mark_done(self, *, renderer: str) -> None:
        """The file is stored."""
        self.state, self.claimed_at, self.last_error, self.renderer = RenderState.DONE, None, "", renderer
        self.save(update_fields=["state", "claimed_at", "last_error", "renderer"])
