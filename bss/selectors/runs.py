"""What the billing run's page adds to `invoicing.selectors.runs`: its stages in words, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account
from invoicing.comparison import Comparison, Difference
from invoicing.crediting import Part
from invoicing.drafting import Draft
from invoicing.enums import FileKind, ItemState, RenderState, RunState
from invoicing.models import BillingRun, Invoice, InvoiceFile, InvoiceItem, RunItem
from invoicing.selectors.comparison import bill_of, comparison_of, issued_comparison
from invoicing.selectors.credits import CreditDraft
from invoicing.selectors.runs import (
    STOPPED,
    RunProgress,
    RunTotals,
    calculated,
    items_by_attention,
    left_out,
    progress_of,
    totals_of,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

FLAGGED: Final = "flagged"
LEFT_OUT_SHOWN: Final = 20
ISSUES = (RunState.ISSUING, RunState.DONE, RunState.DONE_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what is done of how much, in words. `state` is waiting, now or done."""

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
    """A billing run with its counts."""

    run: BillingRun
    progress: RunProgress
    totals: list[RunTotals]
    left_out: list[Account]
    invoices: int
    files: int
    failed_files: int

    @property
    def issuable(self) -> int:
        """How many accounts would be issued now."""
        return self.progress.by_state[ItemState.PREVIEWED]

    @property
    def documents(self) -> int:
        """How many invoices the preview, or the run, has."""
        return sum(total.documents for total in self.totals)

    @property
    def is_moving(self) -> bool:
        """Whether the page looks again: work or rendering goes on."""
        return self.run.is_working or self.files + self.failed_files < self.invoices

    @property
    def stages(self) -> list[Stage]:
        """Select, calculate, check, issue, render."""
        state, counts, total = RunState(self.run.state), self.progress.by_state, self.progress.total
        calculated = total - counts[ItemState.PENDING]
        stopped = sum(counts[name] for name in STOPPED)
        issued = counts[ItemState.DONE]
        lines = sum(row.lines for row in self.totals)
        return [
            Stage(_("Select"), total, total, _("accounts with something due"), "done"),
            Stage(
                _("Calculate"),
                calculated,
                total,
                _("%(n)d lines") % {"n": lines},
                "now" if state is RunState.CALCULATING else "done",
            ),
            Stage(
                _("Check"),
                calculated - stopped,
                total,
                _("%(n)d stopped") % {"n": stopped},
                "waiting" if state is RunState.CALCULATING else "done",
            ),
            Stage(
                _("Issue"),
                issued,
                issued + self.issuable,
                _("%(n)d invoices") % {"n": self.invoices},
                "now" if state is RunState.ISSUING else "done" if state in ISSUES else "waiting",
            ),
            Stage(_("Render"), self.files, self.invoices, self._render_note, self._render_state),
        ]

    @property
    def _render_note(self) -> str:
        return _("%(n)d failed") % {"n": self.failed_files} if self.failed_files else _("PDF files")

    @property
    def _render_state(self) -> str:
        if not self.invoices:
            return "waiting"
        return "done" if self.files + self.failed_files >= self.invoices else "now"


def run_view(run: BillingRun) -> RunView:
    """The run with its counts, by four queries."""
    pdf = InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=FileKind.PDF)
    counts = Invoice.objects.filter(run_item__run=run).aggregate(
        invoices=Count("pk"),
        files=Count("pk", filter=Exists(pdf)),
        failed_files=Count("pk", filter=Q(rendering__state=RenderState.FAILED)),
    )
    return RunView(
        run=run,
        progress=progress_of(run),
        totals=totals_of(run),
        left_out=list(left_out(run)[:LEFT_OUT_SHOWN]),
        **counts,
    )


def tabs_of(view: RunView, wanted: str) -> list[dict[str, Any]]:
    """The views of the accounts of a run: all of them, the flagged ones, and one for each state that there is."""
    labels = dict(ItemState.choices)
    found = [("", _("All"), view.progress.total), (FLAGGED, _("Flagged"), view.progress.flagged)]
    found += [(state, str(labels[state]), count) for state, count in view.progress.by_state.items() if count]
    return [
        {"label": label, "url": f"?show={key}" if key else "?", "count": count, "current": wanted == key}
        for key, label, count in found
    ]


def items_shown(run: BillingRun, wanted: str) -> QuerySet[RunItem]:
    """The accounts of one view, those first that need eyes."""
    items = items_by_attention(run)
    if wanted == FLAGGED:
        return items.exclude(flags=[])
    return items.filter(state=wanted) if wanted in ItemState.values else items


@dataclass(frozen=True, slots=True)
class PartOfBill:
    """What differs for one beneficiary."""

    name: str
    amount: Decimal
    rows: list[Difference]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One account of a run beside its last bill: the differences by beneficiary, and the documents to be."""

    comparison: Comparison
    parts: list[PartOfBill]
    drafts: list[Draft]
    credits: list[tuple[CreditDraft, list[tuple[Part, InvoiceItem]]]]


def item_view(item: RunItem) -> ItemView:
    """The account's bill against the last one; computed now as long as it is not issued."""
    if item.state == ItemState.DONE:
        found, comparison = None, issued_comparison(item)
    else:
        found = calculated(item)
        comparison = comparison_of(found, bill_of(item.previous_id))
    rows: dict[int, list[Difference]] = {}
    for row in comparison.differences:
        rows.setdefault(row.service.beneficiary, []).append(row)
    parts = [
        PartOfBill(own[0].service.beneficiary_name, sum((row.amount for row in own), Decimal("0.00")), own)
        for own in rows.values()
    ]
    parts.sort(key=lambda part: (-abs(part.amount), part.name))
    given_back = [
        (draft, [(part, draft.items[part.item_id]) for part in draft.parts])
        for draft in (found.credits if found else [])
    ]
    return ItemView(comparison, parts, found.drafts if found else [], given_back)
