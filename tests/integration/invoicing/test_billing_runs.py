"""The table of product.md §11.4 through the services, and what a run promises."""

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
from invoicing.models import BillingRun, BillingSchedule, Charge, Invoice, InvoiceItem, NumberSeries, RunItem, TaxRule
from invoicing.selectors import credit
from invoicing.selectors.runs import calculated, progress_of, stopped_items, totals_of
from invoicing.services import billing_runs, charges, issuing, run_work
from invoicing.services.billing_runs import AlreadyRunning, NotAReseller, ReasonNeeded
from resellers.enums import PartialCharges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, grosses, sold

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def story():
    return Story.told()


@pytest.fixture
def cleo():
    return cast.cleo()


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
        Account.objects.filter(pk__in=[payer.pk for payer in payers]).update(tax_exempt=True)
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


def test_zero_only_group_makes_no_invoice_and_a_zero_line_is_shown(story):
    free = sold(story.payer, story.a, 1, on=APRIL, price=Decimal("0.00"), product_name="Free")
    lonely = cast.reseller("Lonely")
    sold(lonely, lonely, 1, on=APRIL, price=Decimal("0.00"))

    run = bill(APRIL)

    assert run.items.get(bill_to=lonely).state == ItemState.NOTHING_DUE
    assert Invoice.objects.get(run_item__run=run).items.get(charge__schedule=free).net == 0
    assert grosses(run) == ["192.49"]


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
