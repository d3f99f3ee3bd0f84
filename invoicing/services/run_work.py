"""What the workers do with a billing run: one chunk of run items at a time, in the order of account codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from config.kernel import outbox
from config.kernel.errors import DomainError
from invoicing.comparison import Thresholds, flags_of
from invoicing.enums import ITEM_TRANSITIONS, RUN_TRANSITIONS, DifferenceKind, ItemState, RunState
from invoicing.models import BillingRun, BillingSchedule, RunItem
from invoicing.selectors.calculation import Calculation, calculate
from invoicing.selectors.chunks import Frame, locked_frame, locked_items
from invoicing.selectors.comparison import Bill, comparison_of, last_bills, thresholds
from invoicing.selectors.due import Dues, dues_among
from invoicing.services import billing_runs, bulk, certificates, documents, numbering
from invoicing.services.credit_documents import issue_run_credits
from invoicing.services.issuing import OrganisationIncomplete, check_seller, issue_documents

log = structlog.get_logger(__name__)
CHUNK: Final = 50
CHUNK_LINES: Final = 3000
TRIES: Final = 3
STAGES: Final = {RunState.CALCULATING: ItemState.PENDING, RunState.ISSUING: ItemState.PREVIEWED}

CLAIM: Final = """
    WITH mine AS (
        SELECT id, state, through FROM invoicing_billingrun
        WHERE id = %(run)s AND %(stages)s::jsonb ? state
          AND (claimed_at > statement_timestamp() - %(lease)s) IS NOT TRUE
        FOR UPDATE SKIP LOCKED
    ), waiting AS (
        SELECT item.id, item.attempts, payer.code, CASE mine.state WHEN 'issuing' THEN item.lines ELSE (
                SELECT count(*) FROM invoicing_billingschedule due WHERE due.bill_to_id = item.bill_to_id
                AND due.state = 'active' AND due.next_invoice_on <= mine.through) END AS lines
        FROM mine
        JOIN invoicing_runitem item ON item.run_id = mine.id AND item.state = %(stages)s::jsonb ->> mine.state
        JOIN accounts_account payer ON payer.id = item.bill_to_id
        ORDER BY payer.code, item.id LIMIT %(items)s
    ), measured AS (
        SELECT id, row_number() OVER upto AS place, sum(lines) OVER upto AS lines, max(attempts) OVER upto AS tries
        FROM waiting WHERE attempts < %(tries)s WINDOW upto AS (ORDER BY code, id)
    ), tried AS (
        UPDATE invoicing_runitem item SET attempts = item.attempts + 1 FROM measured, mine
        WHERE item.id = measured.id AND item.state = %(stages)s::jsonb ->> mine.state
          AND (place = 1 OR (measured.lines <= %(lines)s AND measured.tries = 0))
        RETURNING item.id, place
    )
    UPDATE invoicing_billingrun run SET claimed_at = statement_timestamp() FROM mine WHERE run.id = mine.id
    RETURNING mine.state, ARRAY(SELECT id FROM tried ORDER BY place),
              ARRAY(SELECT id FROM waiting WHERE attempts >= %(tries)s)
"""
RECORD: Final = """
    WITH freed AS (UPDATE invoicing_billingrun SET claimed_at = NULL WHERE id = %s)
    UPDATE invoicing_runitem item SET {changes}
    FROM jsonb_populate_recordset(NULL::invoicing_runitem, %s) v WHERE item.id = v.id
"""
PREVIEWED: Final = (
    *("state", "reason", "attempts", "documents", "lines", "currency", "net", "tax", "gross", "hash"),
    *("separate", "previewed_at", "previous_id", "previous_net", "flags"),
    *("services_new", "services_gone", "services_changed"),
)
ISSUED: Final = ("state", "reason", "done_at", "separate")
Bell = tuple[str, dict[str, object]]


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


def _claim(run_id: int) -> _Claim | Progress:
    """Announce the next chunk and count the attempt, before any work: a poison item is seen after a few tries.

    One statement, committed by itself. A chunk is as many bill-tos, by code, as a worker holds in memory at once (by
    their number of lines), but at least one; an item that was tried before is claimed alone, so that it takes nobody
    with it, and parked when it was tried too often.
    """
    facts: dict[str, Any] = {
        "run": run_id,
        "stages": Jsonb(STAGES),
        "lease": lease(),
        "items": CHUNK,
        "lines": CHUNK_LINES,
        "tries": TRIES,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, facts)
        found = cursor.fetchone()
    if found is None:
        return Progress.BUSY if BillingRun.objects.filter(pk=run_id, state__in=list(STAGES)).exists() else Progress.OVER
    stage, items, worn = found
    claim = _Claim(run_id, RunState(stage), tuple(items))
    if worn:
        _park_worn(claim, worn)
    return claim


@transaction.atomic
def _park_worn(claim: _Claim, worn: Sequence[int]) -> None:
    BillingRun.objects.select_for_update().get(pk=claim.run_id)
    for item in RunItem.objects.select_for_update().filter(pk__in=worn, state=STAGES[claim.stage]):
        _set(item, ItemState.PARKED, reason=_("It stopped the worker %(tries)s times.") % {"tries": TRIES})


def _work(claim: _Claim, items: Sequence[int], at: datetime) -> Progress:
    """Work on these items; when another run has numbered a later date meanwhile, once more with that date."""
    try:
        return _work_once(claim, items, at)
    except numbering.SeriesMovedOn:
        return _work_once(claim, items, at)


@transaction.atomic
def _work_once(claim: _Claim, items: Sequence[int], at: datetime) -> Progress:
    """Compute and write these items in one transaction; ring for the next chunk, or finish the stage."""
    waiting, issuing = STAGES[claim.stage], claim.stage is RunState.ISSUING
    frame = locked_frame(claim.run_id, stage=claim.stage, waiting=waiting, items=items)
    if frame is None:
        return Progress.BUSY
    work = locked_items(frame.run, waiting=waiting, items=items, with_payers=issuing)
    bells = (_issue if issuing else _preview)(frame, work, at)
    frame.run.claimed_at = None
    if not frame.is_last:
        bells.append((billing_runs.ADVANCE, {"run_id": frame.run.pk}))
    outbox.add_all(bells)
    if frame.is_last:
        _finish_stage(frame.run, at)
    return Progress.WORKED


def _dues(frame: Frame, work: Sequence[RunItem]) -> Dues:
    run = frame.run
    return dues_among(
        [item.bill_to for item in work],
        rules=frame.rules,
        settings=frame.settings,
        through=run.through,
        order_reference=run.order_reference,
    )


def _preview(frame: Frame, work: Sequence[RunItem], at: datetime) -> list[Bell]:
    run, dues = frame.run, _dues(frame, work)
    last = {} if run.order_reference else last_bills([item.bill_to_id for item in work], run=run)
    limits = thresholds(frame.settings)
    for item in work:
        found = calculate(dues, item.bill_to_id, through=run.through, invoice_on=frame.on)
        _note(item, found, at)
        if not run.order_reference:
            _compare(item, found, last.get(item.bill_to_id), limits)
    _record(run, work, PREVIEWED)
    return []


def _record(run: BillingRun, work: Sequence[RunItem], fields: Sequence[str]) -> None:
    """Write what became of the items, and give the claim back, in one statement."""
    changes = ", ".join(f"{column} = v.{column}" for column in bulk.columns(RunItem, fields))
    names = ("id", *fields)
    rows = bulk.as_rows(RunItem, names, ([getattr(item, name) for name in names] for item in work))
    values: list[Any] = [run.pk, rows]
    with connection.cursor() as cursor:
        cursor.execute(RECORD.format(changes=changes), values)


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


def _issue(frame: Frame, work: Sequence[RunItem], at: datetime) -> list[Bell]:
    """Issue what is as it was previewed; return the bell for the files."""
    run, dues = frame.run, _dues(frame, work)
    same = _unchanged(frame, dues, work)
    issued = issue_documents(frame=frame, dues=dues, work=same, at=at)
    issue_run_credits(run=run, work=same, on=frame.on, at=at)
    for item, found in same:
        item.state, item.done_at, item.separate = ItemState.DONE, at, found.separate
    _record(run, work, ISSUED)
    log.info("billing_run.chunk_issued", run=run.pk, items=len(work), invoices=len(issued))
    return [(documents.TASK_FOR_MANY, {"invoice_ids": issued})] if issued else []


def _unchanged(frame: Frame, dues: Dues, work: Sequence[RunItem]) -> list[tuple[RunItem, Calculation]]:
    """The items whose result is what the preview promised; the others become *changed* and wait."""
    same = []
    for item in work:
        found = calculate(dues, item.bill_to_id, through=frame.run.through, invoice_on=frame.on)
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
