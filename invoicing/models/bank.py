"""Files of the distributor's bank, and the transfers in them, until each is a payment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.kernel.constraints import both_or_neither, known_values
from config.kernel.public_ids import PublicIdField
from invoicing.enums import BANK_IMPORT_TRANSITIONS, BankImportState, BankMatch, BankRowState
from invoicing.models.bank_guards import BANK_IMPORT_COMPLETE, BANK_ROW_IS_ITS_PAYMENT


class BankImport(models.Model):
    """A file as the bank delivered it: how it is read, what was left out of it, and what became of it.

    `account` is our account (IBAN); `plan` says how the file is read, `layout` recognises the bank's next file.
    """

    public_id = PublicIdField()
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    account = models.CharField(_("bank account"), max_length=34)
    layout = models.CharField(max_length=64, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    left_out = models.JSONField(default=list, blank=True)
    errors = models.JSONField(default=list, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=BankImportState, default=BankImportState.UPLOADED)
    created_at = models.DateTimeField(_("uploaded"))
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            known_values("bank_import_state_known", "state", BankImportState),
            both_or_neither("bank_import_decided_pair", "decided_at", "decided_by"),
            models.CheckConstraint(
                name="bank_import_decided_when_over",
                condition=Q(state__in=["booked", "discarded"], decided_at__isnull=False)
                | Q(state__in=["uploaded", "read"], decided_at=None),
            ),
            models.UniqueConstraint(
                fields=["account", "sha256"], name="bank_file_once", condition=~Q(state=BankImportState.DISCARDED)
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="bank_import_arrows", field="state", transitions=BANK_IMPORT_TRANSITIONS.values()),
            pgtrigger.Protect(name="bank_import_kept", operation=pgtrigger.Delete),
            BANK_IMPORT_COMPLETE,
        ]

    def __str__(self) -> str:
        return self.file_name

    def mark_read(self, *, plan: dict[str, Any], layout: str, left_out: list[Any], errors: list[Any]) -> None:
        """Its lines are known."""
        self.state, self.plan, self.layout = BankImportState.READ, plan, layout
        self.left_out, self.errors = left_out, errors
        self.save(update_fields=["state", "plan", "layout", "left_out", "errors"])

    def mark_decided(self, state: BankImportState, *, by: User, at: datetime) -> None:
        """Booked, or put away."""
        self.state, self.decided_by, self.decided_at = state, by, at
        self.save(update_fields=["state", "decided_by", "decided_at"])


class BankRow(models.Model):
    """A transfer of a file: whose it is by what we found or a person said, and the payment that it became.

    `value_on` is the bank's value date. A booked transfer exists once: account, value date, amount, reference and the
    bank's own id together are unique.
    """

    bank_import = models.ForeignKey(BankImport, models.PROTECT, related_name="rows", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    account = models.CharField(max_length=34)
    value_on = models.DateField(_("value date"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    reference = models.CharField(_("text of the transfer"), max_length=500, blank=True)
    payer = models.CharField(_("payer"), max_length=500, blank=True)
    bank_id = models.CharField(_("id at the bank"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=BankRowState)
    match = models.CharField(_("match"), max_length=6, choices=BankMatch)
    why = models.CharField(max_length=20)
    candidates = models.JSONField(default=list, blank=True)
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("reason"), max_length=250, blank=True)
    payment = models.OneToOneField("invoicing.Payment", models.PROTECT, null=True, blank=True, related_name="bank_row")

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        constraints = [
            known_values("bank_row_state_known", "state", BankRowState),
            known_values("bank_row_match_known", "match", BankMatch),
            models.CheckConstraint(name="bank_row_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(fields=["bank_import", "line"], name="bank_row_line_once"),
            models.UniqueConstraint(
                fields=["account", "value_on", "amount", "currency", "reference", "bank_id"],
                name="bank_transfer_once",
                condition=Q(state=BankRowState.BOOKED),
            ),
            models.CheckConstraint(
                name="bank_row_booked_is_payment",
                condition=Q(state=BankRowState.BOOKED, payment__isnull=False, bill_to__isnull=False)
                | (~Q(state=BankRowState.BOOKED) & Q(payment=None)),
            ),
            models.CheckConstraint(
                name="bank_row_ready_has_account", condition=~Q(state=BankRowState.READY) | Q(bill_to__isnull=False)
            ),
            models.CheckConstraint(
                name="bank_row_left_out_has_reason", condition=~Q(state=BankRowState.LEFT_OUT) | ~Q(note="")
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="bank_row_booked_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.state = 'booked'"),
            ),
            BANK_ROW_IS_ITS_PAYMENT,
        ]

    def __str__(self) -> str:
        return f"{self.value_on:%Y-%m-%d} {self.amount} {self.currency}"

    def mark_ready(self) -> None:
        """It is known whose it is."""
        self.state, self.note = BankRowState.READY, ""
        self.save(update_fields=["state", "note", "bill_to"])

    def mark_left_out(self, reason: str) -> None:
        """It becomes no payment here."""
        self.state, self.note, self.bill_to = BankRowState.LEFT_OUT, reason, None
        self.save(update_fields=["state", "note", "bill_to"])

    def mark_booked(self, payment: Any) -> None:
        """It is a payment now."""
        self.state, self.payment = BankRowState.BOOKED, payment
        self.save(update_fields=["state", "payment"])


class BankRowPart(models.Model):
    """What a transfer is to settle of one invoice once it is booked; the rest stays unallocated."""

    row = models.ForeignKey(BankRow, models.CASCADE, related_name="parts", db_index=False)
    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="+", db_index=False)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("part of a transfer")
        verbose_name_plural = _("parts of transfers")
        constraints = [
            models.CheckConstraint(name="bank_row_part_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(fields=["row", "invoice"], name="bank_row_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"
