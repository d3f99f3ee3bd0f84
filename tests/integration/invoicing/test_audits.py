"""Each audit finds its corruption, and nothing on good data."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from invoicing.enums import RefundPolicy
from invoicing.models import Invoice
from invoicing.selectors.credits import Wish
from invoicing.services import audits, payments, schedules
from invoicing.services.credits import credit, credit_and_bill_anew
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, cleo, drive, eur, sold

pytestmark = pytest.mark.django_db

CORRUPTIONS = [
    ("I01", "UPDATE invoicing_invoiceitem SET net = net + 1 WHERE position = 1"),
    ("I02", "UPDATE invoicing_invoicetax SET tax = tax + 1"),
    ("I03", "UPDATE invoicing_invoicetax SET tax = tax + 0.01"),
    ("I04", "UPDATE invoicing_invoiceitem SET tax_rate = 13 WHERE position = 1"),
    ("I05", "UPDATE invoicing_numberseries SET last_number = last_number + 1"),
    ("I06", "UPDATE invoicing_invoice SET issued_on = '2025-01-01' WHERE sequence = 2"),
    ("I07", "UPDATE invoicing_charge SET period = daterange(lower(period), '2026-06-01') WHERE kind = 'cycle'"),
    ("I08", "UPDATE invoicing_billingschedule SET charged_through = '2026-07-01'"),
    ("I09", "UPDATE invoicing_billingschedule SET end_on = start_on"),
    ("I10", "UPDATE invoicing_charge SET quantity = quantity + 1"),
    ("I11", "UPDATE invoicing_runitem SET state = 'pending'"),
    ("I12", "UPDATE invoicing_runitem SET separate = ARRAY(SELECT id FROM accounts_account)"),
    ("I13", "UPDATE invoicing_invoiceitem SET net = net + 60 WHERE credits_item_id IS NOT NULL"),
    ("I13", "UPDATE invoicing_invoicetax SET tax = tax + 99 WHERE base = 10"),
    ("I14", "UPDATE invoicing_invoice SET document_type = 'credit', corrects_id = id"),
    ("I14", "UPDATE invoicing_invoiceitem SET tax_rate = 5 WHERE credits_item_id IS NOT NULL"),
    ("I15", "UPDATE accounts_account SET bill_to_id = NULL WHERE kind <> 'reseller'"),
    ("I22", "UPDATE invoicing_invoice SET issued_at = now() - interval '1 hour'"),
    ("I24", "UPDATE invoicing_invoice SET currency = 'eur'"),
    ("I29", "UPDATE invoicing_charge SET net = -1000 WHERE kind = 'refund'"),
    ("I30", "UPDATE invoicing_invoicebalance SET open_amount = open_amount + 1"),
    ("I35", "DELETE FROM invoicing_runcertificate"),
    ("I35", "UPDATE invoicing_runcertificate SET sums = jsonb_set(sums, '{0,documents_net}', '\"1.00\"')"),
    ("I35", "UPDATE invoicing_runcertificate SET unequal = '[{}]', is_complete = false"),
    ("I30", "UPDATE invoicing_payment SET unallocated = unallocated + 1"),
    ("I31", "UPDATE invoicing_charge SET net = net + 1 WHERE released_by_id IS NOT NULL"),
    ("I31", "UPDATE invoicing_charge SET released_by_id = id WHERE kind = 'stub'"),
    ("I32", "UPDATE invoicing_payment SET amount = amount - 1 WHERE reverses_id IS NOT NULL"),
    ("I32", "UPDATE invoicing_charge SET withdrawn_at = now()"),
    ("I03", "UPDATE invoicing_invoicetax SET tax = tax - 0.01 WHERE base = 10"),
]

GUARDED = [
    *("invoicing_charge", "invoicing_invoice", "invoicing_invoicetax", "invoicing_payment", "invoicing_runitem"),
    "accounts_account",
]


@pytest.fixture
def books():
    """The story with every kind of correction: a refund, a credit by amount, an invoice billed anew, a reversal."""
    story = Story.told()
    story.flag(story.a)
    refunded = sold(story.payer, story.b, 2, on=date(2026, 3, 1), refund_policy=RefundPolicy.DAY)
    run = bill(date(2026, 4, 1))
    own, acme = Invoice.objects.filter(run_item__run=run).order_by("sequence")
    schedules.end(schedule=refunded, on=date(2026, 4, 11), by=None, at=NOON + timedelta(days=21))
    bill(date(2026, 5, 1))
    line = own.items.filter(net__gte=12).first()
    facts = {"reason": "Wrong", "by": cleo(), "at": NOON}
    credit(invoice=own, wishes=[Wish(line.pk, amount=Decimal("10.00"))], **facts)
    drive(credit_and_bill_anew(invoice=acme, **facts)[1])
    for amount in ("100.00", "40.00"):
        payment = payments.record(
            bill_to=story.payer,
            amount=eur(amount),
            received_on=NOON.date(),
            reference="",
            method="bank_transfer",
            by=None,
            at=NOON,
        )
    payments.reverse(payment=payment, on=NOON.date(), **facts)
    return story


def sql(statement):
    """As the owner, with every guard switched off: only the audits are left."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in GUARDED:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'x')", [table]
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(statement)


def test_good_books_are_clean(books):
    assert cast.broken() == []


@pytest.mark.parametrize(("code", "corruption"), CORRUPTIONS)
def test_audit_finds_its_corruption(books, code, corruption):
    sql(corruption)

    [finding] = audits.run(only=[code])

    assert finding.code == code
    assert finding.rows


def test_every_audit_has_its_number_once():
    codes = [audit.code for audit in audits.all_audits()]

    assert len(codes) == len(set(codes))
    assert {code for code, _ in CORRUPTIONS} <= set(codes)
