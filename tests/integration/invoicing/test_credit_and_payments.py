"""The credit figures of product.md §8, and what a payment does."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.kernel.money import Money
from invoicing.enums import InvoiceStatus
from invoicing.models import BillingSchedule, Invoice, PaymentAllocation
from invoicing.selectors import credit
from invoicing.selectors.open_items import open_invoices_of, open_totals, payments_of
from invoicing.services import charges, payments, settling
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, opened, sold

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


def eur(amount):
    return Money(Decimal(amount), "EUR")


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller(credit_limit=Decimal("5000.00"))


def owes(payer, net, on=APRIL):
    """An issued invoice of this net amount."""
    charges.add_manual(bill_to=payer, beneficiary=payer, amount=eur(net), text="Project", on=on, by=None, at=NOON)
    run = bill(on, reseller=payer)
    return Invoice.objects.get(run_item__run=run)


def pay(payer, amount, **more):
    facts = {"received_on": NOON.date(), "reference": "", "method": "bank_transfer", "by": None, "at": NOON}
    return payments.record(bill_to=payer, amount=eur(amount), **{**facts, **more})


def test_figures_of_the_specification(payer):
    """Limit 5,000; unpaid 3,200; uninvoiced 180 leave 1,620; a payment of 100 makes it 1,720."""
    assert owes(payer, "2580.65").gross == Decimal("3200.01")
    pay(payer, "0.01")
    sold(payer, payer, 1, on=APRIL, price=Decimal("145.16"))

    view = credit.exposure(payer)

    assert (view.limit, view.open_invoices, view.uninvoiced) == (eur("5000.00"), eur("3200.00"), eur("180.00"))
    assert view.available == credit.available(payer) == eur("1620.00")
    assert view.used == eur("3380.00")
    pay(payer, "100.00")
    assert credit.available(payer) == eur("1720.00")
    pending = opened(payer, payer, 1, on=APRIL, price=Decimal("1370.97"))
    assert pending.first_period_gross == Decimal("1700.00")
    assert credit.available(payer) == eur("20.00")


def test_no_limit_is_unlimited_and_zero_means_prepayment(payer):
    payer.reseller.credit_limit = None
    payer.reseller.save()
    assert credit.available(payer) is None

    payer.reseller.credit_limit = Decimal(0)
    payer.reseller.save()
    assert credit.available(payer) == eur("0.00")
    pay(payer, "50.00")
    assert credit.available(payer) == eur("50.00")


def test_void_schedule_frees_the_credit_and_confirming_keeps_it_taken(payer):
    first = opened(payer, payer, 1, on=APRIL)
    second = opened(payer, payer, 1, on=APRIL)
    assert credit.exposure(payer).pending == eur("29.76")

    cast.schedules.void(schedule=first, reason="rejected by the vendor", at=NOON)
    assert credit.available(payer) == eur("4985.12")

    cast.schedules.confirm(schedule=second, start_on=APRIL, at=NOON)
    view = credit.exposure(payer)
    assert (view.pending, view.uninvoiced, view.available) == (eur("0.00"), eur("14.88"), eur("4985.12"))
    bill(APRIL)
    assert credit.exposure(payer).available == eur("4985.12")


def test_payment_settles_the_oldest_first_and_the_rest_stays_as_credit(payer):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))

    payment = pay(payer, "150.00")

    assert list(PaymentAllocation.objects.order_by("pk").values_list("invoice", "amount")) == [
        (first.pk, Decimal("124.00")),
        (second.pk, Decimal("26.00")),
    ]
    assert [row.open_amount for row in open_invoices_of(payer)] == [Decimal("36.00")]
    assert payment.unallocated == 0

    payment = pay(payer, "40.00")
    assert payment.unallocated == Decimal("4.00")
    assert credit.exposure(payer).credits == eur("4.00")
    assert credit.available(payer) == eur("5004.00")
    assert open_totals(payer, on=APRIL).total == eur("0.00")
    assert next(iter(payments_of(payer))) == payment
    assert cast.broken() == []


def test_payment_settles_the_chosen_invoices(payer):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))

    pay(payer, "62.00", allocate_to=[second])

    first.refresh_from_db()
    assert first.balance.open_amount == Decimal("124.00")
    assert second.balance.open_amount == 0
    with pytest.raises(settling.NotPayable):
        pay(payer, "1.00", allocate_to=[second])


def test_rest_of_a_payment_is_allocated_later(payer):
    payment = pay(payer, "100.00")
    invoice = owes(payer, "50.00")

    payment = payments.allocate(payment=payment, by=None, at=NOON)

    assert payment.unallocated == Decimal("38.00")
    assert open_totals(payer, on=APRIL).invoices == 0
    assert invoice.balance.open_amount == 0
    assert cast.broken() == []


def test_foreign_invoice_cannot_be_paid(payer):
    other = cast.reseller("Other")
    invoice = owes(other, "10.00")

    with pytest.raises(settling.NotPayable):
        pay(payer, "10.00", allocate_to=[invoice])
    assert PaymentAllocation.objects.count() == 0


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "0.001", "1000000000000.00"])
def test_impossible_amount_is_refused(payer, amount):
    with pytest.raises(payments.NotAnAmount):
        pay(payer, amount)


def test_wrong_currency_day_and_account_are_refused(payer):
    with pytest.raises(payments.WrongCurrency, match="EUR"):
        payments.record(
            bill_to=payer,
            amount=Money(Decimal(1), "USD"),
            received_on=NOON.date(),
            reference="",
            method="bank_transfer",
            by=None,
            at=NOON,
        )
    with pytest.raises(payments.ReceivedLater):
        pay(payer, "1.00", received_on=NOON.date() + timedelta(1))
    with pytest.raises(payments.NotABillTo):
        pay(cast.end_customer("Acme", payer), "1.00")


def test_status_follows_open_amount_and_due_date(payer):
    invoice = owes(payer, "100.00")

    def status(on):
        invoice.balance.refresh_from_db()
        return invoice.status(open_amount=invoice.balance.open_amount, on=on)

    assert status(invoice.due_on) == InvoiceStatus.OPEN
    pay(payer, "24.00")
    assert status(invoice.due_on) == InvoiceStatus.PART_PAID
    assert status(invoice.due_on + timedelta(1)) == InvoiceStatus.OVERDUE
    assert open_totals(payer, on=invoice.due_on + timedelta(1)).overdue == eur("100.00")
    pay(payer, "100.00")
    assert status(invoice.due_on + timedelta(1)) == InvoiceStatus.PAID


def test_bill_to_without_a_tax_rule_has_its_net_as_exposure(payer):
    abroad = cast.reseller("Abroad", account_facts={"country": "CY"}, credit_limit=Decimal(100))
    sold(abroad, abroad, 1, on=APRIL)

    assert credit.available(abroad) == eur("88.00")
    assert BillingSchedule.objects.get(bill_to=abroad).first_period_gross == Decimal("12.00")
