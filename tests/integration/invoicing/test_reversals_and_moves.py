"""Payments taken back by a counter-entry, settlements moved, manual charges withdrawn."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts.models import AuditEvent
from invoicing.models import Charge, Invoice, Payment, PaymentAllocation, TaxRule
from invoicing.selectors.credit import available, exposure
from invoicing.selectors.open_items import settled_by
from invoicing.services import charges, payments, settling
from invoicing.services.credits import credit_whole
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, cleo, eur
from tests.integration.invoicing.runs import assert_nothing_new
from tests.integration.invoicing.test_credit_and_payments import owes, pay

pytestmark = pytest.mark.django_db
APRIL, TODAY = date(2026, 4, 1), NOON.date()


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller(credit_limit=Decimal("5000.00"))


def reverse(payment, **more):
    return payments.reverse(payment=payment, **{"reason": "Bounced", "on": TODAY, "by": cleo(), "at": NOON, **more})


def open_amounts(*invoices):
    return [Invoice.objects.select_related("balance").get(pk=row.pk).balance.open_amount for row in invoices]


def test_reversal_opens_the_invoices_again_and_takes_the_rest_away(payer):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))
    before = available(payer)
    payment = pay(payer, "200.00")
    assert (open_amounts(first, second), available(payer)) == ([0, 0], before + eur("200.00"))

    counter = reverse(payment)

    assert open_amounts(first, second) == [Decimal("124.00"), Decimal("62.00")]
    assert available(payer) == before
    assert exposure(payer).credits == eur("0.00")
    assert (counter.amount, counter.unallocated, counter.reverses) == (Decimal("-200.00"), Decimal("-14.00"), payment)
    assert sum(PaymentAllocation.objects.values_list("amount", flat=True)) == 0
    event = AuditEvent.objects.get(action="payment.reversed")
    assert (event.reason, event.by, event.account) == ("Bounced", cleo(), payer)
    assert_nothing_new(APRIL)


def test_reversed_payment_settles_nothing_any_more(payer):
    payment = pay(payer, "100.00")
    counter = reverse(payment)
    invoice = owes(payer, "10.00")

    for gone in (payment, counter):
        with pytest.raises(payments.AlreadyReversed):
            payments.allocate(payment=gone, by=None, at=NOON)
        with pytest.raises(payments.AlreadyReversed):
            reverse(gone)
        with pytest.raises(settling.Reversed):
            settling.reallocate(source=gone, wanted={invoice: Decimal("1.00")}, reason="x", by=cleo(), at=NOON)
    assert open_amounts(invoice) == [invoice.gross]


def test_reversal_needs_a_reason_and_a_day_after_the_receipt(payer):
    payment = pay(payer, "100.00")

    with pytest.raises(settling.ReasonNeeded):
        reverse(payment, reason=" ")
    with pytest.raises(payments.ReversedTooEarly, match="2026-03-20"):
        reverse(payment, on=TODAY - timedelta(1))
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"amount": Decimal("-99.00")},
        {"unallocated": Decimal(0)},
        {"reason": ""},
        {"amount": Decimal("100.00"), "unallocated": Decimal("100.00")},
    ],
)
def test_database_refuses_a_reversal_of_another_amount(payer, facts):
    payment = pay(payer, "100.00")
    row = {"amount": Decimal("-100.00"), "unallocated": Decimal("-100.00"), "reason": "x", **facts}

    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.create(
            bill_to=payer,
            currency="EUR",
            received_on=TODAY,
            method="bank_transfer",
            recorded_at=NOON,
            reverses=payment,
            **row,
        )


def test_payment_is_moved_to_other_invoices(payer):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))
    payment = pay(payer, "100.00")
    assert open_amounts(first, second) == [Decimal("24.00"), Decimal("62.00")]

    settling.reallocate(
        source=payment,
        wanted={first: Decimal("30.00"), second: Decimal("62.00")},
        reason="As the bank says",
        by=cleo(),
        at=NOON,
    )

    payment.refresh_from_db()
    assert (open_amounts(first, second), payment.unallocated) == ([Decimal("94.00"), 0], Decimal("8.00"))
    assert settled_by(payment) == {first.pk: Decimal("30.00"), second.pk: Decimal("62.00")}
    event = AuditEvent.objects.get(action="settlement.moved")
    assert event.before == {first.number: "100.00"}
    assert event.after == {first.number: "30.00", second.number: "62.00"}
    reverse(payment)
    assert open_amounts(first, second) == [Decimal("124.00"), Decimal("62.00")]
    assert_nothing_new(APRIL)


def test_credit_is_moved_to_another_invoice(payer):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))
    made = credit_whole(invoice=first, reason="Wrong", by=cleo(), at=NOON)

    settling.reallocate(source=made, wanted={second: Decimal("62.00")}, reason="Wish", by=cleo(), at=NOON)

    assert open_amounts(first, second, made) == [Decimal("124.00"), 0, Decimal("62.00")]
    assert exposure(payer).credits == eur("62.00")
    assert_nothing_new(APRIL)


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        (("100.01", "0.00"), settling.MoreThanThereIs),
        (("0.00", "62.01"), settling.TooMuch),
        (("-1.00", "5.00"), settling.TooMuch),
        (("1.001", "5.00"), settling.TooMuch),
    ],
)
def test_impossible_moves_change_nothing(payer, amounts, error):
    first, second = owes(payer, "100.00"), owes(payer, "50.00", APRIL + timedelta(1))
    payment = pay(payer, "100.00")
    wanted = {first: Decimal(amounts[0]), second: Decimal(amounts[1])}

    with pytest.raises(error):
        settling.reallocate(source=payment, wanted=wanted, reason="x", by=cleo(), at=NOON)

    assert open_amounts(first, second) == [Decimal("24.00"), Decimal("62.00")]
    assert PaymentAllocation.objects.count() == 1


def test_foreign_invoice_is_no_target(payer):
    other = cast.reseller("Other")
    foreign, payment = owes(other, "10.00"), pay(payer, "5.00")

    with pytest.raises(settling.NotPayable):
        settling.reallocate(source=payment, wanted={foreign: Decimal("1.00")}, reason="x", by=cleo(), at=NOON)
    with pytest.raises(settling.ReasonNeeded):
        settling.reallocate(source=payment, wanted={}, reason="", by=cleo(), at=NOON)


def manual(payer, amount="-20.00", **more):
    facts = {"beneficiary": payer, "text": "Loyalty", "on": APRIL, "by": cleo(), "at": NOON}
    return charges.add_manual(bill_to=payer, amount=eur(amount), **{**facts, **more})


def test_manual_charge_is_taxed_by_its_product_type(payer):
    TaxRule.objects.create(country="GR", rate=Decimal(13), product_type="training")
    customer = cast.end_customer("Acme", payer)
    manual(payer, "100.00", product_type="training", beneficiary=customer)
    assert exposure(payer).uninvoiced == eur("113.00")

    run = bill(APRIL)

    invoice = Invoice.objects.get(run_item__run=run)
    assert (invoice.tax, invoice.items.get().beneficiary) == (Decimal("13.00"), customer)
    assert_nothing_new(APRIL)


def test_withdrawn_charge_is_never_invoiced_and_kept_with_its_reason(payer):
    charge = manual(payer, "50.00")

    charges.withdraw(charge=charge, reason="Typed twice", by=cleo(), at=NOON)

    assert exposure(payer).uninvoiced == eur("0.00")
    assert bill(APRIL).items.count() == 0
    row = Charge.objects.get()
    assert (row.withdrawn_at, row.withdrawn_by, row.withdraw_reason) == (NOON, cleo(), "Typed twice")
    assert AuditEvent.objects.get(action="charge.withdrawn").reason == "Typed twice"
    assert_nothing_new(APRIL)


def test_only_a_waiting_manual_charge_is_withdrawn(payer):
    cast.sold(payer, payer, 1, on=APRIL)
    done = manual(payer, "50.00")
    bill(APRIL)

    for charge in (done, Charge.objects.get(kind="cycle")):
        with pytest.raises(charges.NotWithdrawable):
            charges.withdraw(charge=charge, reason="x", by=cleo(), at=NOON)
    with pytest.raises(charges.ReasonNeeded):
        charges.withdraw(charge=done, reason="", by=cleo(), at=NOON)
    with pytest.raises(DatabaseError, match="invoiced"), transaction.atomic():
        Charge.objects.filter(pk=done.pk).update(withdrawn_at=NOON, withdrawn_by=cleo(), withdraw_reason="x")


@pytest.mark.parametrize("amount", ["0.00", "0.001", "1000000000000.00"])
def test_impossible_manual_amount_is_refused(payer, amount):
    with pytest.raises(charges.ManualChargeRefused):
        manual(payer, amount)


def test_manual_charge_needs_a_text_and_an_own_beneficiary(payer):
    with pytest.raises(charges.ManualChargeRefused):
        manual(payer, text="  ")
    with pytest.raises(charges.ForeignBeneficiary):
        manual(payer, beneficiary=cast.reseller("Other"))
