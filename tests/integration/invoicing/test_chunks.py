"""How much of a run a worker takes at once: bill-tos up to a number of lines, and no library that it does not need."""

import os
import subprocess
import sys
from datetime import date

import pytest
from django.conf import settings

from invoicing.enums import ItemState, RunState
from invoicing.models import Invoice
from invoicing.services import billing_runs, run_work
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def left(run, state):
    return run.items.filter(state=state).count()


@pytest.mark.parametrize(("limit", "chunks"), [(1, 4), (2, 3), (5, 2), (100, 1)])
def test_chunk_holds_as_many_lines_as_fit_and_at_least_one_bill_to(db, monkeypatch, limit, chunks):
    """Bill-tos with 2, 1, 1 and 3 lines, in both stages."""
    monkeypatch.setattr(run_work, "CHUNK_LINES", limit)
    cast.organisation()
    cast.vat()
    for services in (2, 1, 1, 3):
        payer = cast.reseller()
        for _service in range(services):
            cast.opened(payer, payer, on=MARCH)
            cast.sold(payer, payer, on=MARCH)
    cast.bill(MARCH)
    run = billing_runs.start(through=APRIL, by=None, at=NOON)
    counts = {}
    for stage, waiting in ((RunState.CALCULATING, ItemState.PENDING), (RunState.ISSUING, ItemState.PREVIEWED)):
        if stage is RunState.ISSUING:
            run = billing_runs.issue(run=run, by=None, at=NOON)
        counts[stage] = 0
        while left(run, waiting) or counts[stage] == 0:
            run_work.advance(run_id=run.pk, at=NOON)
            counts[stage] += 1
        run.refresh_from_db()

    assert counts == dict.fromkeys((RunState.CALCULATING, RunState.ISSUING), chunks)
    assert run.state == RunState.DONE
    assert Invoice.objects.filter(run_item__run=run).count() == 4


def test_worker_of_billing_runs_loads_no_renderer():
    code = "import django, sys; django.setup(); sys.exit('weasyprint' in sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}

    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, check=False)

    assert done.returncode == 0
