"""Every e-mail the product writes, stored before it is sent."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.enums import MESSAGE_TRANSITIONS, MessageStatus
from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField

CHANGING = ("status", "sent_at", "attempts", "last_error", "claimed_at", "due_at", "is_uncertain")


class Message(models.Model):
    """An e-mail as it was written: recipients, subject, both bodies, and what became of it.

    `secret` messages carry a link that lets in; BSS shows them without it. `attachments` name files of the storage,
    each with its hash. What was written never changes: a repeat carries the same `message_id`. `claimed_at` is the last
    sign of life of whoever is sending it, by the database's clock. `is_uncertain` says that a mail server may have
    taken it twice: a worker died, or the connection broke, before the answer was known.
    """

    public_id = PublicIdField()
    template = models.CharField(_("event"), max_length=60)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="messages")
    recipients = ArrayField(models.EmailField())
    subject = models.CharField(_("subject"), max_length=250)
    text_body = models.TextField()
    html_body = models.TextField()
    attachments = models.JSONField(default=list, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=300, blank=True)
    is_secret = models.BooleanField(default=False)
    is_bulk = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=8, choices=MessageStatus, default=MessageStatus.PENDING)
    created_at = models.DateTimeField(_("written"))
    created_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="messages_caused"
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("next try"), null=True, blank=True)
    is_uncertain = models.BooleanField(_("perhaps sent twice"), default=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            known_values("message_status_known", "status", MessageStatus),
            models.CheckConstraint(
                name="message_claimed_while_pending", condition=Q(claimed_at=None) | Q(status=MessageStatus.PENDING)
            ),
        ]
        indexes = [
            models.Index(name="message_waiting", fields=["due_at"], condition=Q(status=MessageStatus.PENDING)),
        ]
        triggers = [
            pgtrigger.Protect(
                name="message_as_written",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=list(CHANGING)),
            ),
            pgtrigger.FSM(name="message_arrows", field="status", transitions=MESSAGE_TRANSITIONS.values()),
        ]

    def __str__(self) -> str:
        return self.subject

    def mark_claimed(self) -> None:
        """Somebody sends it now: one more attempt, counted before the work."""
        self.claimed_at = Now()
        self.attempts += 1
        self.save(update_fields=["claimed_at", "attempts", "is_uncertain"])

    def mark_sent(self, *, at: datetime) -> None:
        """A mail server has taken it."""
        self.status, self.sent_at, self.last_error, self.claimed_at = MessageStatus.SENT, at, "", None
        self._save()

    def mark_waiting(self, *, due_at: datetime, reason: str, attempts: int | None = None) -> None:
        """It is tried again then. `attempts` starts the count anew."""
        self.status, self.due_at, self.last_error, self.claimed_at = MessageStatus.PENDING, due_at, reason[:500], None
        self.attempts = self.attempts if attempts is None else attempts
        self._save()

    def mark_failed(self, *, reason: str) -> None:
        """Given up; a person decides."""
        self.status, self.last_error, self.claimed_at = MessageStatus.FAILED, reason[:500], None
        self._save()

    def _save(self) -> None:
        self.save(update_fields=CHANGING)
