"""A billing run with real Celery workers that are killed in the middle (F01, F02, F07, F16 of reliability.md §5)."""

import time
from datetime import date

import pytest
from django.utils import timezone

from config.embedded.processes import wait_for
from invoicing.enums import RunState
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem, NumberSeries, RunItem
from invoicing.services import billing_runs, run_work
from tests.faults.workers import end_connections, session, somebody_waits, worker
from tests.integration.invoicing import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
APRIL = date(2026, 4, 1)
RESELLERS = 12


@pytest.fixture
def workers():
    with worker("batch", BILLING_LEASE_SECONDS="2") as running:
        yield running


def sold_to(resellers):
    cast.organisation()
    cast.vat()
    payers = [cast.reseller(f"Reseller {number}") for number in range(resellers)]
    for payer in payers:
        customer = cast.end_customer("Customer", payer, separate_invoices=True)
        cast.sold(payer, customer, 2, on=date(2026, 3, 1))
        cast.sold(payer, payer, 1, on=date(2026, 3, 1))
    return payers


def held_lock(account):
    """Another session holds the bill-to: the worker stands still inside its transaction."""
    held = session()
    held.execute("SELECT 1 FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [account.pk])
    return held


def issuing_stands_still():
    """Whether a worker waits, inside its transaction, for a bill-to that another session holds."""
    return somebody_waits('SELECT "invoicing_runitem')


def finished(run):
    """The sweeper rings as the scheduler would."""
    run_work.sweep()
    return BillingRun.objects.get(pk=run.pk).finished_at is not None


def counts():
    last = NumberSeries.objects.get().last_number
    return Charge.objects.count(), Invoice.objects.count(), InvoiceItem.objects.count(), last


@pytest.mark.parametrize("died", ["the whole worker", "its children", "its connection"])
def test_killed_worker_loses_nothing_and_doubles_nothing(request, workers, settings, died):
    settings.BILLING_LEASE_SECONDS = 2
    payers = sold_to(RESELLERS)
    let_go = held_lock(payers[5]).close
    request.addfinalizer(let_go)
    workers.start()
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)
    assert wait_for(issuing_stands_still, 60), "the worker never began to issue"
    assert BillingRun.objects.get(pk=run.pk).state == RunState.ISSUING

    if died == "the whole worker":
        workers.kill_tree()
        workers.start()
    elif died == "its children":
        workers.kill_children()
    else:
        end_connections('SELECT "invoicing_runitem')
    let_go()

    assert wait_for(lambda: finished(run), 120, step=0.5), list(RunItem.objects.values("state", "attempts", "reason"))
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert counts() == (4 * RESELLERS, 2 * RESELLERS, 4 * RESELLERS, 2 * RESELLERS)
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
    workers.kill_tree()  # the next run is driven here, by nobody else
    before = counts()
    assert cast.bill(APRIL).items.count() == 0
    assert counts() == before


def test_every_bell_three_times_and_a_deaf_broker_change_nothing(workers, settings):
    """F22 and F09: bells are repeated and lost; the rows decide."""
    settings.BILLING_LEASE_SECONDS = 2
    sold_to(4)
    workers.start()
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)
    started = time.monotonic()
    while not finished(run):
        assert time.monotonic() - started < 60
        for _bell in range(3):
            run_work.sweep()
        time.sleep(0.2)

    assert counts() == (16, 8, 16, 8)
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []


@pytest.mark.long
def test_bill_to_that_kills_its_worker_three_times_is_parked_alone(request, workers, settings):
    """F07: the attempts are counted before the work, so the run ends and says what stopped it."""
    settings.BILLING_LEASE_SECONDS = 2
    payers = sold_to(4)
    let_go = held_lock(payers[2]).close
    request.addfinalizer(let_go)
    workers.start()
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)

    for _try in range(run_work.TRIES):
        assert wait_for(rung_and_stands_still, 60, step=0.2), "nobody came to the poisonous one"
        workers.kill_children()
        assert wait_for(lambda: not issuing_stands_still(), 30)

    assert wait_for(lambda: finished(run), 60, step=0.5), list(RunItem.objects.values("state", "attempts", "reason"))
    run.refresh_from_db()
    assert run.state == RunState.DONE_WITH_ERRORS
    assert dict(run.items.values_list("bill_to", "state")) == {
        payer.pk: "parked" if payer == payers[2] else "done" for payer in payers
    }
    assert str(run_work.TRIES) in run.items.get(bill_to=payers[2]).reason
    assert (Invoice.objects.count(), NumberSeries.objects.get().last_number) == (6, 6)
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []


def rung_and_stands_still():
    run_work.sweep()
    return issuing_stands_still()
