"""Reads of billing runs: progress and totals come from the items, there is no second truth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from config.kernel.money import Money
from invoicing.enums import FINISHED_RUNS, ItemState
from invoicing.models import BillingRun, RunItem
from invoicing.selectors.calculation import Calculation, calculate
from invoicing.selectors.due import dues_of


@dataclass(frozen=True, slots=True)
class RunTotals:
    """The sums of a run in one currency: as previewed, or as issued once it is done."""

    currency: str
    documents: int
    lines: int
    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: bill-tos by state, and how many of them are through with the present stage."""

    by_state: dict[str, int]
    done: int
    total: int

    @property
    def percent(self) -> int:
        """0–100; an empty run is through."""
        return 100 if not self.total else self.done * 100 // self.total


def runs() -> QuerySet[BillingRun]:
    """All runs, newest first, with what the list prints."""
    return (
        BillingRun.objects.select_related("reseller", "started_by")
        .annotate(bill_tos=Count("items"))
        .order_by("-started_at", "-pk")
    )


def progress_of(run: BillingRun) -> RunProgress:
    """One query; cheap enough to be asked every second."""
    counts = dict(run.items.values_list("state").annotate(count=Count("pk")).order_by("state"))
    total = sum(counts.values())
    waiting = counts.get(ItemState.PENDING, 0) if run.state == "calculating" else 0
    if run.state == "issuing":
        waiting = counts.get(ItemState.PREVIEWED, 0)
    return RunProgress({str(state): counts.get(state, 0) for state in ItemState.values}, total - waiting, total)


def totals_of(run: BillingRun) -> list[RunTotals]:
    """Sums per currency over the items that are previewed, or over the issued ones of a finished run."""
    states = [ItemState.DONE] if run.state in FINISHED_RUNS else [ItemState.PREVIEWED, ItemState.DONE]
    rows = (
        run.items.filter(state__in=states)
        .exclude(currency="")
        .values("currency")
        .annotate(d=Sum("documents"), n=Sum("lines"), net_=Sum("net"), tax_=Sum("tax"), gross_=Sum("gross"))
        .order_by("currency")
    )
    return [
        RunTotals(
            row["currency"],
            row["d"],
            row["n"],
            *(Money(row[name] or Decimal("0.00"), row["currency"]) for name in ("net_", "tax_", "gross_")),
        )
        for row in rows
    ]


def items_of(run: BillingRun) -> QuerySet[RunItem]:
    """The bill-tos of a run in the order of their codes."""
    return run.items.select_related("bill_to").annotate(code=F("bill_to__code")).order_by("bill_to__code", "pk")


def stopped_items(run: BillingRun) -> QuerySet[RunItem]:
    """The bill-tos that wait for a person: changed, held or parked, each with its reason."""
    return items_of(run).filter(state__in=[ItemState.CHANGED, ItemState.HELD, ItemState.PARKED])


def calculated(item: RunItem) -> Calculation:
    """What one bill-to would get now, computed on demand: invoices, and credits for refunds of invoiced charges."""
    dues = dues_of([item.bill_to_id], through=item.run.through, order_reference=item.run.order_reference)
    return calculate(dues, item.bill_to_id, through=item.run.through, invoice_on=item.run.invoice_on)
