"""What the billing run's page adds to `invoicing.selectors.runs`: its stages in words, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from invoicing.enums import FileKind, ItemState, RenderState, RunState
from invoicing.models import BillingRun, Invoice, InvoiceFile
from invoicing.selectors.runs import RunProgress, RunTotals, progress_of, totals_of

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

STOPPED = (ItemState.CHANGED, ItemState.HELD, ItemState.PARKED)
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
    """The run with its counts, by three queries."""
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
        **counts,
    )
