"""How much a bill-to may still order (product.md §8). Amounts are gross, in the bill-to's currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, JSONObject

from accounts.models import Account
from config.kernel.money import Money
from invoicing.commitments import committed as still_owed
from invoicing.enums import DocumentType, ScheduleState
from invoicing.models import BillingSchedule, Charge, InvoiceBalance, Payment
from invoicing.selectors import tax as tax_selectors
from invoicing.tax import Rule, treatment
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
    def gauge(self) -> list[tuple[Decimal, str]]:
        """What fills the bar of the limit: open invoices less credits, then what is ordered but not invoiced."""
        invoiced = max(self.open_invoices.amount - self.credits.amount, Decimal(0))
        return [(invoiced, "used"), (self.uninvoiced.amount + self.pending.amount, "accent")]

    @property
    def used(self) -> Money:
        """What is taken of the limit."""
        return self.open_invoices + self.uninvoiced + self.pending - self.credits


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about an order: the credit, and the tax rules by which it is counted gross."""

    credit: CreditView
    rules: Sequence[Rule]


def standing(bill_to: Account) -> Standing:
    """What the bill-to owes, will owe and has paid ahead, with the tax rules: one query.

    Nothing is stored: the caller that decides on it holds the lock on the bill-to (reliability.md I16).
    """
    debit, credited = (_balances(kind) for kind in (DocumentType.DEBIT, DocumentType.CREDIT))
    pending = BillingSchedule.objects.filter(state=ScheduleState.PENDING)
    row = Account.objects.filter(pk=bill_to.pk).values(
        open_invoices=_sum(debit, "open_amount"),
        credited=_sum(credited, "open_amount"),
        unallocated=_sum(Payment.objects.standing().filter(unallocated__gt=0), "unallocated"),
        pending=_sum(pending, "first_period_gross"),
        uninvoiced=_uninvoiced(),
        rules=tax_selectors.rules_in_row(),
    )
    found: Any = row.get()
    rules = tax_selectors.rules_of_row(found["rules"])
    view = _view(
        bill_to,
        open_invoices=found["open_invoices"] or ZERO,
        uninvoiced=_gross(bill_to, found["uninvoiced"], rules),
        pending=found["pending"] or ZERO,
        credits=(found["credited"] or ZERO) + (found["unallocated"] or ZERO),
    )
    return Standing(view, rules)


def exposure(bill_to: Account) -> CreditView:
    """The figures of the credit gauge, by one query."""
    return standing(bill_to).credit


def available(bill_to: Account) -> Money | None:
    """What a new order may cost in its first period; None without a limit. The caller holds the bill-to's lock."""
    return exposure(bill_to).available


def committed(bill_to: Account, *, on: date, rules: Sequence[Rule]) -> Money:
    """What running terms still bring, gross, beyond what is charged: a figure to report, no part of the check (§8).

    It counts with the tax `rules` of that day; one query.
    """
    names = ("product_type", "quantity", "price", "price_parts", "cycle_months", "charged_through", "term_end_on")
    running = BillingSchedule.objects.filter(
        bill_to=bill_to, state=ScheduleState.ACTIVE, end_on=None, charged_through__lt=F("term_end_on")
    )
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for kind, quantity, price, parts, months, through, ends_on in running.values_list(*names):
        sums[kind] += still_owed(
            quantity=quantity, price=price, parts=parts, cycle_months=months, charged_through=through, ends_on=ends_on
        )
    rows = [{"product_type": kind, "on": on.isoformat(), "net": net} for kind, net in sums.items()]
    return Money(_gross(bill_to, rows, rules), bill_to.currency)


def _view(bill_to: Account, **parts: Decimal) -> CreditView:
    currency, limit = bill_to.currency, bill_to.reseller.credit_limit
    used = parts["open_invoices"] + parts["uninvoiced"] + parts["pending"] - parts["credits"]
    return CreditView(
        limit=None if limit is None else Money(limit, currency),
        available=None if limit is None else Money(limit - used, currency),
        **{name: Money(amount, currency) for name, amount in parts.items()},
    )


def _balances(document_type: DocumentType) -> QuerySet[InvoiceBalance]:
    return InvoiceBalance.objects.filter(document_type=document_type, open_amount__gt=0)


def _sum(rows: QuerySet[Any], name: str) -> Subquery:
    """The sum of a column over the rows of the bill-to."""
    mine = rows.filter(bill_to=OuterRef("pk")).order_by().values("bill_to")
    return Subquery(mine.annotate(total=Sum(name)).values("total"))


def _uninvoiced() -> ArraySubquery:
    """Charges of the bill-to that no invoice carries yet, by what decides their tax; sums travel as text, exactly."""
    charges = Charge.objects.uninvoiced().filter(bill_to=OuterRef("pk")).order_by()
    typed = charges.annotate(taxed_as=Coalesce("schedule__product_type", "product_type"))
    sums = typed.values("taxed_as", "invoice_on").annotate(total=Sum("net"))
    facts = {"product_type": "taxed_as", "on": "invoice_on"}
    return ArraySubquery(sums.values(json=JSONObject(**facts, net=Cast("total", CharField()))))


def _gross(bill_to: Account, rows: Iterable[dict[str, Any]], rules: Sequence[Rule]) -> Decimal:
    """With the tax of the day they may be invoiced."""
    gross = ZERO
    for row in rows:
        net, on = Decimal(row["net"]), date.fromisoformat(row["on"])
        payer = tax_selectors.payer_of(bill_to, on=on)
        how = treatment(rules, payer, product_type=row["product_type"], on=on)
        gross += net + (tax_of(net, how.rate) if how else ZERO)
    return gross
