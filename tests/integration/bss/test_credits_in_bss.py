"""Credit invoices, reversals, settlements and manual charges through the pages of BSS."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import StaffRole
from invoicing.enums import RefundPolicy
from invoicing.models import BillingRun, Charge, Invoice, Payment
from invoicing.services import billing_runs, charges, payments, schedules
from tests.integration.bss.test_pages import person
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, eur, sold

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
MAY = {StaffRole.ADMIN, StaffRole.FINANCE}


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


@pytest.fixture
def invoice(payer):
    sold(payer, payer, 5, on=MARCH)
    charges.add_manual(bill_to=payer, beneficiary=payer, amount=eur("-5.00"), text="Loyal", on=MARCH, by=None, at=NOON)
    bill(MARCH)
    return Invoice.objects.get()


@pytest.fixture
def finance(client):
    client.force_login(person(StaffRole.FINANCE))
    return client


def paid(payer, amount="50.00"):
    return payments.record(
        bill_to=payer,
        amount=eur(amount),
        received_on=NOON.date(),
        reference="Bank 17",
        method="bank_transfer",
        by=None,
        at=NOON,
    )


def page(name, row):
    return reverse(f"bss:invoicing_{name}", args=[row.pk])


def cycle(invoice):
    return invoice.items.get(kind="cycle").pk


def test_preview_says_what_a_credit_takes_and_settles_and_issues_nothing(finance, invoice):
    url = page("invoice_credit", invoice)
    assert "Line 1: units" in finance.get(url).content.decode()

    answer = finance.post(url, {"act": "preview", "seen": "0", f"units_{cycle(invoice)}": "2"}).content.decode()

    assert "24.00" in answer
    assert "29.76" in answer
    assert answer.count(invoice.number) > 2
    assert Invoice.objects.count() == 1


def test_credit_is_issued_with_its_reason_and_shown_on_both_pages(finance, invoice):
    data = {"act": "issue", "seen": "0", "reason": "Two seats too many", f"units_{cycle(invoice)}": "2"}

    finance.post(page("invoice_credit", invoice), data)

    made = Invoice.objects.get(document_type="credit")
    assert (made.gross, made.reason) == (Decimal("29.76"), "Two seats too many")
    assert made.number in finance.get(page("invoice_change", invoice)).content.decode()
    shown = finance.get(page("invoice_change", made)).content.decode()
    assert "Two seats too many" in shown
    assert invoice.number in shown


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"units": "9"}, "at most 60.00"),
        ({}, "Choose what to credit"),
        ({"units": "1", "amount": "3.00"}, "Choose one way"),
        ({"first": "2026-03-05"}, "the first and the last day"),
        ({"first": "2026-03-05", "last": "2026-03-01"}, "before the first"),
        ({"amount": "abc"}, "Enter a number"),
        ({"amount": "1e99"}, "Ensure"),
        ({"units": "1", "reason": "  "}, "Say why"),
    ],
)
def test_refusal_stands_on_the_page_with_what_was_typed(finance, invoice, typed, says):
    data = {"act": "issue", "seen": "0", "reason": "x"}
    data |= {name if name == "reason" else f"{name}_{cycle(invoice)}": value for name, value in typed.items()}

    answer = finance.post(page("invoice_credit", invoice), data).content.decode()

    assert says in answer
    assert Invoice.objects.count() == 1


def test_second_click_does_nothing(finance, invoice):
    data = {"act": "issue", "seen": "0", "reason": "x", f"amount_{cycle(invoice)}": "5.00"}
    finance.post(page("invoice_credit", invoice), data)

    answer = finance.post(page("invoice_credit", invoice), data).content.decode()

    assert "Another credit of this invoice" in answer
    assert Invoice.objects.filter(document_type="credit").count() == 1


def test_whole_invoice_is_credited(finance, invoice):
    url = page("invoice_credit_whole", invoice)
    assert str(invoice.gross) in finance.get(url).content.decode()

    finance.post(url, {"seen": "0", "reason": "Wrong company"})

    assert Invoice.objects.get(document_type="credit").gross == invoice.gross
    assert "Choose what to credit" in finance.get(url).content.decode()


def test_bill_anew_leads_to_its_run(finance, invoice):
    answer = finance.post(page("invoice_bill_anew", invoice), {"seen": "0", "reason": "Wrong address"})

    run = BillingRun.objects.latest("pk")
    assert answer.url == reverse("bss:invoicing_billingrun_change", args=[run.pk])
    assert cast.drive(run).items.get().gross == invoice.gross


def test_payment_is_reversed_and_its_page_says_so(finance, payer, invoice):
    payment = paid(payer)
    url = page("payment_change", payment)
    assert invoice.number in finance.get(url).content.decode()
    assert "Say why" in finance.post(url, {"reason": "", "on": "2026-03-21"}).content.decode()

    finance.post(url, {"reason": "Bounced", "on": "2026-03-21"})

    assert Payment.objects.get(reverses=payment).reason == "Bounced"
    invoice.balance.refresh_from_db()
    assert invoice.balance.open_amount == invoice.gross
    shown = finance.get(url).content.decode()
    assert "Bounced" in shown
    assert "Reverse the payment" not in shown


def test_settlement_is_moved(finance, payer, invoice):
    payment = paid(payer)
    url = page("payment_settle", payment)

    finance.post(url, {f"amount_{invoice.pk}": "20.00", "reason": "Half of it"})

    payment.refresh_from_db()
    assert payment.unallocated == Decimal("30.00")
    answer = finance.post(url, {f"amount_{invoice.pk}": "51.00", "reason": "x"}).content.decode()
    assert "more than the 50.00" in answer


def test_charge_is_added_for_a_customer_and_withdrawn(finance, payer):
    customer = cast.end_customer("Acme", payer)
    add = reverse("bss:invoicing_charge_add")
    assert payer.name in finance.get(add, {"bill_to": payer.pk}).content.decode()
    data = {"bill_to": payer.pk, "beneficiary": customer.pk, "amount": "-12.50", "text": "Loyalty", "on": "2026-04-01"}

    finance.post(add, data)

    charge = Charge.objects.get()
    assert (charge.net, charge.beneficiary, charge.kind) == (Decimal("-12.50"), customer, "discount")
    overview = finance.get(reverse("bss:resellers_reseller_change", args=[payer.reseller.pk])).content.decode()
    assert f"{add}?bill_to={payer.pk}" in overview
    finance.post(page("charge_change", charge), {"reason": "Typed twice"})
    charge.refresh_from_db()
    assert charge.withdraw_reason == "Typed twice"
    assert "Withdrawn" in finance.get(reverse("bss:invoicing_charge_changelist")).content.decode()


@pytest.mark.parametrize("role", list(StaffRole))
def test_only_finance_and_admin_credit_and_take_back(client, payer, invoice, role):
    payment = paid(payer)
    charge = charges.add_manual(
        bill_to=payer, beneficiary=payer, amount=eur("5.00"), text="Help", on=MARCH, by=None, at=NOON
    )
    client.force_login(person(role))
    acts = [
        (page("invoice_credit", invoice), {"act": "issue", "seen": "0", f"amount_{cycle(invoice)}": "5.00"}),
        (page("invoice_credit_whole", invoice), {"seen": "0"}),
        (page("invoice_bill_anew", invoice), {"seen": "0"}),
        (page("payment_change", payment), {"on": "2026-03-21"}),
        (page("payment_settle", payment), {}),
        (page("charge_change", charge), {}),
    ]

    answers = [client.post(url, data).status_code for url, data in acts]

    assert answers == [200 if role in MAY else 403] * len(acts)
    assert Invoice.objects.count() == 1


def test_preview_of_a_run_shows_its_lines_and_its_credits(finance, payer):
    gone = sold(payer, payer, 5, on=MARCH, refund_policy=RefundPolicy.DAY)
    sold(payer, payer, 2, on=MARCH)
    bill(MARCH)
    schedules.end(schedule=gone, on=date(2026, 3, 22), by=None, at=NOON + timedelta(days=1))
    run = cast.drive(billing_runs.start(through=date(2026, 4, 1), by=None, at=NOON))

    answer = finance.get(reverse("bss:invoicing_runitem", args=[run.items.get().pk])).content.decode()

    assert "24.00" in answer
    assert "19.35" in answer
