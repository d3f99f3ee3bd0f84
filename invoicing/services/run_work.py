"""What the workers do with a billing run: one chunk of run items at a time, in the order of account codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import ExtractYear, Now
from django.utils.translation import gettext as _

from config.kernel.errors import DomainError
from invoicing.comparison import Thresholds, flags_of
from invoicing.enums import ITEM_TRANSITIONS, RUN_TRANSITIONS, DifferenceKind, DocumentType, ItemState, RunState
from invoicing.models import BillingRun, BillingSchedule, NumberSeries, RunItem
from invoicing.selectors.calculation import Calculation, calculate
from invoicing.selectors.comparison import Bill, comparison_of, last_bills, thresholds
from invoicing.selectors.due import Dues, due_schedules_of, dues_of
from invoicing.services import billing_runs, certificates, documents, numbering
from invoicing.services.credit_documents import issue_run_credits
from invoicing.services.issuing import OrganisationIncomplete, check_seller, issue_documents

log = structlog.get_logger(__name__)
CHUNK: Final = 50
CHUNK_LINES: Final = 3000
TRIES: Final = 3
STAGES: Final = {RunState.CALCULATING: ItemState.PENDING, RunState.ISSUING: ItemState.PREVIEWED}

CLAIM: Final = """
    WITH tried AS (UPDATE invoicing_runitem SET attempts = attempts + 1 WHERE id = ANY (%s))
    UPDATE invoicing_billingrun SET claimed_at = statement_timestamp() WHERE id = %s
"""
GIVE_BACK: Final = """
    UPDATE invoicing_billingrun r SET claimed_at = NULL
    FROM (SELECT EXISTS (SELECT 1 FROM invoicing_runitem WHERE run_id = r2.id AND state = %s) AS more, r2.id
          FROM invoicing_billingrun r2 WHERE r2.id = %s) waiting
    WHERE r.id = waiting.id RETURNING waiting.more
"""


class Progress(Enum):
    """What one call did: a chunk, nothing because another worker is on it, or nothing because it is over."""

    WORKED = "worked"
    BUSY = "busy"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A chunk that this worker has announced: the stage, and the ids of the run items."""

    run_id: int
    stage: RunState
    items: tuple[int, ...]


def lease() -> timedelta:
    """How long a silent claim is respected before somebody else takes over."""
    return timedelta(seconds=settings.BILLING_LEASE_SECONDS)


def advance(*, run_id: int, at: datetime) -> Progress:
    """Do the next chunk of the run, or finish its stage. Safe to call at any time, from anywhere.

    A chunk that fails is repeated item by item; the guilty item is parked with its reason and the others go on. When
    the database itself fails the claim is left: the sweeper rings again.
    """
    claim = _claim(run_id)
    if isinstance(claim, Progress):
        return claim
    try:
        return _work(claim, claim.items, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.warning("billing_run.chunk_failed", run=run_id, items=len(claim.items), error=str(error))
    for item in claim.items:
        try:
            if _work(claim, (item,), at) is Progress.BUSY:
                return Progress.BUSY
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("billing_run.item_parked", run=run_id, item=item)
            _park(claim, item, error)
    return Progress.WORKED


@transaction.atomic
def _claim(run_id: int) -> _Claim | Progress:
    """Announce the next chunk and count the attempt, before any work: a poison item is seen after a few tries.

    An item that was tried before is claimed alone, so that it takes nobody with it.
    """
    runs = BillingRun.objects.annotate(is_claimed=Q(claimed_at__gt=Now() - lease()))
    run = runs.select_for_update(skip_locked=True).filter(pk=run_id).first()
    if run is None:
        return Progress.BUSY if BillingRun.objects.filter(pk=run_id).exists() else Progress.OVER
    stage = RunState(run.state)
    if stage not in STAGES:
        return Progress.OVER
    if run.is_claimed:
        return Progress.BUSY
    waiting = run.items.filter(state=STAGES[stage]).order_by("bill_to__code", "pk")
    lines = F("lines") if stage is RunState.ISSUING else due_schedules_of(OuterRef("bill_to"), through=run.through)
    found = list(waiting.values_list("pk", "attempts", lines)[:CHUNK])
    worn = [pk for pk, attempts, _lines in found if attempts >= TRIES]
    for item in RunItem.objects.filter(pk__in=worn) if worn else ():
        _set(item, ItemState.PARKED, reason=_("It stopped the worker %(tries)s times.") % {"tries": TRIES})
    chunk = _fitting([one for one in found if one[0] not in worn])
    if any(attempts for _pk, attempts, _lines in chunk):
        chunk = chunk[:1]
    items = tuple(pk for pk, _attempts, _lines in chunk)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [list(items), run_id])
    return _Claim(run_id, stage, items)


def _fitting(found: Sequence[tuple[int, int, int]]) -> Sequence[tuple[int, int, int]]:
    """As many of these as a worker holds in memory at once (by their number of lines), but at least one."""
    total = 0
    for place, (_pk, _attempts, lines) in enumerate(found):
        total += lines
        if total > CHUNK_LINES and place:
            return found[:place]
    return found


@transaction.atomic
def _work(claim: _Claim, items: Sequence[int], at: datetime) -> Progress:
    """Compute and write these items in one transaction; ring for the next chunk, or finish the stage."""
    runs = BillingRun.objects.annotate(series_date=_last_date())
    run = runs.select_for_update(skip_locked=True).filter(pk=claim.run_id, state=claim.stage).first()
    if run is None:
        return Progress.BUSY
    waiting = run.items.select_for_update(of=("self",)).filter(pk__in=items, state=STAGES[claim.stage])
    work = list(waiting.order_by("bill_to__code", "pk"))
    if work:
        _preview(run, work, at) if claim.stage is RunState.CALCULATING else _issue(run, work, at)
    run.claimed_at = None
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [str(STAGES[claim.stage]), run.pk])
        is_more = bool(cursor.fetchone()[0])
    if is_more:
        billing_runs.ring(run)
    else:
        _finish_stage(run, at)
    return Progress.WORKED


def _last_date() -> Subquery:
    """The last date of the series in which the run's invoices are numbered, read with the run."""
    year = ExtractYear(OuterRef("invoice_on"))
    return Subquery(NumberSeries.objects.filter(document_type=DocumentType.DEBIT, year=year).values("last_date")[:1])


def _preview(run: BillingRun, work: Sequence[RunItem], at: datetime) -> None:
    dues = dues_of([item.bill_to_id for item in work], through=run.through, order_reference=run.order_reference)
    on = max(run.invoice_on, getattr(run, "series_date", None) or run.invoice_on)
    last = {} if run.order_reference else last_bills([item.bill_to_id for item in work], run=run)
    limits = thresholds(dues.settings)
    for item in work:
        found = calculate(dues, item.bill_to_id, through=run.through, invoice_on=on)
        _note(item, found, at)
        if not run.order_reference:
            _compare(item, found, last.get(item.bill_to_id), limits)
    RunItem.objects.bulk_update(
        work,
        [
            *("state", "reason", "attempts", "documents", "lines", "currency", "net", "tax", "gross", "hash"),
            *("separate", "previewed_at", "previous", "previous_net", "flags"),
            *("services_new", "services_gone", "services_changed"),
        ],
    )


def _note(item: RunItem, found: Calculation, at: datetime) -> None:
    """Store on the item what the preview says."""
    state = ItemState.HELD if found.held else ItemState.PREVIEWED if found.documents else ItemState.NOTHING_DUE
    ITEM_TRANSITIONS.check(ItemState(item.state), state)
    item.state, item.reason, item.attempts = state, found.held or found.note, 0
    item.documents, item.lines = found.documents, found.line_count
    item.currency, item.hash, item.separate = found.payer.currency, found.hash, found.separate
    item.net, item.tax, item.gross = found.total("net"), found.total("tax"), found.total("gross")
    item.previewed_at = at


def _compare(item: RunItem, found: Calculation, last: Bill | None, limits: Thresholds) -> None:
    """Store how the bill differs from the last one of the same bill-to, and why somebody should look."""
    comparison = comparison_of(found, last)
    item.previous_id, item.previous_net = (last.item_id, last.net) if last else (None, None)
    item.services_new = comparison.count(DifferenceKind.NEW)
    item.services_gone = comparison.count(DifferenceKind.GONE)
    item.services_changed = comparison.count(DifferenceKind.CHANGED)
    item.flags = [str(flag) for flag in flags_of(comparison, limits)] if item.state == ItemState.PREVIEWED else []


def _issue(run: BillingRun, work: Sequence[RunItem], at: datetime) -> None:
    dues = dues_of(
        [item.bill_to_id for item in work],
        through=run.through,
        order_reference=run.order_reference,
        for_update=True,
    )
    on = numbering.date_for(DocumentType.DEBIT, run.invoice_on)
    same = _unchanged(run, dues, work, on)
    issued = issue_documents(run=run, dues=dues, work=same, on=on, at=at)
    documents.queue(invoice_ids=issued, at=at)
    issue_run_credits(run=run, work=same, on=on, at=at)
    for item, found in same:
        item.state, item.done_at, item.separate = ItemState.DONE, at, found.separate
    RunItem.objects.bulk_update(work, ["state", "reason", "done_at", "separate"])
    log.info("billing_run.chunk_issued", run=run.pk, items=len(work), invoices=len(issued))


def _unchanged(run: BillingRun, dues: Dues, work: Sequence[RunItem], on: date) -> list[tuple[RunItem, Calculation]]:
    """The items whose result is what the preview promised; the others become *changed* and wait."""
    same = []
    for item in work:
        found = calculate(dues, item.bill_to_id, through=run.through, invoice_on=on)
        if found.hash == item.hash and not found.held:
            same.append((item, found))
        else:
            ITEM_TRANSITIONS.check(ItemState(item.state), ItemState.CHANGED)
            item.state = ItemState.CHANGED
            item.reason = found.held or _("Something changed since the preview. Preview again, then issue.")
    return same


def _finish_stage(run: BillingRun, at: datetime) -> None:
    """Everything of the stage is done: previewed, or issued; a run that issues by itself goes on."""
    if run.state == RunState.CALCULATING:
        _move(run, RunState.PREVIEWED, previewed_at=at)
        if (run.auto_issue or _has_nothing_to_decide(run)) and _seller_is_complete(run):
            _move(run, RunState.ISSUING, issue_asked_at=at)
            billing_runs.ring(run)
        return
    if run.items.filter(state=ItemState.CHANGED).exists():
        _move(run, RunState.PREVIEWED)
        if run.auto_issue:
            billing_runs.preview(run=run, by=None, at=at)
        return
    stopped = run.items.filter(state__in=(ItemState.PARKED, ItemState.HELD)).exists()
    _move(run, RunState.DONE_WITH_ERRORS if stopped else RunState.DONE, finished_at=at)
    _end_schedules(run, at)
    certificates.certify(run=run, at=at)
    log.info("billing_run.finished", run=run.pk, state=run.state)


def _has_nothing_to_decide(run: BillingRun) -> bool:
    """A daily run of a day on which nothing is due ends by itself; it would only stand in the way of the next."""
    return hasattr(run, "daily") and not run.items.exists()


def _seller_is_complete(run: BillingRun) -> bool:
    """Whether invoices may be issued; if not, the run waits as previewed for a person."""
    try:
        check_seller()
    except OrganisationIncomplete as error:
        log.error("billing_run.cannot_issue", run=run.pk, reason=str(error))
        return False
    return True


def _end_schedules(run: BillingRun, at: datetime) -> None:
    """Schedules whose last day is past and charged are over."""
    BillingSchedule.objects.filter(
        Q(bill_to=run.reseller_id) if run.reseller_id else Q(),
        state="active",
        next_invoice_on=None,
        end_on__lte=run.through,
    ).update(state="ended", ended_at=at)


def _move(run: BillingRun, state: RunState, **evidence: object) -> None:
    RUN_TRANSITIONS.check(RunState(run.state), state)
    run.state = state
    for name, value in evidence.items():
        setattr(run, name, value)
    run.save()


@transaction.atomic
def _park(claim: _Claim, item_id: int, error: Exception) -> None:
    """Stop one item with its reason; the rest of the run goes on."""
    run = BillingRun.objects.select_for_update().get(pk=claim.run_id)
    item = run.items.select_for_update().filter(pk=item_id, state=STAGES[claim.stage]).first()
    if item is not None:
        said = str(error) if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        _set(item, ItemState.PARKED, reason=said)
    BillingRun.objects.filter(pk=run.pk).update(claimed_at=None)
    billing_runs.ring(run)


def _set(item: RunItem, state: ItemState, *, reason: str) -> None:
    ITEM_TRANSITIONS.check(ItemState(item.state), state)
    item.state, item.reason = state, (reason.strip() or str(state.label))[:500]
    item.save(update_fields=["state", "reason"])


def sweep() -> int:
    """Ring for every run that should be working and is silent by database time; return how many were rung."""
    silent = BillingRun.objects.filter(state__in=list(STAGES)).filter(
        Q(claimed_at=None) | Q(claimed_at__lte=Now() - lease())
    )
    rung = 0
    for run in silent.order_by("pk"):
        with transaction.atomic():
            billing_runs.ring(run)
        rung += 1
    return rung
