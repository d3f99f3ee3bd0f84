"""What stands behind "a message may come again" (F03, F13, F21, F22): take the guards away one by one and see."""

from __future__ import annotations

import pytest
from django.db import connection

from invoicing.enums import ItemState
from invoicing.models import BillingRun, Charge, Invoice
from invoicing.selectors.calculation import calculate
from invoicing.services import audits, run_work
from tests.faults.invoicing.batches import APRIL, MARCH
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON
from tests.plugins.database import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """An issued run, whose last message comes again."""
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    cast.sold(payer, payer, 2, on=MARCH)
    return cast.bill(APRIL)


def forgotten_by_rows(run: BillingRun) -> None:
    """As if the work had been committed without its marks: run, item and cursor say that it is still to be done."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM invoicing_runcertificate")
        cursor.execute("UPDATE invoicing_billingrun SET state = 'issuing', finished_at = NULL, claimed_at = NULL")
        cursor.execute("UPDATE invoicing_runitem SET state = 'previewed', attempts = 0, done_at = NULL")
        cursor.execute(
            "UPDATE invoicing_billingschedule SET charged_through = %s, next_invoice_on = %s", [APRIL, APRIL]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_message_that_comes_again_finds_the_rows_done(run):
    before = (Charge.objects.count(), Invoice.objects.count())

    assert [run_work.advance(run_id=run.pk, at=NOON) for _time in range(3)] == [run_work.Progress.OVER] * 3
    assert (Charge.objects.count(), Invoice.objects.count()) == before


def test_without_the_marks_the_bill_differs_from_its_preview_and_waits(run):
    """The first wall behind the rows: what was invoiced is not due any more, so the hash is another one."""
    forgotten_by_rows(run)
    before = Invoice.objects.count()

    run_work.advance(run_id=run.pk, at=NOON)

    assert run.items.get().state == ItemState.CHANGED
    assert Invoice.objects.count() == before


def trusting(frame, dues, work):
    return [(item, calculate(dues, item.bill_to_id, through=frame.run.through, invoice_on=frame.on)) for item in work]


def test_without_marks_and_preview_the_database_refuses_the_second_charge(run, monkeypatch):
    """The second wall: the bill-to is parked with the database's reason, and nothing is doubled."""
    forgotten_by_rows(run)
    monkeypatch.setattr(run_work, "_unchanged", trusting)
    before = Invoice.objects.count()

    run_work.advance(run_id=run.pk, at=NOON)

    item = run.items.get()
    assert (item.state, "charge_no_day_twice" in item.reason or "charge_once" in item.reason) == (
        ItemState.PARKED,
        True,
    )
    assert Invoice.objects.count() == before


def test_without_any_wall_the_month_is_billed_twice_and_the_audit_tells(run, monkeypatch):
    """What the walls are for."""
    forgotten_by_rows(run)
    monkeypatch.setattr(run_work, "_unchanged", trusting)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE invoicing_charge DROP CONSTRAINT charge_no_day_twice")
        cursor.execute("DROP INDEX charge_once")
    before = Invoice.objects.count()

    run_work.advance(run_id=run.pk, at=NOON)

    assert Invoice.objects.count() == before + 1
    assert "I07" in [finding.code for finding in audits.run()]
