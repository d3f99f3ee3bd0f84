"""Discounts and one-offs that finance adds by hand, and the next run picks up."""

from decimal import Decimal

import pytest

from config.kernel.money import Money
from invoicing.enums import ExcessDiscounts, ItemState, RunState
from invoicing.models import BillingSettings, Charge, Invoice, InvoiceItem
from invoicing.services import charges
from tests.integration.invoicing import cast
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


def discount(story, amount, *, on=APRIL, beneficiary=None):
    who = beneficiary or story.b
    facts = {"amount": Money(Decimal(amount), "EUR"), "text": f"Off {amount}", "on": on, "by": None, "at": NOON}
    return charges.add_manual(bill_to=story.payer, beneficiary=who, **facts)


def let_discounts_wait():
    BillingSettings.objects.update_or_create(pk=1, defaults={"excess_discounts": ExcessDiscounts.WAIT})


def test_discounts_above_the_charges_hold_the_bill_to_and_say_what_to_do(story):
    discount(story, "-1000.00")

    run = bill(APRIL)

    assert (run.state, run.items.get().state) == (RunState.DONE_WITH_ERRORS, ItemState.HELD)
    reason = run.items.get().reason
    assert "exceed the charges by 844.77 EUR" in reason
    assert "Withdraw the discount and credit an earlier invoice" in reason
    assert not Invoice.objects.filter(run_item__run=run).exists()


def test_discounts_above_the_charges_wait_when_the_organisation_says_so(story):
    let_discounts_wait()
    fits, too_much = discount(story, "-55.23"), discount(story, "-1000.00")

    run = bill(APRIL)

    item = run.items.get()
    assert (item.state, item.net) == (ItemState.DONE, Decimal("100.00"))
    assert item.reason == "Discounts of 1000.00 EUR are larger than the charges; they wait for the next run."
    assert InvoiceItem.objects.filter(charge=fits).exists()
    assert list(Charge.objects.uninvoiced()) == [too_much]
    certificate = run.certificate
    assert [(row["net"], row["reason"]) for row in certificate.left] == [("-1000.00", item.reason)]
    again = bill(APRIL)
    assert (again.items.get().state, again.items.get().documents) == (ItemState.NOTHING_DUE, 0)
    assert Charge.objects.uninvoiced().count() == 1
    assert cast.broken() == []


def test_a_waiting_discount_stands_as_soon_as_it_fits(story):
    let_discounts_wait()
    waits = discount(story, "-170.00")
    bill(APRIL)

    charges.add_manual(
        bill_to=story.payer, beneficiary=story.b, amount=Money(Decimal("170.01"), "EUR"), text="Project", on=APRIL,
        by=None, at=NOON,
    )  # fmt: skip
    bill(APRIL)

    assert InvoiceItem.objects.get(charge=waits).invoice.net == Decimal("0.01")
    assert_nothing_new()


def test_each_separate_invoice_keeps_the_discounts_that_fit_it(story):
    let_discounts_wait()
    story.flag(story.b)
    waits, stands = discount(story, "-36.01"), discount(story, "-24.00", beneficiary=story.f)

    bill(APRIL)

    assert list(Charge.objects.uninvoiced()) == [waits]
    assert InvoiceItem.objects.get(charge=stands).invoice.beneficiary is None
    assert Invoice.objects.filter(beneficiary=story.b).latest("pk").net == Decimal("36.00")


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
