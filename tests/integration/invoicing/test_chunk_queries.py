"""What a chunk of a billing run sends to the database: at most 15 statements, the same for 10 lines and for 400.

Counted is all that Django's capture of queries shows of a real transaction, in the first chunk of a longer run: BEGIN
and COMMIT, each COPY, and after the commit the UPDATE that marks the bells as rung. What ends a stage comes once a run,
after the last chunk, and is counted apart.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.enums import ItemState, RunState
from invoicing.models import BillingRun, InvoiceItem
from invoicing.services import billing_runs, run_work
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, drive, sold

pytestmark = pytest.mark.django_db(transaction=True)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
FEW, MANY = (10, 1), (50, 8)


def distributor(payers, services):
    """So many bill-tos, and one more for the next chunk; every second one's customer is invoiced separately."""
    cast.organisation()
    cast.vat()
    for number in range(payers + 1):
        payer = cast.reseller(f"Payer {number}")
        customer = cast.end_customer("Customer", payer, separate_invoices=number % 2 == 0)
        for service in range(services):
            sold(payer, customer if service % 2 == 0 else payer, 1, on=MARCH)
    bill(MARCH)


def counted(run):
    """The statements of the next chunk."""
    with CaptureQueriesContext(connection) as seen:
        run_work.advance(run_id=run.pk, at=NOON)
    return [one["sql"] for one in seen]


def chunks(payers, services):
    """The statements of the first chunk of each stage."""
    distributor(payers, services)
    run = billing_runs.start(through=APRIL, by=None, at=NOON)
    previewing = counted(run)
    assert run.items.filter(state=ItemState.PREVIEWED).count() == payers
    run = billing_runs.issue(run=drive(run), by=None, at=NOON)
    issuing = counted(run)
    assert run.items.filter(state=ItemState.DONE).count() == payers
    assert InvoiceItem.objects.filter(invoice__run_item__run=run).count() == payers * services
    assert drive(run).state == RunState.DONE
    assert cast.broken() == []
    return previewing, issuing


@pytest.mark.parametrize(("payers", "services"), [FEW, MANY])
def test_chunk_takes_the_same_few_statements_however_many_its_lines(monkeypatch, payers, services):
    monkeypatch.setattr(run_work, "CHUNK", payers)

    previewing, issuing = chunks(payers, services)

    assert len(previewing) == 11, previewing
    assert len(issuing) == 15, issuing
    assert sum("invoicing_numberseries SET" in sql for sql in issuing) == 1, "numbers are taken once per chunk"


def test_what_ends_a_stage_takes_a_few_more_once_a_run():
    distributor(1, 1)
    run = billing_runs.start(through=APRIL, by=None, at=NOON)

    previewing = counted(run)
    billing_runs.issue(run=run, by=None, at=NOON)
    issuing = counted(run)

    assert BillingRun.objects.get(pk=run.pk).state == RunState.DONE
    assert (len(previewing), len(issuing)) == (11, 26)
