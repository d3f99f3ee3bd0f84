"""Each audit finds its corruption, and nothing on good data."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from config.kernel.money import Money
from invoicing.services import audits, payments
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill

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
    ("I14", "UPDATE invoicing_invoice SET document_type = 'credit', corrects_id = id"),
    ("I15", "UPDATE accounts_account SET bill_to_id = NULL WHERE kind <> 'reseller'"),
    ("I22", "UPDATE invoicing_invoice SET issued_at = now() - interval '1 hour'"),
    ("I24", "UPDATE invoicing_invoice SET currency = 'eur'"),
    ("I30", "UPDATE invoicing_invoicebalance SET open_amount = open_amount + 1"),
    ("I30", "UPDATE invoicing_payment SET unallocated = unallocated + 1"),
]

GUARDED = [
    *("invoicing_charge", "invoicing_invoice", "invoicing_invoicetax", "invoicing_payment", "invoicing_runitem"),
    "accounts_account",
]


@pytest.fixture
def books():
    story = Story.told()
    story.flag(story.a)
    bill(date(2026, 4, 1))
    payments.record(
        bill_to=story.payer,
        amount=Money(Decimal("100.00"), "EUR"),
        received_on=NOON.date(),
        reference="",
        method="bank_transfer",
        by=None,
        at=NOON,
    )
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
