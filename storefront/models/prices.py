"""Prices that were promised for the coming terms of one subscription (product.md §5.4, M5)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import both_or_neither, not_negative

WITHDRAWAL = "'{withdrawn_at,withdrawn_by_id,withdraw_reason}'::text[]"


class ProtectedPrice(models.Model):
    """One unit of each term that begins by `until_on` costs `price`, whatever the price list says then.

    `price` is net, in the subscription's currency, for the whole term; `until_on` is a date of the distributor, that
    day included. A promise is never rewritten: the next one takes its place, or it is withdrawn with a reason.
    """

    subscription = models.ForeignKey(
        "storefront.Subscription", models.PROTECT, related_name="protected_prices", db_index=False
    )
    price = models.DecimalField(_("price"), max_digits=16, decimal_places=6)
    until_on = models.DateField(_("for terms that begin by"))
    reason = models.CharField(_("reason"), max_length=300)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    withdraw_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("protected price")
        verbose_name_plural = _("protected prices")
        constraints = [
            not_negative("protected_price_not_negative", "price"),
            models.CheckConstraint(name="protected_price_has_reason", condition=~Q(reason="")),
            both_or_neither("protected_price_withdrawn_pair", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                name="protected_price_withdrawn_with_reason",
                condition=Q(withdrawn_at=None, withdraw_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdraw_reason="")),
            ),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(withdrawn_at=None), name="protected_price_one_stands"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="protected_price_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.withdrawn_at IS NOT NULL OR"
                    f" (to_jsonb(OLD) - {WITHDRAWAL}) IS DISTINCT FROM (to_jsonb(NEW) - {WITHDRAWAL})"
                ),
            ),
            pgtrigger.Protect(name="protected_price_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.price} {self.until_on}"
