"""What a reseller was reminded of, and when it is left alone."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.kernel.constraints import both_or_neither, not_negative
from invoicing.models.guards import frozen

REMINDED_OF_OWN = pgtrigger.Trigger(
    name="reminded_of_own_invoice",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM invoicing_invoice i JOIN invoicing_reminderletter l ON l.bill_to_id = i.bill_to_id
            WHERE i.id = NEW.invoice_id AND l.id = NEW.letter_id AND i.document_type = 'debit' AND i.due_on < l.sent_on
        ) THEN
            RAISE EXCEPTION 'reminder: it is about an overdue invoice of the addressee'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reminded_of_own_invoice';
        END IF;
        RETURN NEW;
    """,
)


class ReminderLetter(models.Model):
    """One mail to one reseller on one day that lists all it owes overdue; `step` is the highest, counted from 1."""

    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="reminder_letters", db_index=False)
    sent_on = models.DateField(_("sent on"))
    step = models.PositiveSmallIntegerField(_("step"))
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(_("overdue, gross"), max_digits=14, decimal_places=2)
    message = models.ForeignKey("accounts.Message", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(name="reminder_letter_once_a_day", fields=["bill_to", "sent_on"]),
            models.CheckConstraint(name="reminder_letter_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="reminder_letter_step_counted", condition=Q(step__gte=1)),
        ]
        triggers = frozen("reminder_letter")

    def __str__(self) -> str:
        return f"{self.sent_on:%Y-%m-%d}"


class Reminder(models.Model):
    """One invoice that reached a step of dunning; each step of an invoice exists once."""

    letter = models.ForeignKey(ReminderLetter, models.PROTECT, related_name="reminders")
    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="reminders", db_index=False)
    step = models.PositiveSmallIntegerField()
    open_amount = models.DecimalField(max_digits=14, decimal_places=2)
    disputed = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("reminded invoice")
        verbose_name_plural = _("reminded invoices")
        constraints = [
            models.UniqueConstraint(name="reminder_step_once", fields=["invoice", "step"]),
            not_negative("reminder_disputed_not_negative", "disputed"),
            models.CheckConstraint(name="reminder_asks_for_something", condition=Q(open_amount__gt=F("disputed"))),
            models.CheckConstraint(name="reminder_step_counted", condition=Q(step__gte=1)),
        ]
        triggers = [*frozen("reminder"), REMINDED_OF_OWN]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.step}"


class ReminderPause(models.Model):
    """A reseller that is not reminded through a day, and why; ended early by a person."""

    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="reminder_pauses")
    until = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=250)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("pause of reminders")
        verbose_name_plural = _("pauses of reminders")
        constraints = [
            both_or_neither("reminder_pause_ended_pair", "ended_at", "ended_by"),
            models.CheckConstraint(name="reminder_pause_has_reason", condition=~Q(reason="")),
            models.UniqueConstraint(name="reminder_pause_one_open", fields=["bill_to"], condition=Q(ended_at=None)),
        ]
        triggers = frozen("reminder_pause", but=("ended_at", "ended_by_id"))

    def __str__(self) -> str:
        return self.reason

    def mark_ended(self, *, by: User, at: datetime) -> None:
        """It counts no more."""
        self.ended_by, self.ended_at = by, at
        self.save(update_fields=["ended_by", "ended_at"])
