"""Billing runs and their items: the record of the work; a worker can die at any moment."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import both_or_neither, known_values
from config.kernel.public_ids import PublicIdField
from invoicing.comparison import percent_of
from invoicing.enums import ITEM_TRANSITIONS, RUN_TRANSITIONS, UNFINISHED_RUNS, ItemState, RunFlag, RunState
from invoicing.models.guards import RUN_COMPLETE


class BillingRun(models.Model):
    """One billing of what is due through a date: of everyone, of one reseller, or of one order.

    `invoice_on` is the date on the invoices, `calculating_at` when the last calculation began. `claimed_at` is the last
    sign of life of whoever works on it; the sweeper rings for a run that is silent.
    """

    public_id = PublicIdField()
    state = models.CharField(_("state"), max_length=16, choices=RunState, default=RunState.SCHEDULED)
    through = models.DateField(_("bills through"))
    invoice_on = models.DateField(_("invoice date"))
    reseller = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="billing_runs")
    order_reference = models.CharField(_("order"), max_length=40, blank=True)
    auto_issue = models.BooleanField(_("issue at once"), default=False)
    started_at = models.DateTimeField(_("started"))
    started_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    calculating_at = models.DateTimeField(null=True, blank=True)
    previewed_at = models.DateTimeField(null=True, blank=True)
    issue_asked_at = models.DateTimeField(null=True, blank=True)
    issue_asked_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("billing run")
        verbose_name_plural = _("billing runs")
        constraints = [
            known_values("billing_run_state_known", "state", RunState),
            models.UniqueConstraint(
                fields=["reseller", "order_reference"],
                condition=Q(state__in=[str(state) for state in UNFINISHED_RUNS]),
                nulls_distinct=False,
                name="billing_run_one_unfinished",
            ),
            models.CheckConstraint(
                name="billing_run_order_has_reseller", condition=Q(order_reference="") | Q(reseller__isnull=False)
            ),
            models.CheckConstraint(
                name="billing_run_over_has_moment",
                condition=Q(finished_at=None, state__in=[str(state) for state in UNFINISHED_RUNS])
                | (Q(finished_at__isnull=False) & ~Q(state__in=[str(state) for state in UNFINISHED_RUNS])),
            ),
        ]
        triggers = [
            RUN_COMPLETE,
            pgtrigger.FSM(name="billing_run_arrows", field="state", transitions=RUN_TRANSITIONS.values()),
        ]

    def __str__(self) -> str:
        return f"{self.through:%Y-%m-%d} · {self.get_state_display()}"

    @property
    def is_working(self) -> bool:
        """Whether workers are busy with it."""
        return self.state in (RunState.CALCULATING, RunState.ISSUING)


class RunItem(models.Model):
    """One bill-to inside a run: what its preview said (totals, hash), and what became of it.

    `separate` are the beneficiaries that were invoiced separately, read once. `attempts` is counted before the work,
    so that an item which kills its worker is parked and not tried for ever. `previous` is the last issued item of the
    same bill-to, with its net then; `flags` say why somebody should look before it is issued.
    """

    run = models.ForeignKey(BillingRun, models.PROTECT, related_name="items", db_index=False)
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="run_items")
    state = models.CharField(_("state"), max_length=12, choices=ItemState, default=ItemState.PENDING)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    documents = models.PositiveIntegerField(_("invoices"), default=0)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    currency = models.CharField(max_length=3, blank=True)
    net = models.DecimalField(_("net"), max_digits=14, decimal_places=2, default=0)
    tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=2, default=0)
    gross = models.DecimalField(_("gross"), max_digits=14, decimal_places=2, default=0)
    hash = models.CharField(max_length=64, blank=True)
    separate = ArrayField(models.BigIntegerField(), default=list, blank=True)
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    previous_net = models.DecimalField(_("net of the last run"), max_digits=14, decimal_places=2, null=True, blank=True)
    services_new = models.PositiveIntegerField(_("new services"), default=0)
    services_gone = models.PositiveIntegerField(_("services that are gone"), default=0)
    services_changed = models.PositiveIntegerField(_("changed services"), default=0)
    flags = ArrayField(models.CharField(max_length=8, choices=RunFlag), default=list, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    previewed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("run item")
        verbose_name_plural = _("run items")
        constraints = [
            known_values("run_item_state_known", "state", ItemState),
            both_or_neither("run_item_held_pair", "held_at", "held_by"),
            both_or_neither("run_item_previous_pair", "previous", "previous_net"),
            models.CheckConstraint(
                name="run_item_not_its_own_previous", condition=Q(previous=None) | ~Q(previous=F("id"))
            ),
            models.CheckConstraint(
                name="run_item_flags_known", condition=Q(flags__contained_by=sorted(RunFlag.values))
            ),
            models.UniqueConstraint(fields=["run", "bill_to"], name="run_item_once"),
            models.UniqueConstraint(fields=["id", "bill_to"], name="run_item_chain_key"),
            models.CheckConstraint(
                name="run_item_reason_when_stopped",
                condition=~Q(state__in=[str(ItemState.HELD), str(ItemState.PARKED)]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="run_item_done_has_moment",
                condition=Q(state=ItemState.DONE, done_at__isnull=False) | (~Q(state=ItemState.DONE) & Q(done_at=None)),
            ),
        ]
        indexes = [models.Index(name="run_item_by_state", fields=["run", "state"])]
        triggers = [pgtrigger.FSM(name="run_item_arrows", field="state", transitions=ITEM_TRANSITIONS.values())]

    def __str__(self) -> str:
        return f"{self.bill_to_id} · {self.get_state_display()}"

    @property
    def change(self) -> Decimal:
        """How much more or less than the last time it is, net."""
        return self.net - (self.previous_net or Decimal(0))

    @property
    def change_percent(self) -> Decimal | None:
        """The same in percent; None when nothing was billed before."""
        return percent_of(self.change, self.previous_net or Decimal(0))

    @property
    def flagged(self) -> list[RunFlag]:
        """Why somebody should look, as words that know their look."""
        return [RunFlag(flag) for flag in self.flags]
