"""What the database refuses, whoever writes: also the owner of the tables."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from invoicing.models import BillingRun, BillingSchedule, Charge, Invoice, InvoiceItem, InvoiceTax, RunItem
from invoicing.services import billing_runs
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import Story

pytestmark = pytest.mark.django_db

REFUSED = [
    ("an issued invoice changes", "UPDATE invoicing_invoice SET net = net + 1"),
    ("an issued invoice goes", "DELETE FROM invoicing_invoice"),
    ("a line changes", "UPDATE invoicing_invoiceitem SET product_name = 'x'"),
    ("a line goes", "DELETE FROM invoicing_invoiceitem"),
    ("a tax row changes", "UPDATE invoicing_invoicetax SET tax = 0"),
    ("a balance changes hands", "UPDATE invoicing_invoicebalance SET due_on = due_on + 1"),
    ("a balance is negative", "UPDATE invoicing_invoicebalance SET open_amount = -1"),
    ("a charge changes", "UPDATE invoicing_charge SET quantity = 1000"),
    ("a charge goes", "DELETE FROM invoicing_charge"),
    ("a change of a schedule is rewritten", "UPDATE invoicing_schedulechange SET quantity = 1000"),
    ("a number comes back", "UPDATE invoicing_numberseries SET last_number = 0"),
    ("a series goes back in time", "UPDATE invoicing_numberseries SET last_date = '2020-01-01'"),
    ("a series goes", "DELETE FROM invoicing_numberseries"),
    ("a schedule goes back to pending", "UPDATE invoicing_billingschedule SET state = 'pending'"),
    ("a schedule changes its bill-to", "UPDATE invoicing_billingschedule SET bill_to_id = beneficiary_id"),
    ("a schedule starts again", "UPDATE invoicing_billingschedule SET start_on = start_on + 1"),
    ("a finished run starts again", "UPDATE invoicing_billingrun SET state = 'calculating'"),
    ("a finished run is not over", "UPDATE invoicing_billingrun SET finished_at = NULL"),
    ("a finished item starts again", "UPDATE invoicing_runitem SET state = 'pending'"),
    ("invoices are emptied", "TRUNCATE invoicing_invoice CASCADE"),
    ("lines are emptied", "TRUNCATE invoicing_invoiceitem CASCADE"),
    ("charges are emptied", "TRUNCATE invoicing_charge CASCADE"),
    (
        "a line is added later",
        """INSERT INTO invoicing_invoiceitem (invoice_id, position, bill_to_id, beneficiary_id, beneficiary_code,
             beneficiary_name, mode, tenant_domain, partner_id, product_name, sku, service_reference, order_reference,
             price_source, kind, period, quantity, unit_price, factor_numerator, factor_denominator, net, tax_category,
             tax_rate, currency)
           SELECT invoice_id, 99, bill_to_id, beneficiary_id, beneficiary_code, beneficiary_name, mode, '', '', 'Late',
             '', '', '', '', kind, period, 1, 1, 1, 1, 1, tax_category, tax_rate, currency
           FROM invoicing_invoiceitem LIMIT 1""",
    ),
    (
        "a day is charged twice",
        """INSERT INTO invoicing_charge (public_id, bill_to_id, beneficiary_id, schedule_id, change_id, kind, period,
             quantity, unit_price, factor_numerator, factor_denominator, net, currency, invoice_on, text, cut_at)
           SELECT 'twice', bill_to_id, beneficiary_id, schedule_id, change_id, 'stub',
             daterange(lower(period) + 1, upper(period)), 1, 1, 1, 1, 1, currency, invoice_on, '', cut_at
           FROM invoicing_charge WHERE kind = 'cycle' LIMIT 1""",
    ),
    (
        "a charge of one schedule is another's",
        """INSERT INTO invoicing_charge (public_id, bill_to_id, beneficiary_id, schedule_id, change_id, kind, period,
             quantity, unit_price, factor_numerator, factor_denominator, net, currency, invoice_on, text, cut_at)
           SELECT 'foreign', bill_to_id, bill_to_id, schedule_id, change_id, 'usage', period, 1, 1, 1, 1, 1, currency,
             invoice_on, '', cut_at
           FROM invoicing_charge WHERE bill_to_id <> beneficiary_id LIMIT 1""",
    ),
]


@pytest.fixture
def story():
    return Story.told()


@pytest.mark.parametrize("statement", [pytest.param(sql, id=what) for what, sql in REFUSED])
@pytest.mark.parametrize("role", ["app", "owner"])
def test_database_refuses_that(story, statement, role):
    before = list(Invoice.objects.values())

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if role == "owner":
            cursor.execute("RESET ROLE")
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)

    assert list(Invoice.objects.values()) == before
    assert cast.broken() == []


def test_unbalanced_invoice_is_refused_at_the_latest_on_commit(story):
    invoice = Invoice.objects.get()
    invoice.pk, invoice.public_id, invoice.number, invoice.sequence = None, "other", "INV-2026-000009", 9

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="do not agree"), transaction.atomic():
        invoice.save(force_insert=True)


def test_invoice_without_a_number_is_refused(story):
    invoice = Invoice.objects.get()
    invoice.pk, invoice.public_id, invoice.number, invoice.sequence = None, "other", None, 9

    with pytest.raises(DatabaseError), transaction.atomic():
        invoice.save(force_insert=True)


def test_beneficiary_of_another_reseller_is_refused(story):
    stranger = cast.end_customer("Stranger", cast.reseller("Other"))

    with pytest.raises(DatabaseError, match="not billed to"), transaction.atomic():
        cast.opened(story.payer, stranger, on=date(2026, 3, 1))


def test_released_by_is_written_once(story):
    first, second, third = Charge.objects.order_by("pk")[:3]
    Charge.objects.filter(pk=first.pk).update(released_by=second)

    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Charge.objects.filter(pk=first.pk).update(released_by=third)


def test_cursor_of_a_schedule_may_move(story):
    assert BillingSchedule.objects.update(next_invoice_on=date(2026, 9, 1)) == 4


def test_held_item_needs_a_reason(story):
    item = RunItem.objects.get()

    with pytest.raises(DatabaseError), transaction.atomic():
        RunItem.objects.create(run=item.run, bill_to=cast.reseller("Other"), state="held")


def copy(row, **other):
    """Another row like this one, but for these columns."""
    row.pk = None
    for name, value in {**({"public_id": "other"} if hasattr(row, "public_id") else {}), **other}.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_run_with_a_waiting_item_does_not_end(story):
    run = billing_runs.start(through=date(2026, 4, 1), by=None, at=cast.NOON)
    BillingRun.objects.filter(pk=run.pk).update(state="previewed")
    BillingRun.objects.filter(pk=run.pk).update(state="issuing")

    with pytest.raises(DatabaseError, match="have not been worked on"), transaction.atomic():
        BillingRun.objects.filter(pk=run.pk).update(state="done", finished_at=cast.NOON)


def test_schedule_has_the_mode_of_its_beneficiary(story):
    with pytest.raises(DatabaseError, match="mode affiliate is not that"), transaction.atomic():
        copy(story.schedules[0], mode="affiliate")


@pytest.mark.parametrize("wrong", [{"tax": "1.21"}, {"category": "X"}, {"rate": "-1", "tax": "-0.05"}])
def test_tax_row_is_of_a_known_category_and_rounded_once(story, wrong):
    """A base of 5.00 at 24 % is 1.20."""
    right = {"category": "S", "rate": "24", "base": "5.00", "tax": "1.20"}

    with pytest.raises(DatabaseError, match="invoice_tax_"), transaction.atomic():
        InvoiceTax.objects.create(invoice=Invoice.objects.get(), **{**right, **wrong})


def test_separate_invoice_takes_no_line_of_another(story):
    story.flag(story.a)
    cast.bill(date(2026, 4, 1))
    item = InvoiceItem.objects.get(invoice__beneficiary=story.a, position=1)

    with pytest.raises(DatabaseError, match="own beneficiary only"), transaction.atomic():
        copy(item, position=9, charge=None, beneficiary=story.b)
