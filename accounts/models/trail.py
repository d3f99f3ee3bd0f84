"""The audit trail: who did what, when, why."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

NO_TRUNCATE = pgtrigger.Trigger(
    name="audit_no_truncate",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'the audit trail cannot be emptied';",
)
CHAIN = pgtrigger.Trigger(
    name="audit_chain",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("previous", "text")],
    func="""
        PERFORM pg_advisory_xact_lock(7261001);
        SELECT hash INTO previous FROM accounts_auditevent ORDER BY id DESC LIMIT 1;
        NEW.previous_hash := coalesce(previous, '');
        NEW.id := nextval(pg_get_serial_sequence('accounts_auditevent', 'id'));
        NEW.hash := encode(sha256(convert_to(
            NEW.previous_hash || '|' || NEW.id || '|' || NEW.action || '|' || NEW.target_type || '|' || NEW.target_id
            || '|' || coalesce(NEW.by_id::text, '') || '|' || extract(epoch FROM NEW.at)::text || '|' || NEW.reason
            || '|' || coalesce(NEW.before::text, '') || '|' || coalesce(NEW.after::text, ''), 'UTF8')), 'hex');
        RETURN NEW;
    """,
)


class AuditEvent(models.Model):
    """One act of a person or of the system. Append-only; each row carries the hash of the one before it."""

    action = models.CharField(_("act"), max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=40)
    target_label = models.CharField(_("object"), max_length=250)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="audit_events")
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="acts")
    at = models.DateTimeField(_("when"))
    reason = models.TextField(_("reason"), blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    previous_hash = models.CharField(max_length=64, editable=False, blank=True)
    hash = models.CharField(max_length=64, editable=False, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(name="audit_by_target", fields=["target_type", "target_id"])]
        triggers = [
            CHAIN,
            NO_TRUNCATE,
            pgtrigger.Protect(name="audit_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}"
