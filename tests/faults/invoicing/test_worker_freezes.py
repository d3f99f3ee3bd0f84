"""A billing run with workers that freeze, that are taken for lost, or whose clock is wrong (F19-F21, F25, F26)."""

from __future__ import annotations

import time

import pytest

from config.embedded.processes import wait_for
from invoicing.models import Invoice
from invoicing.services import run_work
from tests.faults.invoicing.batches import (
    APRIL,
    assert_whole,
    begun,
    held,
    is_over,
    issuing_stands_still,
    rung_and_stands_still,
    sold_to,
    states,
)
from tests.faults.workers import worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def crew(django_db_setup):
    """One worker for all of these tests. Its messages are taken for lost after a second."""
    with worker("batch", VISIBILITY_SECONDS="1") as running:
        yield running


@pytest.fixture
def workers(crew, settings):
    settings.BILLING_LEASE_SECONDS = 1
    crew.ready()
    yield crew
    crew.disarm()


def swept_without_end(run):
    run_work.sweep()
    return is_over(run)


@pytest.mark.parametrize("guard", ["kept", pytest.param("removed", marks=pytest.mark.long)])
def test_batch_ends_without_a_frozen_worker_which_changes_nothing_when_it_wakes_up(request, workers, size, guard):
    """F19 and F20. Negative control: without the idle timeout nobody gets the row that the frozen one has locked."""
    payers = sold_to(size)
    holding = held(payers[12])
    request.addfinalizer(holding.close)
    if guard == "removed":
        workers.arm("without the idle timeout")
    run = begun()
    assert wait_for(rung_and_stands_still, 60, step=0.2), states(run)
    workers.freeze()
    request.addfinalizer(workers.thaw)
    holding.close()

    with worker("batch") as others:
        others.ready()
        if guard == "removed":
            assert not wait_for(lambda: swept_without_end(run), 8, step=0.2)
        else:
            assert_whole(run, size)
        workers.thaw()
        assert_whole(run, size)


def test_message_that_is_taken_for_lost_runs_beside_itself_and_has_one_effect(request, workers, size):
    """F21: the visibility timeout is over before the chunk is."""
    payers = sold_to(size)
    holding = held(payers[12])
    request.addfinalizer(holding.close)
    run = begun()
    assert wait_for(issuing_stands_still, 60), states(run)
    at_work = workers.noted("starts")[-1]

    again = wait_for(lambda: workers.noted("starts").count(at_work) >= 2, 60)
    holding.close()

    assert again, workers.noted("starts")
    assert_whole(run, size)


@pytest.mark.parametrize("guard", ["kept", pytest.param("removed", marks=pytest.mark.long)])
@pytest.mark.parametrize("days", [40, pytest.param(-1 / 24, marks=pytest.mark.long)], ids=["40 days on", "an hour ago"])
def test_wrong_clock_of_a_worker_decides_nothing(workers, size, days, guard):
    """F25 and F26: dates come from the run's row. Negative control: dates from the clock make another bill."""
    sold_to(size)
    workers.arm("clock", days)
    if guard == "removed":
        workers.arm("without dates of the row")
    workers.kill_children()  # the next ones are born with that clock
    run = begun()

    if guard == "removed":
        began = time.monotonic()
        while time.monotonic() - began < 5:
            run_work.sweep()
            time.sleep(0.2)
        assert (is_over(run), Invoice.objects.count()) == (False, 0)
        workers.disarm()
        workers.kill_children()
    assert_whole(run, size)

    assert set(Invoice.objects.values_list("issued_on", flat=True)) == {APRIL}
    workers.disarm()
    workers.kill_children()
