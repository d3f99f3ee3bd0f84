"""The table of product.md §11.4 through the services: aggregated, separate, and what stands on the document."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.enums import ItemState, RunState
from invoicing.models import BillingSchedule, Invoice
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import Story, bill, grosses, sold
from tests.integration.invoicing.runs import APRIL, assert_nothing_new, preview

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story.told()


def test_nobody_flagged_makes_one_aggregated_invoice_of_192_49(story):
    run = bill(APRIL)

    invoice = Invoice.objects.get(run_item__run=run)
    assert run.state == RunState.DONE
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("155.23"), Decimal("37.26"), Decimal("192.49"))
    assert (invoice.beneficiary, invoice.bill_to) == (None, story.payer)
    assert (invoice.issued_on, invoice.due_on) == (APRIL, date(2026, 5, 1))
    sums = {}
    for item in invoice.items.order_by("position"):
        sums[item.beneficiary_name] = sums.get(item.beneficiary_name, 0) + item.net
    assert list(sums.items()) == [
        ("Rhodes IT", Decimal("12.00")),
        ("Foundry", Decimal("24.00")),
        ("Acme", Decimal("83.23")),
        ("Beta", Decimal("36.00")),
    ]
    assert_nothing_new()


def test_a_flagged_makes_89_28_and_103_21(story):
    story.flag(story.a)

    run = bill(APRIL)

    assert grosses(run) == ["89.28", "103.21"]
    separate = Invoice.objects.get(run_item__run=run, beneficiary=story.a)
    assert separate.bill_to == story.payer
    assert separate.buyer["name"] == "Rhodes IT"
    assert {item.beneficiary_name for item in separate.items.all()} == {"Acme"}
    assert_nothing_new()


def test_all_flagged_makes_four_invoices_in_name_order(story):
    story.flag(story.a, story.b, story.f)

    run = bill(APRIL)

    assert grosses(run) == ["14.88", "103.21", "44.64", "29.76"]
    names = Invoice.objects.filter(run_item__run=run).order_by("sequence").values_list("beneficiary__name", flat=True)
    assert list(names) == [None, "Acme", "Beta", "Foundry"]
    assert_nothing_new()


def test_own_use_of_a_flagged_bill_to_cannot_exist(story):
    run = preview()

    assert run.items.get().separate == []


def test_number_and_texts_are_copied_to_the_document(story):
    BillingSchedule.objects.filter(beneficiary=story.a).update(tenant_domain="acme.onmicrosoft.com")
    run = bill(APRIL)

    invoice = Invoice.objects.get(run_item__run=run)
    item = invoice.items.get(beneficiary=story.a, kind="stub")
    assert invoice.number == "INV-2026-000002"
    assert invoice.seller["vat_number"] == "EL094019245"
    assert invoice.payment["reference"] == f"{story.payer.code} INV-2026-000002"
    assert (item.product_name, item.tenant_domain, item.mode) == (
        "Business Premium",
        "acme.onmicrosoft.com",
        "end_customer",
    )
    assert (item.period.lower, item.period.upper, item.quantity) == (date(2026, 3, 20), APRIL, 5)
    assert (str(item.factor), item.net) == ("12/31", Decimal("23.23"))


def test_zero_only_group_makes_no_invoice_and_a_zero_line_is_shown(story):
    free = sold(story.payer, story.a, 1, on=APRIL, price=Decimal("0.00"), product_name="Free")
    lonely = cast.reseller("Lonely")
    sold(lonely, lonely, 1, on=APRIL, price=Decimal("0.00"))

    run = bill(APRIL)

    assert run.items.get(bill_to=lonely).state == ItemState.NOTHING_DUE
    assert Invoice.objects.get(run_item__run=run).items.get(charge__schedule=free).net == 0
    assert grosses(run) == ["192.49"]
