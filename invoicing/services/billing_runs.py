"""Billing runs: started, previewed, issued, discarded. The run's row and its items are the record of the work.

A worker claims a chunk (committed, with the attempt counted), computes it in memory and writes it in one transaction.
A bell that rings twice, a worker that dies, or two workers at once change nothing: the run's row is locked while a
chunk is written, items that are done are skipped, and the sweeper rings for a run that has fallen silent.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Account, User
from accounts.services import audit
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.enums import ITEM_TRANSITIONS, RUN_TRANSITIONS, UNFINISHED_RUNS, DocumentType, ItemState, RunState
from invoicing.models import BillingRun, RunItem
from invoicing.selectors.due import due_bill_tos
from invoicing.services import numbering
from invoicing.services.issuing import check_seller

ADVANCE = "invoicing.advance_run"


class AlreadyRunning(DomainError):
    """There is an unfinished run of the same scope."""

    user_message = _("A billing run of this scope is not finished yet. Issue or discard it first.")


class NotAReseller(DomainError):
    """Only an account that owes invoices is billed."""

    user_message = _("Invoices are addressed to resellers: choose the Bill To account.")


class NothingToRetry(DomainError):
    """No account of the run waits for another try."""

    user_message = _("Nothing waits for another try: no account is parked, changed or held for missing data.")


class ReasonNeeded(DomainError):
    """Holding a bill-to out of a run is explained."""

    user_message = _("Say why it is held.")


@transaction.atomic
def start(
    *,
    through: date,
    by: User | None,
    at: datetime,
    invoice_on: date | None = None,
    reseller: Account | None = None,
    auto_issue: bool = False,
) -> BillingRun:
    """Start a run over what is due through a date (inclusive), of everyone or of one reseller; it previews at once.

    `invoice_on` is the date on the invoices: by default the date billed through, and never before the last one of the
    series. With `auto_issue` it issues what it previewed. Raises AlreadyRunning, NotAReseller.
    """
    if reseller is not None and reseller.bill_to_id is not None:
        raise NotAReseller
    return _start(through, invoice_on or through, reseller, "", auto_issue=auto_issue, by=by, at=at)


@transaction.atomic
def start_for_order(*, reseller: Account, order_reference: str, through: date, at: datetime) -> BillingRun | None:
    """Start the one-order run that issues at once; None when one of this order is under way."""
    try:
        return _start(through, through, reseller, order_reference, auto_issue=True, by=None, at=at)
    except AlreadyRunning:
        return None


def _start(
    through: date,
    invoice_on: date,
    reseller: Account | None,
    order_reference: str,
    *,
    auto_issue: bool,
    by: User | None,
    at: datetime,
) -> BillingRun:
    scope = {"reseller": reseller, "order_reference": order_reference}
    if BillingRun.objects.filter(**scope, state__in=UNFINISHED_RUNS).exists():
        raise AlreadyRunning
    try:
        with transaction.atomic():
            run = BillingRun.objects.create(
                **scope,
                state=RunState.CALCULATING,
                through=through,
                invoice_on=numbering.date_for(DocumentType.DEBIT, invoice_on),
                auto_issue=auto_issue,
                started_at=at,
                started_by=by,
                calculating_at=at,
            )
    except IntegrityError as error:
        raise AlreadyRunning from error
    add_due_items(run)
    audit.record("billing_run.started", target=run, account=reseller, by=by, at=at)
    ring(run)
    return run


def add_due_items(run: BillingRun) -> None:
    """Give the run an item for every bill-to with something due that has none yet."""
    due = due_bill_tos(through=run.through, reseller=run.reseller, order_reference=run.order_reference)
    RunItem.objects.bulk_create(
        [RunItem(run=run, bill_to_id=bill_to) for bill_to in due], ignore_conflicts=True, batch_size=1000
    )


def ring(run: BillingRun) -> None:
    """Ask the workers to go on with the run, once this transaction commits."""
    outbox.add(ADVANCE, run_id=run.pk)


@transaction.atomic
def preview(*, run: BillingRun, by: User | None, at: datetime) -> BillingRun:
    """Calculate a previewed run anew: what was added, changed or repaired since then counts; held items stay held.

    Raises InvalidTransition unless the run is previewed.
    """
    run = lock(run)
    RUN_TRANSITIONS.check(RunState(run.state), RunState.CALCULATING)
    again = run.items.exclude(state__in=(ItemState.DONE, ItemState.PENDING)).filter(held_by=None)
    again.update(state=ItemState.PENDING, reason="", attempts=0)
    add_due_items(run)
    run.calculating_at = at
    _move(run, RunState.CALCULATING)
    audit.record("billing_run.previewed_again", target=run, account=run.reseller, by=by, at=at)
    ring(run)
    return run


@transaction.atomic
def retry(*, run: BillingRun, by: User | None, at: datetime) -> BillingRun:
    """Calculate again only what the check has stopped; what was previewed stays, and what a person holds stays held.

    Raises InvalidTransition unless the run is previewed, NothingToRetry.
    """
    run = lock(run)
    RUN_TRANSITIONS.check(RunState(run.state), RunState.CALCULATING)
    stopped = run.items.filter(state__in=(ItemState.PARKED, ItemState.CHANGED, ItemState.HELD), held_by=None)
    count = stopped.update(state=ItemState.PENDING, reason="", attempts=0)
    if not count:
        raise NothingToRetry
    run.calculating_at = at
    _move(run, RunState.CALCULATING)
    audit.record("billing_run.retried", target=run, account=run.reseller, by=by, at=at, after={"accounts": count})
    ring(run)
    return run


@transaction.atomic
def issue(*, run: BillingRun, by: User | None, at: datetime) -> BillingRun:
    """Issue what was previewed. Each item is computed again under lock; one that differs waits as *changed*.

    Raises InvalidTransition unless the run is previewed, OrganisationIncomplete when the seller's data is not.
    """
    run = lock(run)
    RUN_TRANSITIONS.check(RunState(run.state), RunState.ISSUING)
    check_seller()
    run.items.filter(state=ItemState.PREVIEWED).update(attempts=0)
    run.issue_asked_at, run.issue_asked_by = at, by
    _move(run, RunState.ISSUING)
    audit.record("billing_run.issued", target=run, account=run.reseller, by=by, at=at)
    ring(run)
    return run


@transaction.atomic
def discard(*, run: BillingRun, by: User | None, at: datetime) -> BillingRun:
    """Give a previewed run up: nothing was charged, no number was taken. Raises InvalidTransition."""
    run = lock(run)
    RUN_TRANSITIONS.check(RunState(run.state), RunState.DISCARDED)
    run.finished_at = at
    _move(run, RunState.DISCARDED)
    audit.record("billing_run.discarded", target=run, account=run.reseller, by=by, at=at)
    return run


@transaction.atomic
def hold(*, item: RunItem, reason: str, by: User, at: datetime) -> RunItem:
    """Keep one bill-to out of the run, with a reason. Raises ReasonNeeded, InvalidTransition."""
    reason = names.clean_lines(reason)
    if not reason:
        raise ReasonNeeded(field="reason")
    _locked_preview(item.run)
    item = lock(item)
    ITEM_TRANSITIONS.check(ItemState(item.state), ItemState.HELD)
    item.state, item.reason, item.held_at, item.held_by = ItemState.HELD, reason[:500], at, by
    item.save()
    audit.record("run_item.held", target=item, account=item.bill_to, by=by, at=at, reason=item.reason)
    return item


@transaction.atomic
def release(*, item: RunItem, by: User, at: datetime) -> RunItem:
    """Take a held bill-to back in: it is previewed again. Raises InvalidTransition."""
    run = _locked_preview(item.run)
    item = lock(item)
    ITEM_TRANSITIONS.check(ItemState(item.state), ItemState.PENDING)
    item.state, item.reason, item.held_at, item.held_by, item.attempts = ItemState.PENDING, "", None, None, 0
    item.save()
    run.calculating_at = at
    _move(run, RunState.CALCULATING)
    audit.record("run_item.released", target=item, account=item.bill_to, by=by, at=at)
    ring(run)
    return item


def _locked_preview(run: BillingRun) -> BillingRun:
    """The run, locked; only a previewed one may have its items changed by hand."""
    run = lock(run)
    RUN_TRANSITIONS.check(RunState(run.state), RunState.ISSUING)
    return run


def _move(run: BillingRun, state: RunState) -> None:
    run.state, run.claimed_at = state, None
    run.save()
