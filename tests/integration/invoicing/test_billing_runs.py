"""The table of product.md §11.4 through the services, and what a run promises."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.enums import RunState
from invoicing.models import Charge, Invoice, InvoiceItem, NumberSeries
from tests.integration.invoicing.cast import Story, bill

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def story():
    return Story.told()


def counts():
    return (
        Charge.objects.count(),
        Invoice.objects.count(),
        InvoiceItem.objects.count(),
        NumberSeries.objects.get().last_number,
    )


def assert_nothing_new(through=APRIL):
    """The oracle of Kill Bill: after every billing test, another run makes nothing."""
    before = counts()

    again = bill(through)

    assert (again.state, again.items.count(), counts()) == (RunState.DONE, 0, before)


def test_nobody_flagged_makes_one_aggregated_invoice_of_192_49(story):
    run = bill(APRIL)

    assert run.state == RunState.DONE
    invoice = Invoice.objects.get(run_item__run=run)
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("155.23"), Decimal("37.26"), Decimal("192.49"))
    assert invoice.beneficiary is None
    assert invoice.bill_to == story.payer
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
