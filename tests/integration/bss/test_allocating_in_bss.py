"""One payment for several invoices, an overpayment, and what is left of it settled later."""

from __future__ import annotations

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import StaffRole
from config.kernel.money import Money
from invoicing.models import Payment
from invoicing.selectors import credit
from invoicing.selectors.open_items import settled_by
from invoicing.services import audits, payments
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.conftest import company
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import NOON

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ada(db):
    return company("Thermaikos", 5)


@pytest.fixture
def owed(ada):
    """74.40 and 148.80 open."""
    return [issue(ada.reseller, [Row(ada.acme, quantity=quantity)]) for quantity in (5, 10)]


@pytest.fixture
def finance(client):
    client.force_login(person(StaffRole.FINANCE))
    return client


def recorded(client, ada, amount="300.00", settle="chosen"):
    facts = {"bill_to": ada.reseller.pk, "amount": amount, "received_on": "2026-11-20", "method": "bank_transfer"}
    return client.post(reverse("bss:invoicing_payment_add"), {**facts, "reference": "R-0005", "settle": settle})


def page(payment):
    return reverse("bss:invoicing_payment_allocate", args=[payment.pk])


def test_one_payment_settles_chosen_amounts_and_the_rest_is_credit(finance, ada, owed):
    ada.reseller.reseller.credit_limit = D("1000.00")
    ada.reseller.reseller.save()
    before = credit.available(ada.reseller)
    answer = recorded(finance, ada)
    payment = Payment.objects.get()
    assert answer["Location"] == page(payment)
    assert settled_by(payment) == {}

    finance.post(page(payment), {f"amount_{owed[0].pk}": "74.40", f"amount_{owed[1].pk}": "100.00"})

    payment.refresh_from_db()
    assert settled_by(payment) == {owed[0].pk: D("74.40"), owed[1].pk: D("100.00")}
    assert payment.unallocated == D("125.60")
    assert credit.available(ada.reseller) == before + Money(D("300.00"), "EUR")
    finance.post(page(payment), {"oldest": "1"})
    payment.refresh_from_db()
    assert (settled_by(payment)[owed[1].pk], payment.unallocated) == (D("148.80"), D("76.80"))
    assert audits.run(only=["I30"]) == []


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (("74.41", ""), "at most 74.40"),
        (("70.00", "140.00"), "Together that is more"),
        (("1.005", ""), "decimal places"),
        (("-1", ""), "greater than or equal to 0"),
        (("NaN", ""), "Enter a number"),
    ],
)
def test_more_than_there_is_is_refused_and_nothing_changes(finance, ada, owed, amounts, said):
    recorded(finance, ada, "200.00")
    payment = Payment.objects.get()

    answer = finance.post(page(payment), {f"amount_{row.pk}": text for row, text in zip(owed, amounts, strict=True)})

    assert said in answer.content.decode()
    payment.refresh_from_db()
    assert (settled_by(payment), payment.unallocated) == ({}, D("200.00"))


def test_without_a_choice_the_oldest_are_settled(finance, ada, owed):
    answer = recorded(finance, ada, "80.00", settle="")

    assert answer["Location"].endswith("/payment/")
    assert settled_by(Payment.objects.get()) == {owed[0].pk: D("74.40"), owed[1].pk: D("5.60")}


def test_foreign_invoices_and_reversed_payments_settle_nothing(finance, ada, owed):
    recorded(finance, ada)
    payment, ben = Payment.objects.get(), company("Hellas Cloud", 7)
    other = issue(ben.reseller, [Row(ben.acme)])

    finance.post(page(payment), {f"amount_{other.pk}": "1.00"})
    assert settled_by(payment) == {}
    payments.reverse(payment=payment, reason="Bounced", on=NOON.date(), by=person(StaffRole.ADMIN), at=NOON)
    answer = finance.post(page(payment), {f"amount_{owed[0].pk}": "1.00"})

    assert "reversed already" in answer.content.decode()


@pytest.mark.parametrize("role", [StaffRole.SALES, StaffRole.SUPPORT, StaffRole.READ_ONLY])
def test_others_do_not_allocate(client, role, ada, owed):
    facts = {
        "received_on": NOON.date(),
        "reference": "",
        "method": "bank_transfer",
        "by": None,
        "at": NOON,
        "parts": {},
    }
    payment = payments.record(bill_to=ada.reseller, amount=Money(D("9.00"), "EUR"), **facts)
    client.force_login(person(role))

    assert client.post(page(payment), {"oldest": "1"}).status_code == 403
    assert settled_by(payment) == {}
