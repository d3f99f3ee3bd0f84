"""Two people at one line, a credit and a payment, a reversal and an allocation: real threads (R12, R14)."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.kernel.errors import DomainError
from invoicing.enums import ChargeKind, RefundPolicy
from invoicing.models import Charge, Invoice, NumberSeries, Payment
from invoicing.selectors.credits import Wish, draft
from invoicing.services import credit_documents, payments, schedules
from invoicing.services.credits import credit, credit_whole
from tests.faults.invoicing.test_numbers import apart
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, cleo, eur, sold

pytestmark = pytest.mark.django_db(transaction=True)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
THREADS = 6


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


@pytest.fixture
def invoice(payer):
    sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    bill(MARCH)
    return Invoice.objects.get()


def together(*works):
    """Run these at the same moment; return what each gave or refused with."""
    gate = threading.Barrier(len(works))

    def one(place):
        gate.wait()
        try:
            return works[place]()
        except (DomainError, IntegrityError) as refusal:
            return refusal

    return apart(one, len(works))


def refusals(results):
    return [result for result in results if isinstance(result, Exception)]


def clean():
    return [finding for finding in cast.broken() if finding.code != "I21"] == []


def test_line_is_credited_once_however_many_try(invoice):
    line, by = invoice.items.get(), cleo()

    def work():
        return credit(invoice=invoice, wishes=[Wish(line.pk, units=3)], reason="Wrong", by=by, at=NOON)

    results = together(*[work] * THREADS)

    assert len(refusals(results)) == THREADS - 1
    assert Invoice.objects.get(document_type="credit").net == Decimal("36.00")
    assert NumberSeries.objects.get(document_type="credit").last_number == 1
    assert clean()


def test_without_the_lock_the_database_still_refuses(invoice):
    """The negative control of the lock: each thread computes before any has written; the trigger says no."""
    line, by = invoice.items.get(), cleo()
    computed = threading.Barrier(2)

    def careless():
        with transaction.atomic():
            made = draft(invoice, [Wish(line.pk, units=3)], reason="Wrong")
            computed.wait()
            return credit_documents.issue(drafts=[made], on=APRIL, by=by, at=NOON)

    results = together(careless, careless)

    [refusal] = refusals(results)
    assert isinstance(refusal, IntegrityError)
    assert "credits never exceed" in str(refusal)
    assert Invoice.objects.filter(document_type="credit").count() == 1
    assert clean()


def test_numbers_of_credits_have_no_gap(invoice):
    line, by = invoice.items.get(), cleo()

    def work():
        return credit(invoice=invoice, wishes=[Wish(line.pk, amount=Decimal("1.00"))], reason="x", by=by, at=NOON)

    assert refusals(together(*[work] * THREADS)) == []
    numbers = Invoice.objects.filter(document_type="credit").order_by("sequence").values_list("sequence", flat=True)
    assert list(numbers) == list(range(1, THREADS + 1))
    assert clean()


def test_credit_and_payment_settle_the_same_invoice_once(invoice, payer):
    by = cleo()

    def pay():
        return payments.record(
            bill_to=payer,
            amount=eur("74.40"),
            received_on=NOON.date(),
            reference="",
            method="bank_transfer",
            by=None,
            at=NOON,
        )

    results = together(pay, lambda: credit_whole(invoice=invoice, reason="Wrong", by=by, at=NOON))

    assert refusals(results) == []
    open_amounts = {row.document_type: row.balance.open_amount for row in Invoice.objects.select_related("balance")}
    left = open_amounts["credit"] + Payment.objects.get().unallocated
    assert (open_amounts["debit"], left) == (0, Decimal("74.40"))
    assert clean()


def test_reversal_and_allocation_leave_the_books_even(invoice, payer):
    payment = payments.record(
        bill_to=payer,
        amount=eur("100.00"),
        received_on=NOON.date(),
        reference="",
        method="bank_transfer",
        by=None,
        at=NOON,
        allocate_to=[],
    )
    by = cleo()

    together(
        lambda: payments.allocate(payment=payment, by=None, at=NOON),
        lambda: payments.reverse(payment=payment, reason="Bounced", on=NOON.date(), by=by, at=NOON),
        lambda: payments.reverse(payment=payment, reason="Bounced", on=NOON.date(), by=by, at=NOON),
    )

    assert Payment.objects.count() == 2
    invoice.balance.refresh_from_db()
    assert invoice.balance.open_amount == invoice.gross
    assert sum(Payment.objects.values_list("unallocated", flat=True)) == 0
    assert clean()


def test_fewer_units_and_the_end_at_once_refund_each_unit_once(invoice):
    schedule = schedules.BillingSchedule.objects.get()
    at, on = NOON, date(2026, 3, 21)

    together(
        lambda: schedules.change_quantity(schedule=schedule, quantity=2, on=on, by=None, at=at),
        lambda: schedules.end(schedule=schedule, on=on, by=None, at=at),
    )

    refunded = Charge.objects.filter(kind=ChargeKind.REFUND).values_list("quantity", flat=True)
    assert sum(refunded) == -5
    bill(APRIL, at=timezone.now())
    assert clean()


def test_without_the_lock_one_of_two_changes_of_a_service_is_refused_by_the_database(invoice, monkeypatch):
    """R12's negative control: both read the service before either has written; the change's number is unique."""
    schedule = schedules.BillingSchedule.objects.get()
    at, on, read = NOON, date(2026, 3, 21), threading.Barrier(2)

    def careless(row):
        found = type(row).objects.get(pk=row.pk)
        if isinstance(found, schedules.BillingSchedule):
            read.wait(20)
        return found

    monkeypatch.setattr(schedules, "lock", careless)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_how: rows)
    results = together(
        lambda: schedules.change_quantity(schedule=schedule, quantity=2, on=on, by=None, at=at),
        lambda: schedules.end(schedule=schedule, on=on, by=None, at=at),
    )

    [refusal] = refusals(results)
    assert isinstance(refusal, IntegrityError)
    assert clean()
