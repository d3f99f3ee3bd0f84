"""The only chunk of a billing run takes the same number of queries for 1, 10 and 50 accounts."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.enums import ItemState
from invoicing.services import billing_runs, run_work
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, drive, sold

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def counted(run):
    """The statements of one chunk, without the savepoints that stand for transactions in tests."""
    with CaptureQueriesContext(connection) as seen:
        run_work.advance(run_id=run.pk, at=NOON)
    return [one["sql"] for one in seen if "SAVEPOINT" not in one["sql"]]


def test_a_chunk_takes_a_constant_number_of_queries():
    cast.organisation()
    cast.vat()
    found = {}
    for accounts in (1, 10, 50):
        payers = [cast.reseller(f"Payer {n} of {accounts}") for n in range(accounts)]
        for payer in payers:
            sold(payer, cast.end_customer("Customer", payer), 1, on=MARCH)
        bill(MARCH)
        run = billing_runs.start(through=APRIL, by=None, at=NOON)
        previewing = counted(run)
        assert run.items.filter(state=ItemState.PENDING).count() == max(run.items.count() - run_work.CHUNK, 0)
        run = billing_runs.issue(run=drive(run), by=None, at=NOON)
        issuing = counted(run)
        found[accounts] = len(previewing), len(issuing)
        drive(run)

    assert len(set(found.values())) == 1, found
    assert found[50] == (16, 37), found  # with what ends a stage: 2 of the preview, 13 of the issue and its certificate
