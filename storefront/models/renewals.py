"""The end of each term, and the wish to renew or not: one row each, decided once (product.md M5, §9.1)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import known_values, not_negative
from storefront.enums import RenewalState, RequestState
from storefront.transitions import RENEWAL_TRANSITIONS, REQUEST_TRANSITIONS

DECIDED = "OLD.state IN ('renewed', 'ended')"
AFTERWARDS = "'{alerted_at}'::text[]"


class Renewal(models.Model):
    """Where one term of a subscription ends: announced, then renewed, ended, or held for a person. One per term.

    `begins_on` is the distributor's date of the first day of the next term. `price` is without tax, per unit, as a
    schedule takes it. `over_credit_by` is gross: a renewal is never blocked by the credit limit (product.md §8).
    """

    subscription = models.ForeignKey("storefront.Subscription", models.PROTECT, related_name="renewals", db_index=False)
    begins_on = models.DateField(_("term ends"))
    state = models.CharField(_("renewal"), max_length=8, choices=RenewalState, default=RenewalState.WAITING)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True)
    announced_price = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    change = models.OneToOneField(
        "invoicing.ScheduleChange", models.PROTECT, null=True, blank=True, related_name="renewal"
    )
    quantity = models.PositiveIntegerField(null=True, blank=True)
    price = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    price_source = models.CharField(max_length=200, blank=True)
    over_credit_by = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        constraints = [
            known_values("renewal_state_known", "state", RenewalState),
            not_negative("renewal_price_not_negative", "price"),
            models.UniqueConstraint(fields=["subscription", "begins_on"], name="renewal_once_per_term"),
            models.CheckConstraint(
                name="renewal_renewed_evidence",
                condition=Q(
                    state=RenewalState.RENEWED,
                    change__isnull=False,
                    price__isnull=False,
                    quantity__isnull=False,
                )
                | (~Q(state=RenewalState.RENEWED) & Q(change=None)),
            ),
            models.CheckConstraint(
                name="renewal_decided_has_moment",
                condition=Q(state__in=(RenewalState.RENEWED, RenewalState.ENDED), decided_at__isnull=False)
                | (Q(state__in=(RenewalState.WAITING, RenewalState.HELD)) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="renewal_held_has_reason", condition=~Q(state=RenewalState.HELD) | ~Q(reason="")
            ),
        ]
        indexes = [models.Index(name="renewal_open", fields=["next_look_at"], condition=Q(decided_at=None))]
        triggers = [
            pgtrigger.FSM(name="renewal_arrows", field="state", transitions=RENEWAL_TRANSITIONS.values()),
            pgtrigger.Protect(
                name="renewal_decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"{DECIDED} AND (to_jsonb(OLD) - {AFTERWARDS}) IS DISTINCT FROM (to_jsonb(NEW) - {AFTERWARDS})"
                ),
            ),
            pgtrigger.Protect(name="renewal_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.begins_on} {self.state}"


class AutoRenewRequest(models.Model):
    """A user's wish to switch auto-renew on or off at Microsoft; at most one at a time per subscription.

    `series` counts the writes: a new one is made only when the earlier one is known to have had no effect.
    """

    subscription = models.ForeignKey("storefront.Subscription", models.PROTECT, related_name="auto_renew_requests")
    renews = models.BooleanField()
    state = models.CharField(_("state"), max_length=8, choices=RequestState, default=RequestState.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    series = models.PositiveSmallIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("auto-renew request")
        verbose_name_plural = _("auto-renew requests")
        constraints = [
            known_values("auto_renew_request_state_known", "state", RequestState),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state=RequestState.PENDING), name="auto_renew_request_one_open"
            ),
            models.CheckConstraint(
                name="auto_renew_request_settled",
                condition=Q(state=RequestState.PENDING, settled_at=None)
                | (~Q(state=RequestState.PENDING) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="auto_renew_request_refused_has_reason",
                condition=~Q(state=RequestState.REFUSED) | ~Q(reason=""),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="auto_renew_request_arrows", field="state", transitions=REQUEST_TRANSITIONS.values())
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.state}"
