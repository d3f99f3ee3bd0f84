"""The way of issued documents to their addressee: what waits to be mailed, and the log of what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import MessageStatus
from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField
from invoicing.enums import DISPATCH_TRANSITIONS, DeliveryState, DispatchState
from invoicing.models.guards import frozen

DELIVERED_TO_ADDRESSEE = pgtrigger.Trigger(
    name="delivered_to_addressee",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM invoicing_invoice i JOIN invoicing_delivery d ON d.bill_to_id = i.bill_to_id
            WHERE i.id = NEW.invoice_id AND d.id = NEW.delivery_id
        ) THEN
            RAISE EXCEPTION 'delivery: a document goes to nobody but its bill-to'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'delivered_to_addressee';
        END IF;
        RETURN NEW;
    """,
)


class Delivery(models.Model):
    """One mail with one or several documents of one bill-to. Append-only: sending again makes another one.

    What became of the mail, how often it was tried and why it failed stands on its message. `run` is set when
    all documents come from one billing run; `repeats` names the delivery that was sent again.
    """

    public_id = PublicIdField()
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="deliveries")
    run = models.ForeignKey("invoicing.BillingRun", models.PROTECT, null=True, blank=True, related_name="deliveries")
    message = models.OneToOneField("accounts.Message", models.PROTECT, related_name="delivery")
    repeats = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="repeated_by")
    links_until = models.DateTimeField(_("links work until"), null=True, blank=True)
    at = models.DateTimeField(_("written"))
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(
                name="delivery_repeats_another", condition=Q(repeats=None) | ~Q(repeats=models.F("pk"))
            )
        ]
        triggers = frozen("delivery")

    def __str__(self) -> str:
        return f"{self.bill_to_id} · {self.at:%Y-%m-%d}"

    @property
    def state(self) -> DeliveryState:
        """Where it is: the message's state, unless the mail came back. Read with message and bounce."""
        if getattr(self, "bounce", None) is not None:
            return DeliveryState.BOUNCED
        return {
            MessageStatus.PENDING: DeliveryState.QUEUED,
            MessageStatus.SENT: DeliveryState.SENT,
            MessageStatus.FAILED: DeliveryState.FAILED,
        }[MessageStatus(self.message.status)]


class DeliveredDocument(models.Model):
    """A document inside a delivery: attached, or behind a link. Its first delivery exists once."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="documents", db_index=False)
    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="delivered")
    is_attached = models.BooleanField()
    is_first = models.BooleanField()

    class Meta:
        verbose_name = _("delivered document")
        verbose_name_plural = _("delivered documents")
        constraints = [
            models.UniqueConstraint(name="delivered_document_once_a_mail", fields=["delivery", "invoice"]),
            models.UniqueConstraint(
                name="delivered_document_first_once", fields=["invoice"], condition=Q(is_first=True)
            ),
        ]
        triggers = [*frozen("delivered_document"), DELIVERED_TO_ADDRESSEE]

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.invoice_id}"


class DeliveryBounce(models.Model):
    """A mail that came back, noted by a person with the reason. Its links stop working."""

    delivery = models.OneToOneField(Delivery, models.PROTECT, primary_key=True, related_name="bounce")
    reason = models.CharField(_("reason"), max_length=250)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("bounce")
        verbose_name_plural = _("bounces")
        constraints = [models.CheckConstraint(name="delivery_bounce_has_reason", condition=~Q(reason=""))]
        triggers = frozen("delivery_bounce")

    def __str__(self) -> str:
        return self.reason


class InvoiceDispatch(models.Model):
    """Where one document is on its way: it begins when the file is stored, and names the newest delivery."""

    invoice = models.OneToOneField("invoicing.Invoice", models.PROTECT, primary_key=True, related_name="dispatch")
    state = models.CharField(_("state"), max_length=8, choices=DispatchState, default=DispatchState.WAITING)
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, blank=True, related_name="dispatches")
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        constraints = [
            known_values("dispatch_state_known", "state", DispatchState),
            models.CheckConstraint(
                name="dispatch_mailed_has_delivery",
                condition=Q(state=DispatchState.MAILED, delivery__isnull=False)
                | (~Q(state=DispatchState.MAILED) & Q(delivery=None)),
            ),
            models.CheckConstraint(
                name="dispatch_stopped_has_reason",
                condition=~Q(state__in=["stopped", "left_out"]) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(name="dispatch_waiting", fields=["due_at"], condition=Q(state="waiting")),
            models.Index(name="dispatch_stopped", fields=["due_at"], condition=Q(state="stopped")),
        ]
        triggers: list[Any] = [
            pgtrigger.FSM(name="dispatch_arrows", field="state", transitions=DISPATCH_TRANSITIONS.values())
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.state}"

    def mark_mailed(self, delivery: Delivery) -> None:
        """It is in that mail."""
        self.state, self.delivery, self.reason = DispatchState.MAILED, delivery, ""
        self.save(update_fields=["state", "delivery", "reason"])

    def mark_left_out(self, *, reason: str) -> None:
        """It is not mailed, as agreed."""
        self.state, self.reason = DispatchState.LEFT_OUT, reason[:250]
        self.save(update_fields=["state", "reason"])

    def mark_stopped(self, *, reason: str) -> None:
        """It cannot be mailed; a person decides."""
        self.state, self.reason = DispatchState.STOPPED, reason[:250]
        self.save(update_fields=["state", "reason"])

    def mark_waiting(self, *, due_at: datetime) -> None:
        """Try once more."""
        self.state, self.reason, self.due_at = DispatchState.WAITING, "", due_at
        self.save(update_fields=["state", "reason", "due_at"])
