"""Two of everything that starts or drives a billing run, in the same second (F23, F24), with and without the guards.

Each test runs twice: guarded, where one of two has an effect; and with its guard taken away, where it sees the double.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.services import accounts
from config.kernel.locks import lock
from invoicing.enums import ItemState, RunState
from invoicing.models import BillingRun, BillingSettings, DailyRun, Invoice, RunItem
from invoicing.selectors.chunks import locked_items
from invoicing.services import billing_runs, daily_runs, run_work
from invoicing.services.run_work import Progress
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, drive, sold
from tests.races import Other, at_once, waiting

pytestmark = pytest.mark.django_db(transaction=True)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SIX = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)  # 06:00 in Athens
guarded = pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "without its guard"])


@pytest.fixture(autouse=True)
def customer():
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    customer = cast.end_customer("Acme", payer)
    sold(payer, customer, on=MARCH)
    BillingSettings.objects.create(pk=1, daily_run=True, daily_hour=6, daily_since=APRIL)
    return customer


@contextmanager
def as_owner() -> Iterator[CursorWrapper]:
    """A cursor of the role that may change tables; afterwards the connection is the workers' again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
        cursor.execute("RESET ROLE")
        try:
            yield cursor
        finally:
            cursor.execute(f"SET ROLE {role}")


@contextmanager
def without(table: str, guard: str) -> Iterator[None]:
    """Take a unique index or constraint away; at the end the runs go, and the guard comes back."""
    with as_owner() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [guard])
        constraint = cursor.fetchone()
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [guard])
        back = f"ALTER TABLE {table} ADD CONSTRAINT {guard} {constraint[0]}" if constraint else cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}" if constraint else f"DROP INDEX {guard}")
    try:
        yield
    finally:
        with as_owner() as cursor, transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
            for emptied in ("dailyrun", "runcertificate", "runitem", "billingrun"):
                cursor.execute(f"DELETE FROM invoicing_{emptied}")
            cursor.execute(back)


def one_unfinished(is_guarded: bool) -> AbstractContextManager[None]:
    return nullcontext() if is_guarded else without("invoicing_billingrun", "billing_run_one_unfinished")


def one_a_day(is_guarded: bool) -> AbstractContextManager[None]:
    return nullcontext() if is_guarded else without("invoicing_dailyrun", "invoicing_dailyrun_on_key")


def start():
    return billing_runs.start(through=APRIL, by=None, at=NOON)


@guarded
def test_two_clicks_start_one_run(is_guarded):
    """F24: the second click waits for the first one's commit, and is told that the run is under way."""
    with one_unfinished(is_guarded):
        with waiting(start) as other:
            start()

        assert isinstance(other.result, billing_runs.AlreadyRunning) is is_guarded
        assert BillingRun.objects.count() == (1 if is_guarded else 2)


@guarded
def test_two_beats_in_the_same_second_start_one_run(is_guarded):
    """F23: neither beat knows of the other; both see that today's run is not there yet."""
    with one_unfinished(is_guarded), one_a_day(is_guarded):
        with waiting(lambda: daily_runs.tick(at=SIX)) as other:
            first = daily_runs.tick(at=SIX)

        assert first.on == APRIL
        assert (other.result is None) is is_guarded
        assert BillingRun.objects.count() == (1 if is_guarded else 2)


@guarded
def test_beat_that_comes_late_with_old_news_starts_nothing(is_guarded):
    """F23: when it looked, nothing was started; when it acts, today's run is over: the date is taken all the same."""
    with one_a_day(is_guarded):
        with waiting(lambda: daily_runs.tick(at=SIX)) as other:
            first = daily_runs.tick(at=SIX)
            drive(billing_runs.issue(run=drive(first.run), by=None, at=SIX))

        assert (other.result is None) is is_guarded
        assert DailyRun.objects.filter(on=APRIL).count() == BillingRun.objects.count() == (1 if is_guarded else 2)


@guarded
def test_two_sweepers_ring_twice_and_one_worker_comes(settings, is_guarded):
    """F24: the second worker finds the claim of the first; without a lease both would take the same bill-to."""
    settings.BILLING_LEASE_SECONDS = 60 if is_guarded else 0
    run = start()
    assert at_once(run_work.sweep, run_work.sweep) == [1, 1]
    run_work._claim(run.pk)

    second = Other(lambda: run_work._claim(run.pk))
    second.start()
    second.join(30)

    assert (second.result is Progress.BUSY) is is_guarded
    assert RunItem.objects.get().attempts == (1 if is_guarded else 2)


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_who_believe_in_no_claim_issue_once(settings, workers):
    """F24: a claim that has run out stops nobody; the locks of the run and of its items still let one through."""
    settings.BILLING_LEASE_SECONDS = 0
    run = billing_runs.issue(run=drive(start()), by=None, at=NOON)

    at_once(*[lambda: run_work.advance(run_id=run.pk, at=NOON)] * workers)

    assert drive(run).state == RunState.DONE
    assert Invoice.objects.count() == 1
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []


@guarded
def test_what_holds_the_bill_to_is_waited_for_before_anything_is_issued(monkeypatch, customer, is_guarded):
    """R13 and R15 hang on the bill-to's lock: without it a run issues what was decided differently by then."""

    def without_the_lock(run, *, with_payers, **more):
        return locked_items(run, **more)

    if not is_guarded:
        monkeypatch.setattr(run_work, "locked_items", without_the_lock)
    run = billing_runs.issue(run=drive(start()), by=None, at=NOON)

    with waiting(lambda: drive(run)) as other:
        lock(customer.bill_to)
        accounts.set_separate_invoices(account=customer, on=True, by=None, at=NOON)

    assert other.result.items.get().state == (ItemState.CHANGED if is_guarded else ItemState.DONE)
    assert Invoice.objects.filter(beneficiary=None).exists() is not is_guarded
