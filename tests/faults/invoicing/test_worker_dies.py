"""A billing run with real Celery workers that are killed in the middle (F01-F03, F07, F16 of reliability.md §5)."""

from __future__ import annotations

import pytest

from config.embedded.processes import wait_for
from invoicing.enums import RunState
from invoicing.models import BillingRun
from invoicing.services import run_work
from tests.faults.invoicing.batches import (
    assert_whole,
    begun,
    held,
    issuing_stands_still,
    rung_and_stands_still,
    sold_to,
    states,
    stays_forgotten,
)
from tests.faults.workers import end_transactions, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def crew(django_db_setup):
    """One worker for all of these tests."""
    with worker("batch") as running:
        yield running


@pytest.fixture
def workers(crew, settings):
    settings.BILLING_LEASE_SECONDS = 1
    crew.ready()
    yield crew
    crew.disarm()


@pytest.mark.parametrize("died", ["the whole worker", "its children", "its connection"])
def test_death_inside_the_transaction_loses_nothing_and_doubles_nothing(request, workers, size, died):
    """F02, F01, F16, at the exact moment; with `--long` again and again.

    Negative control: until somebody sweeps, nobody goes on with what died with its worker or its connection.
    """
    payers = sold_to(size)
    run = begun()

    for victim in payers[4::60]:
        holding = held(victim)
        request.addfinalizer(holding.close)
        assert wait_for(rung_and_stands_still, 60, step=0.2), states(run)
        assert BillingRun.objects.get(pk=run.pk).state == RunState.ISSUING
        if died == "the whole worker":
            workers.kill_tree()
        elif died == "its children":
            workers.kill_children()
        else:
            end_transactions()
        holding.close()
        workers.ready()
        if died != "its children":
            assert stays_forgotten(run)

    assert_whole(run, size)


@pytest.mark.long
@pytest.mark.parametrize("guard", ["kept", "removed"])
def test_message_of_a_killed_child_comes_again_only_when_lost_workers_are_retried(request, settings, crew, guard):
    """F01 and its negative control: with `task_retry_on_worker_lost` the run goes on without a sweeper."""
    settings.BILLING_LEASE_SECONDS = 1
    crew.kill_tree()
    payers = sold_to(6)
    holding = held(payers[5])
    request.addfinalizer(holding.close)
    with worker("batch", **({} if guard == "kept" else {"KEEP_LOST": "1"})) as workers:
        workers.ready()
        run = begun()
        assert wait_for(issuing_stands_still, 60)
        workers.kill_children()
        holding.close()

        if guard == "removed":
            assert stays_forgotten(run)
        else:
            assert wait_for(lambda: BillingRun.objects.get(pk=run.pk).finished_at is not None, 60)
        assert_whole(run, 6)


def test_death_between_commit_and_acknowledgement_does_the_work_once(workers, size):
    """F03: the message comes again, finds its work done, and does nothing; F22: so does one that comes three times."""
    sold_to(size)
    for number in range(3):
        workers.arm(f"die after commit.{number}")
    run = begun()

    assert_whole(run, size)

    killed = workers.noted("killed")
    assert len(killed) == 3
    again = wait_for(lambda: all(starts_of(workers, task) >= 2 for task in killed), 30)
    assert again, workers.log()
    assert_whole(run, size)


def starts_of(workers, task):
    return sum(line.startswith(task) for line in workers.noted("starts"))


@pytest.mark.parametrize("guard", ["kept", pytest.param("removed", marks=pytest.mark.long)])
def test_bill_to_that_kills_its_worker_three_times_is_parked_alone(workers, size, guard):
    """F07: attempts are counted before the work; without the count (negative control) the killing never ends."""
    payers = sold_to(size)
    workers.arm("poison", payers[7].pk)
    if guard == "removed":
        workers.arm("without counting")
    run = begun()

    if guard == "removed":
        assert wait_for(lambda: rung(workers) >= 2 * run_work.TRIES, 120, step=0.2), workers.log()
        assert run.items.get(bill_to=payers[7]).state == "previewed"
        workers.disarm()
        assert_whole(run, size)
        return
    assert_whole(run, size, parked=1)
    assert len(workers.noted("deaths")) == run_work.TRIES
    item = run.items.get(bill_to=payers[7])
    assert (item.state, str(run_work.TRIES) in item.reason) == ("parked", True)


def rung(workers):
    run_work.sweep()
    return len(workers.noted("deaths"))
