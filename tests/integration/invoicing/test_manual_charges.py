"""Discounts and one-offs that finance adds by hand, and the next run picks up."""

from decimal import Decimal

import pytest

from config.kernel.money import Money
from invoicing.enums import ItemState, RunState
from invoicing.models import Invoice, InvoiceItem
from invoicing.services import charges
from tests.integration.invoicing.cast import NOON, Story, bill
from tests.integration.invoicing.runs import APRIL, assert_nothing_new

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story.told()


def test_manual_discount_is_picked_up_by_the_next_run(story):
    charges.add_manual(
        bill_to=story.payer,
        beneficiary=story.b,
        amount=Money(Decimal("-6.00"), "EUR"),
        text="Goodwill",
        on=APRIL,
        by=None,
        at=NOON,
    )

    run = bill(APRIL)

    item = InvoiceItem.objects.get(kind="discount")
    assert (item.product_name, item.net, item.beneficiary_name) == ("Goodwill", Decimal("-6.00"), "Beta")
    assert Invoice.objects.get(run_item__run=run).net == Decimal("149.23")
    assert_nothing_new()


def test_discounts_above_the_charges_hold_the_bill_to(story):
    charges.add_manual(
        bill_to=story.payer,
        beneficiary=story.b,
        amount=Money(Decimal("-1000.00"), "EUR"),
        text="Too much",
        on=APRIL,
        by=None,
        at=NOON,
    )

    run = bill(APRIL)

    assert (run.state, run.items.get().state) == (RunState.DONE_WITH_ERRORS, ItemState.HELD)
    assert "exceed the charges" in run.items.get().reason


@pytest.mark.parametrize(("amount", "text"), [("0.00", "x"), ("5.00", " "), ("0.004", "x")])
def test_manual_charge_needs_amount_and_text(story, amount, text):
    with pytest.raises(charges.ManualChargeRefused, match="EUR"):
        charges.add_manual(
            bill_to=story.payer,
            beneficiary=story.b,
            amount=Money(Decimal(amount), "EUR"),
            text=text,
            on=APRIL,
            by=None,
            at=NOON,
        )
