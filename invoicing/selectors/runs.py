"""Reads of billing runs: progress and totals come from the items, there is no second truth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Abs, Coalesce

from accounts.models import Account
from config.kernel.money import Money
from invoicing.comparison import percent_of
from invoicing.enums import FINISHED_RUNS, ItemState
from invoicing.models import BillingRun, RunItem
from invoicing.selectors.calculation import Calculation, calculate
from invoicing.selectors.due import dues_of

SUMS: Final = ("net_", "tax_", "gross_", "before_")
STOPPED: Final = (ItemState.PARKED, ItemState.CHANGED, ItemState.HELD)


@dataclass(frozen=True, slots=True)
class RunTotals:
    """The sums of a run in one currency: as previewed, or as issued once it is done; `before` is the last net."""

    currency: str
    documents: int
    lines: int
    net: Money
    tax: Money
    gross: Money
    before: Money

    @property
    def change(self) -> Money:
        """How much more or less it is, net, than the last runs of the same bill-tos."""
        return self.net - self.before

    @property
    def change_percent(self) -> Decimal | None:
        """The same in percent; None when nothing was billed before."""
        return percent_of(self.change.amount, self.before.amount)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: bill-tos by state, how many are through with the present stage, and how many are flagged."""

    by_state: dict[str, int]
    done: int
    total: int
    flagged: int = 0

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
    rows = run.items.values_list("state").annotate(n=Count("pk"), with_flags=Count("pk", filter=~Q(flags=[])))
    found = list(rows.order_by("state"))
    counts = {state: n for state, n, _flagged in found}
    total = sum(counts.values())
    waiting = counts.get(ItemState.PENDING, 0) if run.state == "calculating" else 0
    if run.state == "issuing":
        waiting = counts.get(ItemState.PREVIEWED, 0)
    flagged = sum(flagged for _state, _n, flagged in found)
    return RunProgress(
        {str(state): counts.get(state, 0) for state in ItemState.values}, total - waiting, total, flagged
    )


def totals_of(run: BillingRun) -> list[RunTotals]:
    """Sums per currency over the items that are previewed, or over the issued ones of a finished run."""
    states = [ItemState.DONE] if run.state in FINISHED_RUNS else [ItemState.PREVIEWED, ItemState.DONE]
    rows = (
        run.items.filter(state__in=states)
        .exclude(currency="")
        .values("currency")
        .annotate(
            d=Sum("documents"),
            n=Sum("lines"),
            net_=Sum("net"),
            tax_=Sum("tax"),
            gross_=Sum("gross"),
            before_=Sum("previous_net"),
        )
        .order_by("currency")
    )
    return [
        RunTotals(
            row["currency"],
            row["d"],
            row["n"],
            *(Money(row[name] or Decimal("0.00"), row["currency"]) for name in SUMS),
        )
        for row in rows
    ]


def items_of(run: BillingRun) -> QuerySet[RunItem]:
    """The bill-tos of a run in the order of their codes."""
    return run.items.select_related("bill_to").annotate(code=F("bill_to__code")).order_by("bill_to__code", "pk")


def items_by_attention(run: BillingRun) -> QuerySet[RunItem]:
    """The bill-tos of a run with those first that need eyes: stopped, then flagged, then the largest difference."""
    rank = Case(When(state__in=STOPPED, then=0), When(~Q(flags=[]), then=1), default=2, output_field=IntegerField())
    change = Abs(F("net") - Coalesce("previous_net", Decimal(0)))
    return run.items.select_related("bill_to", "held_by").order_by(rank, change.desc(), "bill_to__code", "pk")


def left_out(run: BillingRun) -> QuerySet[Account]:
    """Bill-tos that the last run over everyone has billed, and that this one does not know: nothing of theirs is due.

    Empty for a run of one reseller or one order.
    """
    if run.reseller_id is not None:
        return Account.objects.none()
    done = RunItem.objects.filter(state=ItemState.DONE)
    before = BillingRun.objects.filter(Exists(done.filter(run=OuterRef("pk"))), reseller=None, pk__lt=run.pk)
    billed = done.filter(run__in=before.order_by("-pk").values("pk")[:1])
    known = RunItem.objects.filter(run=run, bill_to=OuterRef("pk"))
    return Account.objects.filter(~Exists(known), pk__in=billed.values("bill_to")).order_by("code", "pk")


def stopped_items(run: BillingRun) -> QuerySet[RunItem]:
    """The bill-tos that wait for a person: changed, held or parked, each with its reason."""
    return items_of(run).filter(state__in=[ItemState.CHANGED, ItemState.HELD, ItemState.PARKED])


def calculated(item: RunItem) -> Calculation:
    """What one bill-to would get now, computed on demand: invoices, and credits for refunds of invoiced charges."""
    dues = dues_of([item.bill_to_id], through=item.run.through, order_reference=item.run.order_reference)
    return calculate(dues, item.bill_to_id, through=item.run.through, invoice_on=item.run.invoice_on)
