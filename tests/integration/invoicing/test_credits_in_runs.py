"""Refunds of invoiced charges in billing runs: previewed, issued, counted, and never twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.enums import ItemState, RefundPolicy, RunState
from invoicing.models import BillingSettings, Invoice
from invoicing.selectors.credits import OverCredited, Wish
from invoicing.selectors.runs import calculated, totals_of
from invoicing.services import billing_runs, charges, run_work, schedules
from invoicing.services.credits import RefundsWaiting, credit, credit_and_bill_anew, credit_whole
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, cleo, drive, eur, sold
from tests.integration.invoicing.runs import assert_nothing_new

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
FACTS = {"reason": "Wrong", "at": NOON}


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


@pytest.fixture
def refunded(payer):
    """Five seats of March on an invoice, ended on the 21st: 19.35 net wait for the next run."""
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    bill(MARCH)
    schedules.end(schedule=schedule, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))
    return Invoice.objects.get()


def test_preview_promises_the_credit_and_the_run_keeps_it(payer, refunded):
    sold(payer, payer, 2, on=MARCH)
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    item = run.items.get()
    [promised] = calculated(item).credits
    assert (promised.corrects, promised.totals.gross) == (refunded, Decimal("23.99"))
    assert (item.documents, item.lines, item.net) == (2, 3, Decimal("48.00") - Decimal("19.35"))
    assert totals_of(run)[0].net == eur("28.65")

    run = drive(billing_runs.issue(run=run, by=cleo(), at=NOON))

    [made] = Invoice.objects.filter(run_item__run=run, document_type="credit")
    assert (run.state, made.gross, made.corrects, made.issued_by) == (
        RunState.DONE,
        Decimal("23.99"),
        refunded,
        cleo(),
    )
    assert_nothing_new(APRIL)


def test_reduction_after_the_preview_waits_for_another_one(payer, refunded):
    other = sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    schedules.end(schedule=other, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))

    run = drive(billing_runs.issue(run=run, by=None, at=NOON))

    assert (run.state, run.items.get().state) == (RunState.PREVIEWED, ItemState.CHANGED)
    assert not Invoice.objects.filter(document_type="credit").exists()
    drive(billing_runs.preview(run=run, by=None, at=NOON))
    run.refresh_from_db()
    drive(billing_runs.issue(run=run, by=None, at=NOON))
    assert Invoice.objects.filter(document_type="credit").count() == 1
    assert_nothing_new(APRIL)


def test_waiting_refund_is_left_alone_by_credits_by_hand(refunded):
    line = refunded.items.get()
    with pytest.raises(OverCredited, match="40"):
        credit(invoice=refunded, wishes=[Wish(line.pk, amount=Decimal("40.66"))], by=cleo(), **FACTS)
    with pytest.raises(RefundsWaiting):
        credit_and_bill_anew(invoice=refunded, by=cleo(), **FACTS)

    by_hand = credit_whole(invoice=refunded, by=cleo(), **FACTS)
    bill(APRIL)

    waiting = Invoice.objects.filter(document_type="credit").latest("pk")
    assert (by_hand.net, waiting.net) == (Decimal("40.65"), Decimal("19.35"))
    assert by_hand.gross + waiting.gross == refunded.gross
    refunded.balance.refresh_from_db()
    assert refunded.balance.open_amount == 0
    assert_nothing_new(APRIL)


def test_credit_follows_the_separate_invoice_of_its_customer(payer):
    """A customer that was flagged after its invoice: the credit corrects the aggregated one, in its group."""
    acme = cast.end_customer("Acme", payer)
    gone = sold(payer, acme, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    sold(payer, payer, 1, on=MARCH)
    bill(MARCH)
    [aggregated] = Invoice.objects.all()
    acme.separate_invoices = True
    acme.save()
    schedules.end(schedule=gone, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))

    bill(APRIL)

    made = Invoice.objects.get(document_type="credit")
    assert (made.corrects, made.beneficiary, made.items.get().beneficiary) == (aggregated, None, acme)
    assert_nothing_new(APRIL)


def test_refund_stands_beside_its_charge_also_by_month_of_supply(payer):
    BillingSettings.objects.update_or_create(pk=1, defaults={"by_supply_month": True})
    schedule = sold(
        payer, payer, 1, on=MARCH, cycle_months=12, proratable=False, refund_policy=RefundPolicy.DAY, price=Decimal(365)
    )
    schedules.end(schedule=schedule, on=date(2026, 4, 10), by=None, at=NOON + timedelta(days=20))

    run = bill(date(2026, 5, 1))

    invoice = Invoice.objects.get(run_item__run=run)
    assert [row.net for row in invoice.items.order_by("position")] == [Decimal("365.00"), Decimal("-325.00")]
    assert_nothing_new(date(2026, 5, 1))


def test_discount_on_the_invoice_caps_the_refund(payer):
    charges.add_manual(bill_to=payer, beneficiary=payer, amount=eur("-55.00"), text="Loyal", on=MARCH, by=None, at=NOON)
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    bill(MARCH)
    schedules.end(schedule=schedule, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))

    bill(APRIL)

    assert Invoice.objects.get(document_type="credit").net == Decimal("5.00")
    assert_nothing_new(APRIL)


def test_credits_of_a_chunk_take_the_same_statements_however_many():
    cast.organisation()
    cast.vat()
    taken = []
    for payers in (1, 4, 4):
        for payer in [cast.reseller() for _ in range(payers)]:
            schedule = sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
            bill(MARCH)
            schedules.end(schedule=schedule, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))
        run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
        run = billing_runs.issue(run=run, by=None, at=NOON)
        with CaptureQueriesContext(connection) as seen:
            run_work.advance(run_id=run.pk, at=NOON)
        assert Invoice.objects.filter(run_item__run=run, document_type="credit").count() == payers
        taken.append(len(seen))

    assert taken[1] == taken[2] == taken[0] - 3, "the first one makes the series of credit invoices"
    assert cast.broken() == []
