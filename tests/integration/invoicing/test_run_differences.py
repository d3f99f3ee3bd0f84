"""Every account of a run beside its last bill: what is stored at the preview, shown on the pages, and flagged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invoicing.enums import DifferenceKind, ItemState, RunFlag
from invoicing.models import BillingSettings, RunItem
from invoicing.selectors import runs
from invoicing.selectors.comparison import bill_of, comparison_of, issued_comparison
from invoicing.services import billing_runs, schedules
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, sold

pytestmark = pytest.mark.django_db
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def story(db):
    story = Story.told()
    bill(APRIL)
    return story


def preview(through=MAY, **more):
    return drive(billing_runs.start(through=through, by=None, at=NOON, **more))


def told(comparison):
    return {(row.service.beneficiary_name, row.kind): (str(row.amount), row.units) for row in comparison.differences}


def test_the_next_month_differs_by_the_stub_the_new_the_gone_and_the_changed_service(story):
    schedules.end(schedule=story.schedules[1], on=MAY, at=NOON, by=None, reason="Closed")
    schedules.change_quantity(schedule=story.schedules[0], quantity=5, on=date(2026, 4, 16), by=None, at=NOON)
    sold(story.payer, story.b, 2, on=MAY, product_name="Backup")
    april = RunItem.objects.get(run__through=APRIL)

    item = preview().items.get()

    assert (item.previous, item.previous_net) == (april, Decimal("155.23"))
    assert (item.services_new, item.services_gone, item.services_changed) == (1, 1, 2)
    found = comparison_of(runs.calculated(item), bill_of(item.previous_id))
    assert told(found) == {
        ("Acme", DifferenceKind.CHANGED): ("-23.23", 0),
        ("Beta", DifferenceKind.CHANGED): ("36.00", 2),
        ("Beta", DifferenceKind.NEW): ("24.00", 2),
        ("Foundry", DifferenceKind.GONE): ("-24.00", -2),
    }
    assert (item.net, item.change) == (Decimal("168.00"), Decimal("12.77"))
    assert item.change == found.amount == sum(row.amount for row in found.differences)
    assert item.flags == []


def test_an_issued_bill_keeps_what_it_was_compared_with(story):
    sold(story.payer, story.b, 9, on=MAY, product_name="Backup")
    run = preview()
    before = comparison_of(runs.calculated(run.items.get()), bill_of(run.items.get().previous_id))

    drive(billing_runs.issue(run=run, by=None, at=NOON))

    after = issued_comparison(run.items.select_related("run").get())
    assert (told(after), after.amount) == (told(before), before.amount)


def test_outliers_are_flagged_by_the_limits_of_the_settings(story):
    sold(story.payer, story.b, 9, on=MAY, product_name="Backup")

    run = preview()
    assert run.items.get().flags == [RunFlag.HIGHER]

    BillingSettings.objects.update_or_create(pk=1, defaults={"outlier_percent": 60})
    run = drive(billing_runs.preview(run=run, by=None, at=NOON))
    assert run.items.get().flags == [RunFlag.SERVICE]
    BillingSettings.objects.update(outlier_amount=Decimal(500))
    run = drive(billing_runs.preview(run=run, by=None, at=NOON))
    assert run.items.get().flags == []


def test_what_needs_eyes_stands_first(story):
    for name, units in (("Aaa Same", 1), ("Bbb New", 1), ("Ccc Stopped", 1)):
        payer = cast.reseller(name, account_facts={"country": "CY"} if "Stopped" in name else {})
        sold(payer, payer, units, on=APRIL if "Same" in name else MAY)
        if "Same" in name:
            bill(APRIL)

    run = preview()

    shown = [(item.bill_to.name, item.state, item.flags) for item in runs.items_by_attention(run)]
    assert shown == [
        ("Ccc Stopped", ItemState.HELD, []),
        ("Bbb New", ItemState.PREVIEWED, [RunFlag.FIRST]),
        ("Rhodes IT", ItemState.PREVIEWED, []),
        ("Aaa Same", ItemState.PREVIEWED, []),
    ]
    progress, [totals] = runs.progress_of(run), runs.totals_of(run)
    assert progress.flagged == 1
    assert (totals.before.amount, totals.change.amount) == (Decimal("167.23"), Decimal("-11.23"))


def test_an_account_that_is_not_due_any_more_is_named(story):
    lonely = cast.reseller("Once")
    sold(lonely, lonely, 1, on=APRIL, cycle_months=0)
    bill(APRIL)
    bill(APRIL)  # nothing is due any more: the last run that has billed something counts

    run = preview()

    assert list(runs.left_out(run)) == [lonely]
    assert list(runs.left_out(preview(reseller=lonely))) == []


def test_the_database_refuses_a_last_bill_of_another_account_and_unknown_flags(story):
    run = preview(APRIL)
    item = RunItem(run=run, bill_to=story.payer)
    item.save()
    other = cast.reseller("Other")

    with pytest.raises(IntegrityError, match="run_item_previous_same_payer"), transaction.atomic():
        RunItem.objects.create(run=run, bill_to=other, previous=item, previous_net=1)
    with pytest.raises(IntegrityError, match="run_item_previous_pair"), transaction.atomic():
        RunItem.objects.create(run=run, bill_to=other, previous_net=1)
    with pytest.raises(IntegrityError, match="run_item_flags_known"), transaction.atomic():
        RunItem.objects.create(run=run, bill_to=other, flags=["odd"])


def test_comparing_takes_one_query_for_any_number_of_accounts(story):
    from invoicing.selectors.comparison import last_bills

    payers = []
    for n in range(6):
        payers.append(cast.reseller(f"Payer {n}"))
        sold(payers[-1], payers[-1], 1, on=APRIL)
    bill(APRIL)
    run = preview()

    with CaptureQueriesContext(connection) as seen:
        assert len(last_bills([payer.pk for payer in payers], run=run)) == 6
    assert len(seen) == 1
