"""The bulk switch of separate invoices: the tables of product.md §11.4 side by side, and what it does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.enums import FlagSource
from accounts.models import Account, AuditEvent
from accounts.services.accounts import NeedsBillTo, SeparationUnchanged
from invoicing.enums import ItemState, RunState
from invoicing.models import BillingSettings, Charge, Invoice
from invoicing.selectors.separation import next_due, preview, previewed_items
from invoicing.services import billing_runs, separation
from invoicing.services.separation import NothingToSwitch, SwitchNeedsReason
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, grosses, sold

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def story(db):
    return Story.told()


@pytest.fixture
def cleo(db):
    return cast.cleo()


def told(way):
    return [
        (draft.group.separate_for.name if draft.group.separate_for else None, str(draft.totals.gross))
        for draft in way.drafts
    ]


def test_both_results_are_the_tables_of_the_specification(story):
    everyone = [story.a.pk, story.b.pk, story.f.pk]

    found = preview(story.payer, accounts=everyone, on=True, through=APRIL)

    assert told(found.now) == [(None, "192.49")]
    assert told(found.then) == [(None, "14.88"), ("Acme", "103.21"), ("Beta", "44.64"), ("Foundry", "29.76")]
    assert (found.now.net, found.now.tax, found.now.gross) == (Decimal("155.23"), Decimal("37.26"), Decimal("192.49"))
    assert (found.then.net, found.then.gross, found.tax_difference) == (
        Decimal("155.23"),
        Decimal("192.49"),
        Decimal(0),
    )
    assert [account.name for account in found.changing] == ["Foundry", "Acme", "Beta"]
    [row] = found.rounding
    assert (row.documents, row.bound) == (5, Decimal("0.025"))
    assert not Account.objects.filter(separate_invoices=True).exists()


def test_only_acme_gives_the_second_row_and_the_way_back_is_the_same(story):
    found = preview(story.payer, accounts=[story.a.pk], on=True, through=APRIL)
    assert told(found.then) == [(None, "89.28"), ("Acme", "103.21")]

    story.flag(story.a)
    back = preview(story.payer, accounts=[story.a.pk, story.b.pk], on=False, through=APRIL)
    assert (told(back.now), told(back.then)) == (told(found.then), told(found.now))
    assert [account.name for account in back.changing] == ["Acme"]


def test_the_rounding_difference_is_shown(db):
    cast.organisation()
    cast.vat()
    payer = cast.reseller()
    for name in ("One", "Two", "Three"):
        sold(payer, cast.end_customer(name, payer), 1, on=APRIL, price=Decimal("10.02"))
    everyone = list(Account.objects.filter(bill_to=payer).values_list("pk", flat=True))

    found = preview(payer, accounts=everyone, on=True, through=APRIL)

    assert (found.now.tax, found.then.tax, found.tax_difference) == (Decimal("7.21"), Decimal("7.20"), Decimal("-0.01"))
    [row] = found.rounding
    assert (row.amount, row.bound) == (Decimal("-0.01"), Decimal("0.020"))
    assert found.now.net == found.then.net == Decimal("30.06")


def test_the_preview_is_what_is_issued_after_the_switch(story, cleo):
    everyone = [story.a.pk, story.b.pk]
    found = preview(story.payer, accounts=everyone, on=True, through=APRIL)

    separation.switch_many(bill_to=story.payer, accounts=everyone, on=True, reason="Wish", by=cleo, at=NOON)

    assert grosses(bill(APRIL)) == [gross for _name, gross in told(found.then)]


def test_a_switch_is_told_for_every_account_with_source_and_reason(story, cleo):
    issued = list(Invoice.objects.values_list("number", "gross"))
    foreign = cast.end_customer("Foreign", cast.reseller("Other"))
    story.flag(story.b)

    changed = separation.switch_many(
        bill_to=story.payer,
        accounts=[story.a.pk, story.b.pk, foreign.pk],
        on=True,
        reason=" Asked by phone ",
        by=cleo,
        at=NOON,
    )

    assert [account.name for account in changed] == ["Acme"]
    story.a.refresh_from_db()
    foreign.refresh_from_db()
    assert (story.a.separate_invoices, story.a.separate_invoices_source, story.a.separate_invoices_at) == (
        *(True, FlagSource.BULK),
        NOON,
    )
    assert not foreign.separate_invoices
    events = AuditEvent.objects.filter(action__startswith="account.separate_invoices").order_by("pk")
    assert [(event.account.name, event.reason) for event in events] == [
        ("Acme", "Asked by phone"),
        ("Rhodes IT", "Asked by phone"),
    ]
    assert list(Invoice.objects.values_list("number", "gross")) == issued


def test_what_is_previewed_becomes_changed_at_once_and_is_issued_after_a_new_preview(story, cleo):
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    other = drive(billing_runs.start(through=APRIL, by=None, at=NOON, reseller=story.payer))
    assert previewed_items(story.payer).count() == 2

    separation.switch_many(bill_to=story.payer, accounts=[story.a.pk], on=True, reason="Wish", by=cleo, at=NOON)

    billing_runs.discard(run=other, by=None, at=NOON)
    item = run.items.get()
    assert (item.state, "Preview again" in item.reason) == (ItemState.CHANGED, True)
    run = drive(billing_runs.preview(run=run, by=None, at=NOON))
    run = drive(billing_runs.issue(run=run, by=None, at=NOON))
    assert (run.state, grosses(run)) == (RunState.DONE, ["89.28", "103.21"])


def test_one_account_switched_by_an_operator_is_changed_too(story, cleo):
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))

    separation.switch(account=story.a, on=True, by=cleo, at=NOON)

    story.a.refresh_from_db()
    assert (run.items.get().state, story.a.separate_invoices_source) == (ItemState.CHANGED, FlagSource.OPERATOR)
    with pytest.raises(SeparationUnchanged):
        separation.switch(account=story.a, on=True, by=cleo, at=NOON)
    with pytest.raises(NeedsBillTo):
        separation.switch(account=story.payer, on=True, by=cleo, at=NOON)


@pytest.mark.parametrize(("reason", "error"), [(" ", SwitchNeedsReason), ("Wish", NothingToSwitch)])
def test_a_refused_switch_changes_nothing(story, cleo, reason, error):
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))

    with pytest.raises(error):
        separation.switch_many(bill_to=story.payer, accounts=[story.a.pk], on=False, reason=reason, by=cleo, at=NOON)

    assert run.items.get().state == ItemState.PREVIEWED


def test_the_next_due_day_is_where_the_comparison_starts(story):
    assert next_due(story.payer, today=date(2026, 3, 20)) == APRIL
    assert next_due(story.payer, today=date(2026, 4, 9)) == date(2026, 4, 9)
    assert next_due(cast.reseller("Idle"), today=APRIL) == APRIL


def test_one_invoice_per_month_of_supply_is_honoured_everywhere(story):
    BillingSettings.objects.update_or_create(pk=1, defaults={"by_supply_month": True})
    march, april = date(2026, 3, 1), APRIL
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))

    found = preview(story.payer, accounts=[story.a.pk], on=True, through=APRIL)
    assert [(draft.group.key.supply_month, str(draft.totals.net)) for draft in found.now.drafts] == [
        (march, "23.23"),
        (april, "132.00"),
    ]
    assert [(told(found.then)[at][0], found.then.drafts[at].group.key.supply_month) for at in range(3)] == [
        (None, april),
        ("Acme", march),
        ("Acme", april),
    ]
    assert run.items.get().documents == 2
    run = drive(billing_runs.issue(run=run, by=None, at=NOON))
    assert [
        str(net) for net in Invoice.objects.filter(run_item__run=run).order_by("sequence").values_list("net", flat=True)
    ] == [
        "23.23",
        "132.00",
    ]
    for invoice in Invoice.objects.filter(run_item__run=run):
        assert len({item.period.lower.replace(day=1) for item in invoice.items.all()}) == 1
    assert not Charge.objects.uninvoiced().filter(invoice_on__lte=APRIL).exists()
    assert cast.broken() == []


def test_the_option_switched_after_the_preview_makes_it_changed(story):
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    BillingSettings.objects.update_or_create(pk=1, defaults={"by_supply_month": True})

    run = drive(billing_runs.issue(run=run, by=None, at=NOON))

    assert (run.state, run.items.get().state, grosses(run)) == (RunState.PREVIEWED, ItemState.CHANGED, [])
