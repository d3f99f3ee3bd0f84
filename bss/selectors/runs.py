"""What the billing run's page adds to `invoicing.selectors.runs`: its stages in words, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account
from invoicing.comparison import Comparison, Difference
from invoicing.crediting import Part
from invoicing.drafting import Draft
from invoicing.enums import FileKind, ItemState, RenderState, RunState
from invoicing.models import BillingRun, Invoice, InvoiceFile, InvoiceItem, RunItem
from invoicing.selectors.comparison import bill_of, comparison_of, issued_comparison
from invoicing.selectors.credits import CreditDraft
from invoicing.selectors.deliveries import DeliveryReport, report_of
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
A_DAY: Final = 24 * 60 * 60  # a file that was made anew a week later says nothing about the pace
ISSUES = (RunState.ISSUING, RunState.DONE, RunState.DONE_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what is done of how much, how fast, and what failed. `state` is waiting, now or done.

    `seconds` is the time that `done` took; `retry` names the act that tries the errors once more, "" without one.
    """

    name: _StrOrPromise
    done: int
    total: int
    note: str
    state: str
    errors: int = 0
    seconds: float = 0
    retry: str = ""

    @property
    def icon(self) -> str:
        """The Lucide icon of its state."""
        return {"done": "circle-check", "now": "refresh-cw", "waiting": "circle-dashed"}[self.state]

    @property
    def pace(self) -> str:
        """How many a second and how long it will take, or took; "" while that is unknown."""
        if not 0 < self.seconds < A_DAY or not self.done:
            return ""
        if self.state != "now":
            return _("in %(seconds)d s") % {"seconds": round(self.seconds)}
        rate = self.done / self.seconds
        facts = {"rate": f"{rate:.1f}", "left": round((self.total - self.done) / rate)}
        return _("%(rate)s a second, %(left)d s left") % facts


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
    last_preview: datetime | None
    last_issue: datetime | None
    last_file: datetime | None
    delivery: DeliveryReport

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
        """Whether the page looks again: work, rendering or delivery goes on."""
        is_rendering = self.files + self.failed_files < self.invoices
        return self.run.is_working or is_rendering or self.delivery.waiting > self.failed_files

    @property
    def stages(self) -> list[Stage]:
        """Select, calculate, check, issue, render, deliver."""
        state, counts, total = RunState(self.run.state), self.progress.by_state, self.progress.total
        calculated, stopped = total - counts[ItemState.PENDING], sum(counts[name] for name in STOPPED)
        previewing = "now" if state is RunState.CALCULATING else "done"
        issuing = "now" if state is RunState.ISSUING else "done" if state in ISSUES else "waiting"
        lines = _("%(n)d lines") % {"n": sum(row.lines for row in self.totals)}
        issued = counts[ItemState.DONE]
        return [
            Stage(_("Select"), total, total, _("accounts with something due"), "done"),
            Stage(
                *(_("Calculate"), calculated, total, lines, previewing),
                seconds=_seconds(self.run.calculating_at, self.last_preview),
            ),
            Stage(
                *(_("Check"), calculated - stopped, total, _("accounts in order")),
                "waiting" if previewing == "now" else "done",
                errors=stopped,
                retry="retry" if state is RunState.PREVIEWED and stopped else "",
            ),
            Stage(
                *(_("Issue"), issued, issued + self.issuable, _("%(n)d documents") % {"n": self.invoices}, issuing),
                errors=counts[ItemState.PARKED] if issuing == "done" else 0,
                seconds=_seconds(self.run.issue_asked_at, self.last_issue),
            ),
            Stage(
                *(_("Render"), self.files, self.invoices, _("PDF files"), self._render_state),
                errors=self.failed_files,
                seconds=_seconds(self.run.issue_asked_at, self.last_file),
                retry="render" if self.failed_files else "",
            ),
            self._deliver,
        ]

    @property
    def _deliver(self) -> Stage:
        """What reached its addressee, of what is to be mailed."""
        report, note = self.delivery, _("by e-mail")
        if report.left_out:
            note = _("by e-mail, %(n)d not to be mailed") % {"n": report.left_out}
        state = "done" if not report.waiting else "now" if report.sent or self.files else "waiting"
        return Stage(
            *(_("Deliver"), report.sent, report.documents, note, state if self.invoices else "waiting"),
            errors=report.failed,
            seconds=_seconds(self.run.issue_asked_at, report.last_sent),
            retry="deliver" if report.failed else "",
        )

    @property
    def _render_state(self) -> str:
        if not self.invoices:
            return "waiting"
        return "done" if self.files + self.failed_files >= self.invoices else "now"


def _seconds(begun: datetime | None, ended: datetime | None) -> float:
    """How long it took; 0 while one end is unknown."""
    return max((ended - begun).total_seconds(), 0) if begun and ended else 0


def run_view(run: BillingRun) -> RunView:
    """The run with its counts, by six queries."""
    pdf = InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=FileKind.PDF)
    counts = Invoice.objects.filter(run_item__run=run).aggregate(
        last_file=Max("files__made_at"),  # first: an alias of that name follows
        invoices=Count("pk", distinct=True),
        files=Count("pk", filter=Exists(pdf), distinct=True),
        failed_files=Count("pk", filter=Q(rendering__state=RenderState.FAILED), distinct=True),
    )
    return RunView(
        run=run,
        progress=progress_of(run),
        totals=totals_of(run),
        left_out=list(left_out(run)[:LEFT_OUT_SHOWN]),
        delivery=report_of(run),
        **run.items.aggregate(last_preview=Max("previewed_at"), last_issue=Max("done_at")),
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
