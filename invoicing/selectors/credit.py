"""How much a bill-to may still order (product.md §8). Amounts are gross, in the bill-to's currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Account
from config.kernel.money import Money
from invoicing.enums import DocumentType, ScheduleState
from invoicing.models import BillingSchedule, Charge, InvoiceBalance, Payment
from invoicing.selectors import tax as tax_selectors
from invoicing.tax import treatment
from invoicing.totals import tax_of

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class CreditView:
    """The figures of the credit gauge. `limit` and `available` None mean no limit; `available` may be negative."""

    limit: Money | None
    open_invoices: Money
    uninvoiced: Money
    pending: Money
    credits: Money
    available: Money | None

    @property
    def used(self) -> Money:
        """What is taken of the limit."""
        return self.open_invoices + self.uninvoiced + self.pending - self.credits


def exposure(bill_to: Account) -> CreditView:
    """What the bill-to owes, will owe and has paid ahead.

    Nothing is stored: the caller that decides on it holds the lock on the bill-to (reliability.md I16).
    """
    currency = bill_to.currency
    limit = bill_to.reseller.credit_limit
    parts = {
        "open_invoices": _open(bill_to, DocumentType.DEBIT),
        "uninvoiced": _uninvoiced(bill_to),
        "pending": _pending(bill_to),
        "credits": _open(bill_to, DocumentType.CREDIT) + _unallocated(bill_to),
    }
    used = parts["open_invoices"] + parts["uninvoiced"] + parts["pending"] - parts["credits"]
    return CreditView(
        limit=None if limit is None else Money(limit, currency),
        available=None if limit is None else Money(limit - used, currency),
        **{name: Money(amount, currency) for name, amount in parts.items()},
    )


def available(bill_to: Account) -> Money | None:
    """What a new order may cost in its first period; None without a limit. The caller holds the bill-to's lock."""
    return exposure(bill_to).available


def _open(bill_to: Account, document_type: DocumentType) -> Decimal:
    rows = InvoiceBalance.objects.filter(bill_to=bill_to, document_type=document_type, open_amount__gt=0)
    return rows.aggregate(total=Sum("open_amount"))["total"] or ZERO


def _unallocated(bill_to: Account) -> Decimal:
    rows = Payment.objects.filter(bill_to=bill_to, unallocated__gt=0)
    return rows.aggregate(total=Sum("unallocated"))["total"] or ZERO


def _pending(bill_to: Account) -> Decimal:
    rows = BillingSchedule.objects.filter(bill_to=bill_to, state=ScheduleState.PENDING)
    return rows.aggregate(total=Sum("first_period_gross"))["total"] or ZERO


def _uninvoiced(bill_to: Account) -> Decimal:
    """Charges that no invoice carries yet, with the tax of the day they may be invoiced."""
    rows = list(
        Charge.objects.uninvoiced()
        .filter(bill_to=bill_to)
        .values_list("schedule__product_type", "invoice_on")
        .annotate(total=Sum("net"))
        .order_by("schedule__product_type", "invoice_on")
    )
    if not rows:
        return ZERO
    rules, payer = tax_selectors.rules(), tax_selectors.payer_of(bill_to)
    gross = ZERO
    for product_type, on, net in rows:
        how = treatment(rules, payer, product_type=product_type or "", on=on)
        gross += net + (tax_of(net, how.rate) if how else ZERO)
    return gross
