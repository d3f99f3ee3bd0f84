"""What the billing run's page shows, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.kernel.money import Money
from invoicing.enums import ItemState, RunState
from invoicing.models import BillingRun, Invoice, InvoiceFile, RunItem

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

STOPPED = (ItemState.CHANGED, ItemState.HELD, ItemState.PARKED)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the run: what is done of how much, in words. `state` is waiting, now or done."""

    name: _StrOrPromise
    done: int
    total: int
    note: str
    state: str

    @property
    def icon(self) -> str:
        """The Lucide icon of its state."""
        return {"done": "circle-check", "now": "refresh-cw", "waiting": "circle-dashed"}[self.state]


@dataclass(frozen=True, slots=True)
class RunView:
    """A billing run with its counts: items by state, totals per currency, invoices and their files."""

    run: BillingRun
    by_state: Mapping[str, int]
    totals: list[tuple[Money, Money, Money]]
    documents: int
    lines: int
    invoices: int
    files_ready: int
    files_failed: int

    @property
    def items(self) -> int:
        """How many bill-tos the run holds."""
        return sum(self.by_state.values())

    @property
    def issuable(self) -> int:
        """How many bill-tos would be issued now."""
        return self.by_state.get(ItemState.PREVIEWED, 0)

    @property
    def is_moving(self) -> bool:
        """Whether the page has to look again: work or rendering goes on."""
        return self.run.is_working or self.files_ready + self.files_failed < self.invoices

    @property
    def stages(self) -> list[Stage]:
        """Select, calculate, check, issue, render: each with done and total."""
        waiting = self.by_state.get(ItemState.PENDING, 0)
        stopped = sum(self.by_state.get(state, 0) for state in STOPPED)
        issued = self.by_state.get(ItemState.DONE, 0)
        state = RunState(self.run.state)
        calculated = self.items - waiting
        issuing = state in (RunState.ISSUING, RunState.DONE, RunState.DONE_WITH_ERRORS)
        to_issue = issued + (self.issuable if state is RunState.ISSUING else 0)
        return [
            Stage(
                _("Select"),
                self.items,
                self.items,
                ngettext("%(n)d account", "%(n)d accounts", self.items) % {"n": self.items},
                "done" if state is not RunState.SCHEDULED else "waiting",
            ),
            Stage(
                _("Calculate"),
                calculated,
                self.items,
                ngettext("%(n)d line", "%(n)d lines", self.lines) % {"n": self.lines},
                "now" if state is RunState.CALCULATING else "done",
            ),
            Stage(
                _("Check"),
                calculated - stopped,
                self.items,
                _("%(n)d held, parked or changed") % {"n": stopped} if stopped else _("nothing stopped"),
                "waiting" if state is RunState.CALCULATING else "done",
            ),
            Stage(
                _("Issue"),
                issued,
                to_issue if issuing else self.issuable + issued,
                ngettext("%(n)d invoice", "%(n)d invoices", self.invoices) % {"n": self.invoices},
                "now" if state is RunState.ISSUING else "done" if issuing else "waiting",
            ),
            Stage(
                _("Render"),
                self.files_ready,
                self.invoices,
                _("%(n)d failed") % {"n": self.files_failed} if self.files_failed else _("PDF files"),
                self._render_state,
            ),
        ]

    @property
    def _render_state(self) -> str:
        if not self.invoices:
            return "waiting"
        return "done" if self.files_ready + self.files_failed >= self.invoices else "now"


def run_view(run: BillingRun) -> RunView:
    """The run with its counts, by four queries."""
    counts = dict(run.items.values_list("state").annotate(n=Count("pk")).order_by())
    sums = (
        run.items.exclude(currency="")
        .values("currency")
        .annotate(net=Sum("net"), tax=Sum("tax"), gross=Sum("gross"), documents=Sum("documents"), lines=Sum("lines"))
        .order_by("currency")
    )
    rows = list(sums)
    invoices = Invoice.objects.filter(run_item__run=run).count()
    files = InvoiceFile.objects.filter(invoice__run_item__run=run).aggregate(
        ready=Count("pk", filter=~Q(sha256="")), failed=Count("pk", filter=Q(state="failed"))
    )
    return RunView(
        run=run,
        by_state=counts,
        totals=[
            (
                Money(row["net"] or Decimal(0), row["currency"]),
                Money(row["tax"] or Decimal(0), row["currency"]),
                Money(row["gross"] or Decimal(0), row["currency"]),
            )
            for row in rows
        ],
        documents=sum(row["documents"] for row in rows),
        lines=sum(row["lines"] for row in rows),
        invoices=invoices,
        files_ready=files["ready"],
        files_failed=files["failed"],
    )


def items_of(run: BillingRun, *, state: str = "") -> QuerySet[RunItem]:
    """The run's items with their account, stopped ones first, then the largest amounts."""
    items = run.items.select_related("bill_to", "held_by")
    if state in ItemState.values:
        items = items.filter(state=state)
    return items.order_by("-gross", "bill_to__code", "pk")


def invoices_of(run: BillingRun) -> QuerySet[Invoice]:
    """What the run issued, in the order of its numbers."""
    return (
        Invoice.objects.filter(run_item__run=run)
        .select_related("bill_to", "beneficiary", "rendering")
        .order_by("document_type", "sequence", "pk")
    )
