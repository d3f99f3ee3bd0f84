"""What a billing run promises: preview, hold, park, issue, numbers, and nothing the second time."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from config.kernel.errors import InvalidTransition
from config.kernel.money import Money
from invoicing.enums import ItemState, RunState
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem, RunItem, TaxRule
from invoicing.selectors.runs import calculated, progress_of, stopped_items, totals_of
from invoicing.services import billing_runs, issuing, run_work
from invoicing.services.billing_runs import AlreadyRunning, NotAReseller, ReasonNeeded
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, grosses, sold
from tests.integration.invoicing.runs import APRIL, assert_nothing_new, counts, issue, preview

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    return Story.told()


@pytest.fixture
def cleo():
    return cast.cleo()


def test_preview_equals_the_result_and_writes_nothing(story):
    before = counts()
    run = preview()

    item = run.items.get()
    assert (run.state, item.state, counts()) == (RunState.PREVIEWED, ItemState.PREVIEWED, before)
    assert (item.documents, item.lines, item.gross) == (1, 5, Decimal("192.49"))
    assert [str(draft.totals.gross) for draft in calculated(item).drafts] == ["192.49"]
    [totals] = totals_of(run)
    assert (totals.currency, totals.gross) == ("EUR", Money(Decimal("192.49"), "EUR"))

    issue(run)

    assert grosses(run) == ["192.49"]
    assert [row.gross for row in totals_of(run)] == [totals.gross]
    assert progress_of(run).percent == 100
    assert_nothing_new()


def test_flag_toggled_after_the_preview_makes_the_item_changed_until_previewed_again(story):
    run = preview()
    story.flag(story.a)

    run = issue(run)

    assert (run.state, run.items.get().state) == (RunState.PREVIEWED, ItemState.CHANGED)
    assert "Preview again" in stopped_items(run).get().reason
    assert grosses(run) == []

    run = issue(drive(billing_runs.preview(run=run, by=None, at=NOON)))

    assert (run.state, grosses(run)) == (RunState.DONE, ["89.28", "103.21"])
    assert_nothing_new()


def test_new_order_after_the_preview_makes_the_item_changed(story):
    run = preview()
    sold(story.payer, story.b, 1, on=APRIL)

    assert issue(run).items.get().state == ItemState.CHANGED


def test_discarded_preview_leaves_no_trace_in_the_numbers(story):
    before = counts()
    run = billing_runs.discard(run=preview(), by=None, at=NOON)

    assert (run.state, counts()) == (RunState.DISCARDED, before)
    assert grosses(bill(APRIL)) == ["192.49"]
    assert Invoice.objects.order_by("-sequence").first().number == "INV-2026-000002"
    assert_nothing_new()


def test_one_unfinished_run_per_scope(story):
    preview()

    with pytest.raises(AlreadyRunning):
        billing_runs.start(through=APRIL, by=None, at=NOON)
    assert billing_runs.start(through=APRIL, by=None, at=NOON, reseller=story.payer).state == RunState.CALCULATING


def test_run_of_one_reseller_leaves_the_others(story):
    other = cast.reseller("Other")
    sold(other, other, 1, on=APRIL)

    run = bill(APRIL, reseller=other)

    assert grosses(run) == ["14.88"]
    assert grosses(bill(APRIL)) == ["192.49"]
    assert_nothing_new()


def test_sub_customer_is_not_billed(story):
    with pytest.raises(NotAReseller):
        billing_runs.start(through=APRIL, by=None, at=NOON, reseller=story.a)


def test_bill_to_without_a_tax_rule_is_held_with_the_reason_until_there_is_one(story):
    abroad = cast.reseller("Cyprus Cloud", account_facts={"country": "CY"})
    sold(abroad, abroad, 1, on=APRIL)

    run = bill(APRIL)

    assert (run.state, grosses(run)) == (RunState.DONE_WITH_ERRORS, ["192.49"])
    held = run.items.get(bill_to=abroad)
    assert (held.state, held.reason) == (
        ItemState.HELD,
        "No tax rule for Cyprus on 2026-04-01. Add one, then preview again.",
    )
    assert cast.broken() == []

    TaxRule.objects.create(country="CY", category="AE", rate=0, needs_vat_number=True, note="Reverse charge")
    cast.confirmed(abroad)
    run = bill(APRIL)

    invoice = Invoice.objects.get(run_item__run=run)
    assert (invoice.net, invoice.tax, invoice.notes) == (Decimal("12.00"), Decimal("0.00"), "Reverse charge")
    assert [(row.category, row.note) for row in invoice.taxes.all()] == [("AE", "Reverse charge")]
    assert_nothing_new()


def test_failing_bill_to_is_parked_and_the_others_are_issued(story, monkeypatch):
    bad = cast.reseller("Bad")
    sold(bad, bad, 1, on=APRIL)
    run = preview()
    honest = issuing.issue_documents

    def breaks(*, work, **more):
        if any(item.bill_to_id == bad.pk for item, _found in work):
            raise ZeroDivisionError("poison")
        return honest(work=work, **more)

    monkeypatch.setattr(run_work, "issue_documents", breaks)
    run = issue(run)

    assert (run.state, grosses(run)) == (RunState.DONE_WITH_ERRORS, ["192.49"])
    parked = run.items.get(bill_to=bad)
    assert (parked.state, parked.reason) == (ItemState.PARKED, "ZeroDivisionError: poison")
    assert cast.broken() == []
    monkeypatch.undo()
    assert grosses(bill(APRIL)) == ["14.88"]
    assert_nothing_new()


def test_item_that_kills_its_worker_is_parked_after_three_tries(story):
    bad = cast.reseller("Bad")
    sold(bad, bad, 1, on=APRIL)
    run = billing_runs.start(through=APRIL, by=None, at=NOON)
    run.items.filter(bill_to=bad).update(attempts=run_work.TRIES)

    run = drive(run)

    assert run.items.get(bill_to=bad).state == ItemState.PARKED
    assert run.items.get(bill_to=story.payer).state == ItemState.PREVIEWED
    run = drive(billing_runs.preview(run=run, by=None, at=NOON))
    assert run.items.get(bill_to=bad).state == ItemState.PREVIEWED


def test_item_that_was_tried_before_is_worked_on_alone(story):
    for name in ("One", "Two"):
        other = cast.reseller(name)
        sold(other, other, 1, on=APRIL)
    run = billing_runs.start(through=APRIL, by=None, at=NOON)
    run.items.update(attempts=1)

    run_work.advance(run_id=run.pk, at=NOON)

    assert run.items.filter(state=ItemState.PREVIEWED).count() == 1
    run_work.advance(run_id=run.pk, at=NOON)
    assert run.items.filter(state=ItemState.PREVIEWED).count() == 2


def test_held_bill_to_stays_out_until_released(story, cleo):
    run = preview()
    item = run.items.get()
    with pytest.raises(ReasonNeeded):
        billing_runs.hold(item=item, reason=" ", by=cleo, at=NOON)

    billing_runs.hold(item=item, reason="Disputed", by=cleo, at=NOON)
    run = drive(billing_runs.preview(run=run, by=cleo, at=NOON))
    assert (run.items.get().state, run.items.get().reason) == (ItemState.HELD, "Disputed")

    run = drive(billing_runs.release(item=run.items.get(), by=cleo, at=NOON)) and BillingRun.objects.get(pk=run.pk)
    drive(run)
    assert grosses(issue(BillingRun.objects.get(pk=run.pk))) == ["192.49"]
    assert_nothing_new()


@pytest.mark.parametrize("act", [billing_runs.preview, billing_runs.issue, billing_runs.discard])
def test_finished_run_is_over(story, act):
    run = bill(APRIL)

    with pytest.raises(InvalidTransition):
        act(run=run, by=None, at=NOON)


def test_run_waits_for_the_sellers_legal_data(story):
    cast.organisation(iban="")
    run = preview()

    with pytest.raises(issuing.OrganisationIncomplete, match="IBAN"):
        billing_runs.issue(run=run, by=None, at=NOON)


def test_run_that_issues_by_itself_waits_for_the_sellers_legal_data_too(story):
    cast.organisation(vat_number="")
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON, auto_issue=True))

    assert (run.state, grosses(run)) == (RunState.PREVIEWED, [])
    cast.organisation()
    assert grosses(issue(run)) == ["192.49"]


def test_run_that_issues_by_itself_previews_again_what_changed(story):
    run = billing_runs.start(through=APRIL, by=None, at=NOON, auto_issue=True)
    run_work.advance(run_id=run.pk, at=NOON)
    story.flag(story.a)

    run = drive(run)

    assert (run.state, grosses(run)) == (RunState.DONE, ["89.28", "103.21"])


def test_invoice_date_is_never_before_the_last_of_the_series(story):
    bill(APRIL, invoice_on=date(2026, 4, 3))
    sold(story.payer, story.b, 1, on=APRIL)

    run = bill(APRIL)

    assert Invoice.objects.get(run_item__run=run).issued_on == date(2026, 4, 3)
    assert_nothing_new()


def test_each_year_has_its_own_series(story):
    bill(APRIL)
    run = bill(date(2027, 1, 1))

    assert Invoice.objects.filter(run_item__run=run).get().number == "INV-2027-000001"
    assert_nothing_new(date(2027, 1, 1))


def test_missed_months_are_made_up_line_by_line(story):
    run = bill(date(2026, 6, 1))

    invoice = Invoice.objects.get(run_item__run=run)
    assert invoice.items.filter(beneficiary=story.b).count() == 3
    assert invoice.net == Decimal("23.23") + 3 * Decimal("132.00")
    assert_nothing_new(date(2026, 6, 1))


def test_bulk_and_one_by_one_runs_make_the_same_lines(story):
    for month in (4, 5, 6):
        bill(date(2026, month, 1))

    assert Charge.objects.filter(beneficiary=story.b).count() == 4
    assert_nothing_new(date(2026, 6, 1))


def test_order_of_events_is_irrelevant():
    """I27: the same events in any order of work give the same documents, except numbers."""

    def play(seed):
        cast.organisation()
        cast.vat()
        rng = random.Random(seed)
        payers = [cast.reseller(f"Reseller {n}") for n in range(4)]
        acts = [(payer, n) for payer in payers for n in range(3)]
        rng.shuffle(acts)
        for payer, n in acts:
            customer = cast.end_customer(f"Customer {n}", payer, separate_invoices=n == 1)
            sold(payer, customer, n + 1, on=APRIL + timedelta(n), product_name=f"Product {n}")
        run = billing_runs.start(through=date(2026, 5, 1), by=None, at=NOON)
        drive(run)
        issue(BillingRun.objects.get(pk=run.pk))
        rows = InvoiceItem.objects.filter(invoice__run_item__run=run).values_list(
            "invoice__bill_to__name",
            "invoice__beneficiary__name",
            "invoice__gross",
            "position",
            "beneficiary_name",
            "product_name",
            "net",
        )
        found = sorted(map(str, rows))
        Account.objects.filter(pk__in=[payer.pk for payer in payers]).update(tax_exempt=True, exempt_reason="Embassy")
        TaxRule.objects.all().delete()
        return found

    assert play(1) == play(2)


def test_chunk_takes_a_constant_number_of_queries(story):
    def queries(resellers, customers):
        for n in range(resellers):
            payer = cast.reseller(f"Payer {n}")
            for m in range(customers):
                sold(payer, cast.end_customer(f"C{m}", payer), 1, on=date(2026, 3, 1))
        run = preview()
        billing_runs.issue(run=run, by=None, at=NOON)
        with CaptureQueriesContext(connection) as seen:
            run_work.advance(run_id=run.pk, at=NOON)
        assert BillingRun.objects.get(pk=run.pk).state == RunState.DONE
        return len([one for one in seen if "SAVEPOINT" not in one["sql"]])

    assert queries(2, 1) == queries(8, 5)


def test_busy_run_is_left_to_the_other_worker(story):
    run = billing_runs.start(through=APRIL, by=None, at=NOON)
    run_work._claim(run.pk)

    assert run_work.advance(run_id=run.pk, at=NOON) is run_work.Progress.BUSY


def test_silent_run_is_rung_again_and_an_unknown_one_is_over(story):
    run = billing_runs.start(through=APRIL, by=None, at=NOON)

    assert run_work.sweep() == 1
    assert run_work.advance(run_id=0, at=NOON) is run_work.Progress.OVER
    drive(run)
    assert run_work.sweep() == 0


def test_empty_run_is_done(story):
    run = bill(date(2026, 3, 15))

    assert (run.state, run.items.count()) == (RunState.DONE, 0)
    assert RunItem.objects.filter(run=run).count() == 0
