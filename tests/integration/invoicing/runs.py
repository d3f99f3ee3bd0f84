"""What tests of billing runs do and ask again and again."""

from datetime import date

from invoicing.enums import RunState
from invoicing.models import Charge, Invoice, InvoiceItem, NumberSeries
from invoicing.services import billing_runs
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, drive

APRIL = date(2026, 4, 1)


def counts():
    numbers = NumberSeries.objects.values_list("last_number", flat=True)
    return Charge.objects.count(), Invoice.objects.count(), InvoiceItem.objects.count(), sum(numbers)


def assert_nothing_new(through=APRIL):
    """The oracle of Kill Bill: after every billing test another run makes nothing, and the audits are clean."""
    before = counts()

    again = bill(through)

    assert (again.state, again.items.count(), counts()) == (RunState.DONE, 0, before)
    assert cast.broken() == []


def preview(through=APRIL, **more):
    return drive(billing_runs.start(through=through, by=None, at=NOON, **more))


def issue(run):
    return drive(billing_runs.issue(run=run, by=None, at=NOON))
