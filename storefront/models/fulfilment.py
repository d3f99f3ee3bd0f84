"""How an order item becomes a subscription at Microsoft: every write is a row before it is sent."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField
from invoicing.models.guards import frozen, write_once
from storefront.enums import CallState, UnitState
from storefront.transitions import UNIT_TRANSITIONS


class FulfilmentUnit(models.Model):
    """The fulfilment of one order item (partner_center.md §12.2). `series` counts fresh starts after a repair.

    Workers hold the tenant, not the unit; `lease_until` keeps the sweeper from ringing twice for the same work.
    """

    public_id = PublicIdField()
    order_item = models.OneToOneField("storefront.OrderItem", models.PROTECT, related_name="unit")
    tenant = models.ForeignKey("storefront.Tenant", models.PROTECT, null=True, blank=True, related_name="units")
    state = models.CharField(_("state"), max_length=16, choices=UnitState, default=UnitState.PLANNED)
    series = models.PositiveSmallIntegerField(default=1)
    ms_cart_id = models.CharField(max_length=64, blank=True)
    ms_order_id = models.CharField(max_length=64, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    checkout_sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        constraints = [
            known_values("unit_state_known", "state", UnitState),
            models.UniqueConstraint(fields=["ms_cart_id"], condition=~Q(ms_cart_id=""), name="unit_cart_once"),
            models.UniqueConstraint(fields=["ms_order_id"], condition=~Q(ms_order_id=""), name="unit_ms_order_once"),
        ]
        triggers = [
            pgtrigger.FSM(name="unit_arrows", field="state", transitions=UNIT_TRANSITIONS.values()),
            write_once("unit", "order_item_id", "tenant_id"),
            pgtrigger.Protect(name="unit_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"U{self.pk}"


class PartnerCall(models.Model):
    """One write to Microsoft with the request id that every repeat of it carries (partner_center.md §12.3).

    What was sent never changes, and success is the last word; a refusal may be the echo of our own success.
    """

    unit = models.ForeignKey("storefront.FulfilmentUnit", models.PROTECT, null=True, blank=True, related_name="calls")
    tenant = models.ForeignKey("storefront.Tenant", models.PROTECT, null=True, blank=True, related_name="calls")
    request = models.ForeignKey(
        "storefront.AutoRenewRequest", models.PROTECT, null=True, blank=True, related_name="calls"
    )
    step = models.CharField(_("step"), max_length=24)
    series = models.PositiveSmallIntegerField(default=1)
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=300)
    body = models.JSONField(null=True, blank=True)
    body_hash = models.CharField(max_length=64)
    ms_request_id = models.UUIDField(unique=True)
    state = models.CharField(_("state"), max_length=8, choices=CallState, default=CallState.PLANNED)
    attempts = models.JSONField(default=list)
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("call to Microsoft")
        verbose_name_plural = _("calls to Microsoft")
        constraints = [
            known_values("partner_call_state_known", "state", CallState),
            models.CheckConstraint(
                name="partner_call_has_one_subject",
                condition=Q(unit__isnull=False, tenant=None, request=None)
                | Q(unit=None, tenant__isnull=False, request=None)
                | Q(unit=None, tenant=None, request__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["unit", "step", "series"], condition=Q(unit__isnull=False), name="partner_call_unit_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "step", "series"], condition=Q(tenant__isnull=False), name="partner_call_tenant_once"
            ),
            models.UniqueConstraint(
                fields=["request", "step", "series"],
                condition=Q(request__isnull=False),
                name="partner_call_request_once",
            ),
        ]
        triggers = [
            *frozen("partner_call", but=("state", "attempts", "answer_status", "answer", "sent_at", "answered_at")),
            pgtrigger.Protect(
                name="partner_call_settled",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state=CallState.OK.value) & ~pgtrigger.Q(new__state=CallState.OK.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.state}"
