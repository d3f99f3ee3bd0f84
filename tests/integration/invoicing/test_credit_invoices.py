"""Credit invoices by hand: what they take, what they settle (§12.1 of product.md), and what is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from config.kernel.periods import Period
from invoicing.enums import InvoiceStatus
from invoicing.models import Charge, Invoice, InvoiceItem, TaxRule
from invoicing.selectors import invoice_pages
from invoicing.selectors.credit import available
from invoicing.selectors.credits import (
    CategoryOverCredited,
    NotAnInvoice,
    NothingToCredit,
    OverCredited,
    Wish,
    lines_of,
)
from invoicing.services import charges, payments
from invoicing.services import credits as credit_invoices
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, cleo, drive, eur, sold
from tests.integration.invoicing.runs import assert_nothing_new

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def story():
    told = Story.told()
    pay(told.payer, "89.28")  # March is paid, so that April's invoice is the oldest one
    bill(APRIL)
    return told


def pay(payer, amount, **more):
    facts = {"received_on": NOON.date(), "reference": "", "method": "bank_transfer", "by": None, "at": NOON}
    return payments.record(bill_to=payer, amount=eur(amount), **{**facts, **more})


def april():
    return Invoice.objects.filter(document_type="debit").latest("pk")


def item_of(invoice, **facts):
    return invoice.items.filter(**facts).order_by("position").first()


def credit(invoice, *wishes, **more):
    facts = {"reason": "Wrong quantity", "by": cleo(), "at": NOON}
    return credit_invoices.credit(invoice=invoice, wishes=wishes, **{**facts, **more})


def status(invoice):
    [row] = invoice_pages.one_of(invoice.bill_to, invoice.public_id)
    return row.balance.open_amount, invoice_pages.status_of(row, APRIL)


def owes(payer, net, on=APRIL, **more):
    charges.add_manual(
        bill_to=payer, beneficiary=payer, amount=eur(net), text="Project", on=on, by=None, at=NOON, **more
    )
    run = bill(on, reseller=payer)
    return Invoice.objects.get(run_item__run=run)


def test_relation_and_part_payment_of_the_specification(story):
    """AC14: 192.49 open; a credit of 19.35 net leaves 168.50; a payment of 168.50 makes it paid."""
    invoice = april()
    assert status(invoice) == (Decimal("192.49"), InvoiceStatus.OPEN)
    line = item_of(invoice, beneficiary_name="Acme", kind="cycle")
    before = available_now(story.payer)

    made = credit(invoice, Wish(line.pk, amount=Decimal("19.35")))

    assert (made.number, made.net, made.tax, made.gross) == (
        "CRN-2026-000001",
        Decimal("19.35"),
        Decimal("4.64"),
        Decimal("23.99"),
    )
    assert (made.corrects, made.bill_to, made.beneficiary, made.currency) == (invoice, story.payer, None, "EUR")
    assert status(invoice) == (Decimal("168.50"), InvoiceStatus.PART_PAID)
    assert status(made) == (Decimal("0.00"), InvoiceStatus.APPLIED)
    assert available_now(story.payer) == before + eur("23.99")
    pay(story.payer, "168.50")
    assert status(invoice) == (Decimal("0.00"), InvoiceStatus.PAID)
    assert_nothing_new()
    event = AuditEvent.objects.filter(action="credit.issued").get()
    assert (event.reason, event.by) == ("Wrong quantity", cleo())


def available_now(payer):
    payer.reseller.credit_limit = Decimal("5000.00")
    return available(payer)


def test_units_days_and_amounts_of_lines(story):
    invoice = april()
    beta, own = item_of(invoice, beneficiary_name="Beta"), item_of(invoice, beneficiary=story.payer)
    acme = item_of(invoice, beneficiary_name="Acme", kind="cycle")

    made = credit(
        invoice,
        Wish(beta.pk, units=2),
        Wish(acme.pk, period=Period(date(2026, 4, 21), date(2026, 5, 1)), units=5),
        Wish(own.pk),
    )

    lines = made.items.order_by("position").values_list(
        "beneficiary_name", "quantity", "unit_price", "factor_numerator", "factor_denominator", "net"
    )
    assert list(lines) == [
        ("Rhodes IT", 1, Decimal("12.00"), 1, 1, Decimal("12.00")),
        ("Acme", 5, Decimal("12.00"), 1, 3, Decimal("20.00")),
        ("Beta", 2, Decimal("12.00"), 1, 1, Decimal("24.00")),
    ]
    assert {line.item_id: (line.units, line.room) for line in lines_of(invoice)}[beta.pk] == (1, Decimal("12.00"))
    assert_nothing_new()


@pytest.mark.parametrize(
    "wish",
    [
        {"units": 4},
        {"units": 0},
        {"amount": Decimal("36.01")},
        {"amount": Decimal("0.00")},
        {"amount": Decimal("-1.00")},
        {"amount": Decimal("1.001")},
        {"period": Period(date(2026, 4, 1), date(2026, 5, 2))},
        {"period": Period(date(2026, 4, 1), date(2026, 4, 3)), "units": 4},
    ],
)
def test_more_than_the_line_has_is_refused(story, wish):
    invoice = april()
    beta = item_of(invoice, beneficiary_name="Beta")

    with pytest.raises(OverCredited, match="36"):
        credit(invoice, Wish(beta.pk, **wish))

    assert not Invoice.objects.filter(document_type="credit").exists()


def test_second_credit_gets_only_what_is_left(story):
    invoice = april()
    beta = item_of(invoice, beneficiary_name="Beta")
    credit(invoice, Wish(beta.pk, units=2))

    with pytest.raises(OverCredited, match="12"):
        credit(invoice, Wish(beta.pk, units=2))
    with pytest.raises(OverCredited):
        credit(invoice, Wish(beta.pk, amount=Decimal("12.01")))
    credit(invoice, Wish(beta.pk))
    with pytest.raises(NothingToCredit):
        credit(invoice, Wish(beta.pk))
    assert_nothing_new()


def test_whole_invoice_is_credited_to_the_cent(story):
    invoice = april()
    credit(invoice, Wish(item_of(invoice, beneficiary_name="Beta").pk, amount=Decimal("0.02")))

    made = credit_invoices.credit_whole(invoice=invoice, reason="Wrong address", by=cleo(), at=NOON)

    assert status(invoice) == (Decimal("0.00"), InvoiceStatus.CREDITED)
    assert made.gross + Decimal("0.02") == invoice.gross
    with pytest.raises(NothingToCredit):
        credit_invoices.credit_whole(invoice=invoice, reason="Again", by=cleo(), at=NOON)
    assert_nothing_new()


def test_credit_follows_invoice_then_its_beneficiary_then_the_oldest():
    told = Story.told()
    told.flag(told.a, told.b)
    run = bill(APRIL)
    rest, acme, beta = Invoice.objects.filter(run_item__run=run).order_by("sequence")
    march = Invoice.objects.order_by("pk").first()
    pay(told.payer, str(acme.gross), allocate_to=[acme])
    second = bill_acme(told)

    made = credit_invoices.credit_whole(invoice=acme, reason="Wrong", by=cleo(), at=NOON)

    settled = made.settles.order_by("pk").values_list("invoice", "amount")
    left = made.gross - second.gross
    assert list(settled) == [(second.pk, second.gross), (march.pk, left)]
    assert (rest.balance.open_amount, beta.balance.open_amount) == (rest.gross, beta.gross)
    assert cast.broken() == []


def bill_acme(told):
    charges.add_manual(
        bill_to=told.payer, beneficiary=told.a, amount=eur("20.00"), text="Help", on=APRIL, by=None, at=NOON
    )
    run = bill(APRIL)
    return Invoice.objects.get(run_item__run=run)


def test_credit_bigger_than_what_is_open_stays_available():
    """Edge case 21."""
    told = Story.told()
    march = Invoice.objects.get()
    pay(told.payer, "89.28")
    made = credit_invoices.credit_whole(invoice=march, reason="Wrong", by=cleo(), at=NOON)

    assert status(made) == (march.gross, InvoiceStatus.UNAPPLIED)
    assert available_now(told.payer) == eur("5000.00") + eur("89.28") - eur("28.81")


def test_credit_of_a_discounted_invoice_stays_within_it():
    """Edge case 3: discount and charge on one invoice; what was really charged is all that comes back."""
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    sold(payer, payer, 5, on=APRIL)
    charges.add_manual(
        bill_to=payer, beneficiary=payer, amount=eur("-20.00"), text="Loyalty", on=APRIL, by=None, at=NOON
    )
    bill(APRIL)
    invoice = Invoice.objects.get()
    cycle, discount = item_of(invoice, kind="cycle"), item_of(invoice, kind="discount")

    with pytest.raises(CategoryOverCredited, match="40"):
        credit(invoice, Wish(cycle.pk))
    with pytest.raises(NothingToCredit):
        credit(invoice, Wish(discount.pk))
    made = credit_invoices.credit_whole(invoice=invoice, reason="All of it", by=cleo(), at=NOON)

    assert (made.net, made.gross) == (Decimal("40.00"), invoice.gross)
    assert_nothing_new()


def test_tax_of_many_small_credits_never_exceeds_the_invoices():
    cast.organisation()
    TaxRule.objects.create(country="GR", rate=Decimal(19))
    payer = cast.reseller()
    invoice = owes(payer, "1.50")
    assert invoice.tax == Decimal("0.29")
    line = invoice.items.get()

    taxes = [credit(invoice, Wish(line.pk, amount=Decimal("0.50"))).tax for _turn in range(3)]

    assert taxes == [Decimal("0.10"), Decimal("0.09"), Decimal("0.10")]
    assert status(invoice) == (Decimal("0.00"), InvoiceStatus.CREDITED)
    assert_nothing_new()


def test_zero_price_line_is_credited_with_the_whole():
    """Edge case 13."""
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    sold(payer, payer, 3, on=APRIL, price=Decimal(0))
    sold(payer, payer, 1, on=APRIL)
    bill(APRIL)

    made = credit_invoices.credit_whole(invoice=Invoice.objects.get(), reason="All", by=cleo(), at=NOON)

    assert sorted(made.items.values_list("quantity", "net")) == [(1, Decimal("12.00")), (3, Decimal("0.00"))]
    assert cast.broken() == []


@pytest.mark.parametrize("reason", ["", "  "])
def test_reason_is_needed(story, reason):
    with pytest.raises(credit_invoices.ReasonNeeded):
        credit(april(), reason=reason)


def test_page_that_is_out_of_date_is_refused(story):
    invoice = april()
    line = item_of(invoice, beneficiary_name="Beta")
    credit(invoice, Wish(line.pk, amount=Decimal("5.00")), seen=0)

    with pytest.raises(credit_invoices.CreditedMeanwhile):
        credit(invoice, Wish(line.pk, amount=Decimal("5.00")), seen=0)


def test_credit_invoice_and_foreign_lines_are_not_credited(story):
    invoice = april()
    march = Invoice.objects.order_by("pk").first()
    made = credit(invoice, Wish(item_of(invoice, beneficiary_name="Beta").pk))

    with pytest.raises(NotAnInvoice):
        credit(made, Wish(made.items.get().pk))
    with pytest.raises(NotAnInvoice):
        credit_invoices.credit_whole(invoice=made, reason="x", by=cleo(), at=NOON)
    with pytest.raises(NothingToCredit):
        credit(invoice, Wish(march.items.first().pk))


def test_series_of_credits_is_its_own_and_follows_the_dates(story):
    invoice = april()
    line = item_of(invoice, beneficiary_name="Acme", kind="cycle")
    numbers = [credit(invoice, Wish(line.pk, amount=Decimal("1.00")), at=NOON + timedelta(days)) for days in (40, 0)]

    assert [row.number for row in numbers] == ["CRN-2026-000001", "CRN-2026-000002"]
    assert [row.issued_on for row in numbers] == [date(2026, 4, 29), date(2026, 4, 29)]
    assert cast.broken() == []


def test_credit_and_bill_anew_charges_the_same_with_todays_data(story):
    invoice = april()
    story.payer.city = "Volos"
    story.payer.save()
    story.flag(story.a)

    made, run = credit_invoices.credit_and_bill_anew(invoice=invoice, reason="Wrong address", by=cleo(), at=NOON)
    assert Charge.objects.uninvoiced().count() == invoice.items.count()
    drive(run)

    anew = Invoice.objects.filter(run_item__run=run).order_by("sequence")
    assert [(row.gross, row.buyer["city"]) for row in anew] == [
        (Decimal("89.28"), "Volos"),
        (Decimal("103.21"), "Volos"),
    ]
    assert (made.gross, made.buyer["city"], status(invoice)[1]) == (invoice.gross, "", InvoiceStatus.CREDITED)
    old = Charge.objects.filter(invoice_item__invoice=invoice)
    assert {charge.released_by.net for charge in old} == {charge.net for charge in old}
    assert_nothing_new()


def test_bill_anew_refuses_a_line_that_is_credited_in_part(story):
    invoice = april()
    credit(invoice, Wish(item_of(invoice, beneficiary_name="Beta").pk, units=1))

    with pytest.raises(credit_invoices.PartlyCredited):
        credit_invoices.credit_and_bill_anew(invoice=invoice, reason="x", by=cleo(), at=NOON)

    assert Charge.objects.filter(released_by__isnull=False).count() == 0


def test_queries_do_not_grow_with_the_lines(story):
    counts = []
    for wishes in (1, 3):
        invoice = april()
        items = list(invoice.items.order_by("position"))[:wishes]
        with CaptureQueriesContext(connection) as captured:
            credit(invoice, *(Wish(item.pk, amount=Decimal("0.01")) for item in items))
        counts.append(len([query for query in captured if "SAVEPOINT" not in query["sql"]]))

    assert counts[1] <= counts[0], counts


@pytest.mark.parametrize("change", ["net = 60.01", "tax_rate = 5", "beneficiary_id = bill_to_id"])
def test_database_refuses_an_over_credit_whoever_writes(story, change):
    invoice = april()
    line = item_of(invoice, beneficiary_name="Acme", kind="cycle")
    made = credit(invoice, Wish(line.pk, amount=Decimal("1.00")))
    columns = ", ".join(field.column for field in InvoiceItem._meta.concrete_fields if field.name != "id")
    name, value = change.split(" = ")
    values = columns.replace(name, f"{value} AS {name}").replace("position", "2 AS position")

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    with pytest.raises(DatabaseError, match="credit"), transaction.atomic():
        connection.cursor().execute(
            f"INSERT INTO invoicing_invoiceitem ({columns}) SELECT {values} FROM invoicing_invoiceitem "
            f"WHERE invoice_id = {made.pk}"
        )
