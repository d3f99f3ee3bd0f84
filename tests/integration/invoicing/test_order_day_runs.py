"""Partial charges on the order day: an order is billed at once, by a run of its own."""

from decimal import Decimal

import pytest

from config.kernel.money import Money
from invoicing.enums import RunState
from invoicing.models import BillingRun, Invoice, InvoiceItem
from invoicing.selectors import credit
from resellers.enums import PartialCharges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, grosses, sold
from tests.integration.invoicing.runs import APRIL, assert_nothing_new

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story.told()


def test_order_day_orders_are_billed_at_once_one_order_one_invoice(story, deliver_outbox):
    payer = cast.reseller("Prompt", partial_charges=PartialCharges.ORDER_DAY)
    customer = cast.end_customer("Customer", payer)
    first = cast.opened(payer, customer, 1, on=NOON.date(), order_reference="O-1", product_name="One")
    second = cast.opened(payer, customer, 2, on=NOON.date(), order_reference="O-1", product_name="Two")

    cast.schedules.confirm(schedule=first, start_on=NOON.date(), at=NOON)
    assert not BillingRun.objects.filter(order_reference="O-1").exists()
    cast.schedules.confirm(schedule=second, start_on=NOON.date(), at=NOON)
    run = drive(BillingRun.objects.get(order_reference="O-1"))

    assert run.state == RunState.DONE
    invoice = Invoice.objects.get(run_item__run=run)
    assert (invoice.order_reference, invoice.net) == ("O-1", Decimal("4.65") + Decimal("9.29"))
    assert invoice.issued_on == NOON.date()
    assert credit.exposure(payer).uninvoiced == Money(Decimal("0.00"), "EUR")
    bill(APRIL)
    assert Invoice.objects.filter(bill_to=payer).count() == 2
    assert_nothing_new()


def test_order_day_increase_is_billed_at_once(story):
    payer = cast.reseller("Prompt", partial_charges=PartialCharges.ORDER_DAY)
    schedule = cast.sold(payer, payer, 1, on=NOON.date(), order_reference="O-3")
    drive(BillingRun.objects.get(order_reference="O-3"))

    cast.schedules.change_quantity(schedule=schedule, quantity=3, on=NOON.date(), by=None, at=NOON)
    run = drive(BillingRun.objects.filter(order_reference="O-3").latest("pk"))

    assert InvoiceItem.objects.get(invoice__run_item__run=run).kind == "increase"
    bill(APRIL)
    assert_nothing_new()


def test_schedule_without_an_order_waits_for_the_next_run(story):
    payer = cast.reseller("Prompt", partial_charges=PartialCharges.ORDER_DAY)
    runs = BillingRun.objects.count()

    sold(payer, payer, 1, on=NOON.date())

    assert BillingRun.objects.count() == runs
    assert grosses(bill(NOON.date())) == ["5.77"]


def test_order_day_order_with_a_rejected_item_is_billed_for_the_rest(story):
    payer = cast.reseller("Prompt", partial_charges=PartialCharges.ORDER_DAY)
    first = cast.opened(payer, payer, 1, on=NOON.date(), order_reference="O-2")
    second = cast.opened(payer, payer, 1, on=NOON.date(), order_reference="O-2")

    cast.schedules.confirm(schedule=first, start_on=NOON.date(), at=NOON)
    cast.schedules.void(schedule=second, reason="rejected", at=NOON)

    assert grosses(drive(BillingRun.objects.get(order_reference="O-2"))) == ["5.77"]
