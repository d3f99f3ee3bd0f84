"""Every e-mail the product writes, stored before it is sent."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import MessageStatus
from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField


class Message(models.Model):
    """An e-mail as it was written: recipients, subject, both bodies, and what became of it.

    `secret` messages carry a link that lets in; BSS shows them without it.
    """

    public_id = PublicIdField()
    template = models.CharField(_("event"), max_length=60)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="messages")
    recipients = ArrayField(models.EmailField())
    subject = models.CharField(_("subject"), max_length=250)
    text_body = models.TextField()
    html_body = models.TextField()
    attachments = models.JSONField(default=list, blank=True)
    is_secret = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=8, choices=MessageStatus, default=MessageStatus.PENDING)
    created_at = models.DateTimeField(_("written"))
    created_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="messages_caused"
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [known_values("message_status_known", "status", MessageStatus)]

    def __str__(self) -> str:
        return self.subject
