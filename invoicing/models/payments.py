"""Money that came in, and which invoices it settles."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.kernel import formats
from config.kernel.constraints import known_values
from config.kernel.money import Money
from config.kernel.public_ids import PublicIdField
from invoicing.models.guards import ALLOCATION_FITS, REVERSAL_MIRRORS, frozen
from resellers.enums import PaymentMethod


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments by what became of them."""

    def standing(self) -> PaymentQuerySet:
        """Received and not reversed: what they have left may settle invoices."""
        return self.filter(reverses=None, reversal=None)


class Payment(models.Model):
    """Money received from a bill-to. Recorded once; `unallocated` is the part that settles no invoice yet.

    A reversal is a counter-entry: a payment of its own that `reverses` another one, with the negative amount, the
    negative allocations and the negative rest, so that both together are nothing.
    """

    public_id = PublicIdField()
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="payments")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    unallocated = models.DecimalField(max_digits=14, decimal_places=2)
    received_on = models.DateField(_("received on"))
    reference = models.CharField(_("reference"), max_length=140, blank=True)
    method = models.CharField(_("method"), max_length=16, choices=PaymentMethod)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversal")
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            known_values("payment_method_known", "method", PaymentMethod),
            models.CheckConstraint(
                name="payment_positive",
                condition=Q(reverses=None, amount__gt=0) | (Q(reverses__isnull=False, amount__lt=0) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="payment_rest_in_bounds",
                condition=Q(amount__gt=0, unallocated__gte=0, unallocated__lte=models.F("amount"))
                | Q(amount__lt=0, unallocated__lte=0, unallocated__gte=models.F("amount")),
            ),
            models.UniqueConstraint(fields=["id", "bill_to", "currency"], name="payment_chain_key"),
        ]
        triggers = [*frozen("payment", but=("unallocated",)), REVERSAL_MIRRORS]

    def __str__(self) -> str:
        return f"{formats.money(self.amount, self.currency)}, {formats.day(self.received_on)}"

    @property
    def money(self) -> Money:
        """The amount received."""
        return Money(Decimal(self.amount), self.currency)


class PaymentAllocation(models.Model):
    """A part of a payment, or of a credit invoice, that settles an invoice. Append-only: a negative one takes back."""

    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="allocations")
    credit = models.ForeignKey("invoicing.Invoice", models.PROTECT, null=True, blank=True, related_name="settles")
    invoice = models.ForeignKey("invoicing.Invoice", models.PROTECT, related_name="allocations")
    bill_to = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(name="allocation_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="allocation_one_source",
                condition=Q(payment=None, credit__isnull=False) | Q(payment__isnull=False, credit=None),
            ),
        ]
        triggers = [*frozen("allocation"), ALLOCATION_FITS]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
