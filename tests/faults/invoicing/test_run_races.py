"""A billing run against whoever acts at the same moment: real threads, halted at each other's lock (R13, R15, F24-F26).

Tried by hand, each with the tests that fail then: the run or the confirmation does not lock the bill-to (an order that
activates before the issue), the switch of an account locks nothing (a switch before the issue), no unique index on
unfinished runs (eight clicks), dates from the worker's clock (the last test).
"""

from datetime import date, timedelta

import pytest

from invoicing.enums import ChargeKind, ItemState, RunState
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem
from invoicing.services import billing_runs, run_work, schedules, separation
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, drive, opened, sold
from tests.races import at_once, waiting

pytestmark = pytest.mark.django_db(transaction=True)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


@pytest.fixture
def customer(payer):
    return cast.end_customer("Acme", payer)


def previewed(through=APRIL):
    return drive(billing_runs.start(through=through, by=None, at=NOON))


def issue(run):
    return drive(billing_runs.issue(run=run, by=None, at=NOON))


def assert_whole():
    """Every day charged once, every charge on one line, and a second run finds nothing."""
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
    assert Charge.objects.filter(invoice_on__lte=APRIL).count() == InvoiceItem.objects.count()
    before = Charge.objects.count()
    assert bill(APRIL).items.count() == 0
    assert Charge.objects.count() == before


def test_order_that_activates_before_the_issue_is_in_this_run(payer, customer):
    """R13: the run waits for the confirmation, sees that the bill differs, and takes the order after a new preview."""
    sold(payer, payer, on=MARCH)
    ordered = opened(payer, customer, 5, on=date(2026, 3, 20))
    run = previewed()

    with waiting(lambda: issue(run)) as other:
        schedules.confirm(schedule=ordered, start_on=date(2026, 3, 20), at=NOON)

    assert other.result.items.get().state == ItemState.CHANGED
    assert not Invoice.objects.exists()
    issue(drive(billing_runs.preview(run=other.result, by=None, at=NOON)))
    assert set(InvoiceItem.objects.filter(beneficiary=customer).values_list("kind", flat=True)) == {
        ChargeKind.STUB,
        ChargeKind.CYCLE,
    }
    assert_whole()


def test_order_that_activates_after_the_issue_is_in_the_next_run(payer, customer):
    """R13: the confirmation waits for the run, and the next one takes its stub and its cycle."""
    sold(payer, payer, on=MARCH)
    ordered = opened(payer, customer, 5, on=date(2026, 3, 20))
    run = billing_runs.issue(run=previewed(), by=None, at=NOON)

    with waiting(lambda: schedules.confirm(schedule=ordered, start_on=date(2026, 3, 20), at=NOON)) as other:
        run_work.advance(run_id=run.pk, at=NOON)

    assert other.result.charged_through == APRIL
    assert not InvoiceItem.objects.filter(beneficiary=customer).exists()
    bill(APRIL)
    assert InvoiceItem.objects.filter(beneficiary=customer).count() == 2
    assert_whole()


def test_switch_before_the_issue_makes_the_item_stale(payer, customer):
    """R15: the run finds the new way of grouping and does not issue what nobody has seen."""
    sold(payer, customer, on=MARCH)
    run = billing_runs.issue(run=previewed(), by=None, at=NOON)

    with waiting(lambda: drive(run)) as other:
        separation.switch(account=customer, on=True, by=None, at=NOON)

    assert other.result.items.get().state == ItemState.CHANGED
    issue(drive(billing_runs.preview(run=other.result, by=None, at=NOON)))
    assert Invoice.objects.get().beneficiary == customer
    assert_whole()


def test_switch_after_the_issue_counts_next_time(payer, customer):
    """R15: the flag is read once per run item; what is issued stays as it was previewed."""
    sold(payer, customer, on=MARCH)
    run = billing_runs.issue(run=previewed(), by=None, at=NOON)

    with waiting(lambda: separation.switch(account=customer, on=True, by=None, at=NOON)) as other:
        run_work.advance(run_id=run.pk, at=NOON)

    assert other.result.separate_invoices
    assert (run.items.get().state, run.items.get().separate) == (ItemState.DONE, [])
    assert Invoice.objects.get().beneficiary is None
    assert_whole()
    bill(MAY)
    assert Invoice.objects.latest("pk").beneficiary == customer


def test_eight_clicks_start_one_run_and_two_sweepers_ring_for_it(payer):
    """F24: the database takes one unfinished run of a scope; the others are told that it is under way."""
    sold(payer, payer, on=MARCH)

    found = at_once(*[lambda: billing_runs.start(through=APRIL, by=None, at=NOON, auto_issue=True)] * 8)

    assert sorted(type(one).__name__ for one in found) == [*["AlreadyRunning"] * 7, "BillingRun"]
    assert at_once(run_work.sweep, run_work.sweep) == [1, 1]
    run = drive(BillingRun.objects.get())
    assert (run.state, Invoice.objects.count()) == (RunState.DONE, 1)
    assert_whole()


@pytest.mark.parametrize("off", [timedelta(days=40), timedelta(hours=-1), timedelta(days=-400)], ids=str)
def test_clock_of_a_worker_decides_nothing(payer, customer, off):
    """F25, F26: dates come from the run's row, leases from the database."""
    sold(payer, payer, on=MARCH)
    bill(MARCH)
    sold(payer, customer, 5, on=date(2026, 3, 20))
    run = billing_runs.start(through=APRIL, by=None, at=NOON, auto_issue=True)

    run = drive(run, NOON + off)

    assert run.state == RunState.DONE
    made = Invoice.objects.get(run_item__run=run)
    assert (made.number, made.issued_on, made.due_on) == ("INV-2026-000002", APRIL, APRIL + timedelta(days=30))
    assert [str(line.net) for line in made.items.order_by("position", "kind")] == ["12.00", "23.23", "60.00"]
    assert_whole()
