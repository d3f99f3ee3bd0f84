"""Fewer units and the end inside charged days: E8–E16 of product.md §10.4 through the services."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from invoicing.enums import ChargeKind, RefundPolicy, ScheduleState
from invoicing.models import Charge, Invoice
from invoicing.selectors.credit import available
from invoicing.selectors.credits import Wish
from invoicing.services import reductions, schedule_changes, schedules
from invoicing.services.credits import credit
from resellers.enums import PartialCharges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, drive, eur, sold
from tests.integration.invoicing.runs import assert_nothing_new

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
BOUGHT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def moment(day, hour=10):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller(credit_limit=Decimal("5000.00"))


@pytest.fixture
def order_day_payer():
    cast.organisation()
    cast.vat()
    return cast.reseller(partial_charges=PartialCharges.ORDER_DAY, credit_limit=Decimal("5000.00"))


def daily(payer, quantity=5, on=MARCH, **more):
    return sold(payer, payer, quantity, on=on, refund_policy=RefundPolicy.DAY, **more)


def hourly(payer, quantity=10, price="20.70", at=BOUGHT, **more):
    facts = {"proratable": False, "term_months": 1, "price": Decimal(price), "refund_policy": RefundPolicy.HOUR}
    opened = cast.opened(payer, payer, quantity, on=at.date(), **{**facts, **more})
    return schedules.confirm(schedule=opened, start_on=at.date(), at=at)


def change(schedule, quantity, day, at, **more):
    return schedules.change_quantity(schedule=schedule, quantity=quantity, on=day, by=None, at=at, **more)


def end(schedule, day, at, **more):
    return schedules.end(schedule=schedule, on=day, by=None, at=at, **more)


def refunds(schedule):
    rows = Charge.objects.filter(schedule=schedule, kind=ChargeKind.REFUND).order_by("pk")
    return [(row.quantity, row.period.lower, row.net) for row in rows]


def credits_of(payer):
    return list(Invoice.objects.filter(bill_to=payer, document_type="credit").order_by("sequence"))


def test_added_units_and_canceled_units_of_the_tables_e8_e9(payer):
    schedule = daily(payer, 5)

    schedule = change(schedule, 8, date(2026, 3, 20), moment(20))
    assert Charge.objects.get(kind=ChargeKind.INCREASE).net == Decimal("13.94")
    other = daily(payer, 5)
    end(other, date(2026, 3, 22), moment(21))

    assert refunds(other) == [(-5, date(2026, 3, 22), Decimal("-19.35"))]


def test_refund_of_an_uninvoiced_charge_is_a_negative_line_beside_it(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 10), refund_policy=RefundPolicy.DAY)
    end(schedule, date(2026, 3, 22), moment(21))

    run = bill(APRIL)

    invoice = Invoice.objects.get(run_item__run=run)
    assert [(row.kind, row.quantity, row.net) for row in invoice.items.order_by("position")] == [
        ("stub", 5, Decimal("42.58")),
        ("refund", -5, Decimal("-19.35")),
    ]
    assert invoice.net == Decimal("23.23")
    assert credits_of(payer) == []
    assert schedules.BillingSchedule.objects.get().state == ScheduleState.ENDED
    assert_nothing_new(MAY)


def test_refund_of_an_invoiced_charge_is_a_credit_invoice_with_the_next_run(payer):
    schedule = daily(payer)
    bill(MARCH)
    [debit] = Invoice.objects.all()
    before = available(payer)
    end(schedule, date(2026, 3, 22), moment(21))
    assert credits_of(payer) == []
    assert available(payer) == before + eur("23.99")

    run = bill(APRIL)

    [made] = credits_of(payer)
    assert (made.number, made.corrects, made.run_item.run) == ("CRN-2026-000001", debit, run)
    assert (made.net, made.tax, made.gross) == (Decimal("19.35"), Decimal("4.64"), Decimal("23.99"))
    [line] = made.items.all()
    assert (line.kind, line.quantity, line.net, line.credits_item) == ("refund", 5, made.net, debit.items.get())
    assert (run.items.get().gross, run.items.get().documents) == (Decimal("-23.99"), 1)
    debit.balance.refresh_from_db()
    assert debit.balance.open_amount == debit.gross - made.gross
    assert made.balance.open_amount == 0
    assert available(payer) == before + eur("23.99")
    assert_nothing_new(MAY)


def test_credit_is_never_netted_against_new_charges(payer):
    gone, stays = daily(payer, 5), daily(payer, 2)
    bill(MARCH)
    end(gone, date(2026, 3, 22), moment(21))

    run = bill(APRIL)

    debit, credited = Invoice.objects.filter(run_item__run=run).order_by("-document_type")
    assert (debit.net, credited.net) == (Decimal("24.00"), Decimal("19.35"))
    assert run.items.get().net == Decimal("4.65")
    assert stays.charges.count() == 1 + 1
    assert_nothing_new(APRIL)


def test_on_order_day_the_credit_comes_at_once(order_day_payer):
    payer = order_day_payer
    schedule = daily(payer, order_reference="O-1")
    drive(payer.billing_runs.get())
    [debit] = Invoice.objects.all()

    end(schedule, date(2026, 3, 22), moment(21), reason="Customer left")

    [made] = credits_of(payer)
    assert (made.corrects, made.issued_on, made.reason) == (debit, date(2026, 3, 21), "Customer left")
    assert made.gross == Decimal("23.99")
    assert_nothing_new(APRIL)


def test_seats_bought_and_given_back_by_the_hour_e12_e13(payer):
    late = hourly(payer)
    end(late, date(2026, 3, 13), datetime(2026, 3, 12, 15, tzinfo=UTC))
    assert refunds(late) == [(-10, date(2026, 3, 13), Decimal("-191.98"))]

    early = hourly(payer)
    end(early, date(2026, 3, 12), datetime(2026, 3, 11, 9, 30, tzinfo=UTC))
    assert refunds(early) == [(-10, date(2026, 3, 10), Decimal("-207.00"))]
    row = Charge.objects.get(schedule=late, kind=ChargeKind.REFUND)
    assert (row.factor_numerator, row.factor_denominator) == (690, 744)


def test_after_168_hours_it_is_refused_e14(payer):
    schedule = hourly(payer)

    with pytest.raises(reductions.WindowClosed):
        end(schedule, date(2026, 3, 18), datetime(2026, 3, 17, 9, 30, 1, tzinfo=UTC))

    schedule.refresh_from_db()
    assert (schedule.state, schedule.end_on, refunds(schedule)) == (ScheduleState.ACTIVE, None, [])
    end(schedule, date(2026, 4, 10), datetime(2026, 3, 17, 9, 30, 1, tzinfo=UTC))
    assert refunds(schedule) == []


def test_added_seats_of_a_yearly_term_e15_e16(payer):
    monthly = hourly(payer, 5, "11.00", term_months=12)
    change(monthly, 7, date(2026, 3, 25), moment(25))
    prepaid = hourly(payer, 5, "132.00", term_months=12, cycle_months=12)
    change(prepaid, 7, date(2026, 3, 25), moment(25))

    nets = Charge.objects.filter(kind=ChargeKind.INCREASE).order_by("pk").values_list("net", flat=True)

    assert list(nets) == [Decimal("11.35"), Decimal("253.15")]


def test_each_increase_has_its_own_window(payer):
    schedule = hourly(payer, 10)
    schedule = change(schedule, 13, date(2026, 3, 20), moment(20))
    at = moment(22)

    with pytest.raises(reductions.WindowClosed, match="3"):
        change(schedule, 9, date(2026, 3, 23), at)
    change(schedule, 11, date(2026, 3, 23), at)

    increase = Charge.objects.get(kind=ChargeKind.INCREASE)
    [refund] = Charge.objects.filter(kind=ChargeKind.REFUND)
    assert (refund.refunds, refund.quantity) == (increase, -2)
    part = Decimal("28.05")  # 2 × 20.70 × 21/31
    hours = increase.period.upper - increase.period.lower
    left = hours.days * 24 - 48
    assert refund.net == -(part * left / (hours.days * 24)).quantize(Decimal("0.01"))


def test_newest_lot_goes_first_and_the_rest_from_the_one_before(payer):
    schedule = daily(payer, 5)
    schedule = change(schedule, 8, date(2026, 3, 11), moment(11))
    change(schedule, 4, date(2026, 3, 22), moment(21))

    rows = Charge.objects.filter(kind=ChargeKind.REFUND).order_by("pk").values_list("refunds__kind", "quantity", "net")

    assert list(rows) == [("increase", -3, Decimal("-11.61")), ("cycle", -1, Decimal("-3.87"))]
    bill(APRIL)
    assert cast.broken() == []


def test_several_changes_of_one_day_follow_each_other(payer):
    schedule = daily(payer, 5)
    day, next_day, at = date(2026, 3, 21), date(2026, 3, 22), moment(21)
    for quantity, on in ((3, next_day), (6, day), (4, next_day), (1, next_day)):
        schedule = change(schedule, quantity, on, at)

    rows = Charge.objects.exclude(kind=ChargeKind.CYCLE).order_by("pk").values_list("kind", "quantity")
    assert list(rows) == [("refund", -2), ("increase", 3), ("refund", -2), ("refund", -1), ("refund", -2)]
    total = sum(Charge.objects.values_list("net", flat=True))
    assert total == Decimal("60.00") - Decimal("7.74") + Decimal("12.77") - Decimal("7.74") - Decimal("3.87") - Decimal(
        "7.74"
    )
    bill(APRIL)
    assert Charge.objects.filter(kind=ChargeKind.CYCLE).latest("pk").quantity == 1
    assert_nothing_new(APRIL)


def test_cancel_and_order_again_on_the_same_day(payer):
    first = daily(payer, 5)
    bill(MARCH)
    end(first, date(2026, 3, 22), moment(21))
    again = daily(payer, 5, on=date(2026, 3, 21))

    run = bill(APRIL)

    kinds = Invoice.objects.filter(run_item__run=run).order_by("pk").values_list("document_type", "net")
    assert list(kinds) == [("debit", Decimal("81.29")), ("credit", Decimal("19.35"))]
    assert again.state == ScheduleState.ACTIVE
    assert_nothing_new(APRIL)


@pytest.mark.parametrize("early", [True, False])
def test_amounts_do_not_depend_on_when_the_run_happens(payer, early):
    """A cycle on its anniversary, waiting for the billing day: cut by a run before the act, or by the act itself."""
    schedule = daily(payer, 5, on=date(2026, 2, 10), proratable=False)
    if early:
        bill(APRIL)
        schedule.refresh_from_db()
    change(schedule, 3, date(2026, 3, 21), moment(20))
    bill(APRIL)

    nets = Charge.objects.filter(schedule=schedule).values_list("net", flat=True)
    assert sum(nets) == Decimal("120.00") - Decimal("15.48")
    assert_nothing_new(APRIL)


def test_charged_ahead_cycles_come_back_whole(payer):
    schedule = daily(payer, 2)
    bill(MAY)
    schedule.refresh_from_db()

    end(schedule, date(2026, 3, 22), moment(21))

    assert [row[2] for row in refunds(schedule)] == [Decimal("-7.74"), Decimal("-24.00"), Decimal("-24.00")]
    bill(MAY)
    [made] = credits_of(payer)
    assert made.net == Decimal("55.74")
    assert_nothing_new(MAY)


def test_policy_none_gives_nothing_back_and_lets_go(payer):
    schedule = sold(payer, payer, 5, on=MARCH)
    schedule = change(schedule, 2, date(2026, 3, 21), moment(20))
    end(schedule, date(2026, 3, 25), moment(24))

    assert refunds(schedule) == []
    assert bill(APRIL).items.get().gross == Decimal("74.40")
    assert_nothing_new(MAY)


def test_days_before_the_running_period_are_credited_by_hand(payer):
    schedule = daily(payer)
    bill(MAY)
    schedule.refresh_from_db()

    with pytest.raises(reductions.TooFarBack, match="2026-04-01"):
        end(schedule, date(2026, 3, 22), datetime(2026, 4, 3, 9, tzinfo=UTC))
    with pytest.raises(schedule_changes.BeforeItStarts):
        end(schedule, date(2026, 2, 22), NOON)


def test_by_the_hour_another_day_is_refused(payer):
    with pytest.raises(reductions.NotOnThatDay, match="2026-03-12"):
        end(hourly(payer), date(2026, 3, 20), moment(11))


def test_refund_after_a_partial_credit_never_exceeds_what_was_charged(payer):
    schedule = hourly(payer, at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    bill(APRIL)
    invoice = Invoice.objects.get()
    credit(
        invoice=invoice,
        wishes=[Wish(invoice.items.get().pk, amount=Decimal("200.00"))],
        reason="x",
        by=cast.cleo(),
        at=NOON,
    )
    end(schedule, date(2026, 3, 3), moment(2, 9))

    assert refunds(schedule) == [(-1, MARCH, Decimal("-7.00"))]
    bill(APRIL)
    invoice.balance.refresh_from_db()
    assert invoice.balance.open_amount == 0
    assert_nothing_new(APRIL)


def test_organisation_that_is_incomplete_does_not_stop_a_cancellation(order_day_payer):
    schedule = daily(order_day_payer, order_reference="O-1")
    drive(order_day_payer.billing_runs.get())
    cast.organisation(iban="")

    end(schedule, date(2026, 3, 22), moment(21))

    assert (credits_of(order_day_payer), len(refunds(schedule))) == ([], 1)
    cast.organisation()
    bill(APRIL)
    assert len(credits_of(order_day_payer)) == 1


@pytest.mark.parametrize(
    "facts", [{"net": Decimal("-40.66")}, {"quantity": -4}, {"net": Decimal("1.00")}, {"kind": "usage"}]
)
def test_database_refuses_a_refund_beyond_its_charge(payer, facts):
    schedule = daily(payer)
    end(schedule, date(2026, 3, 22), moment(21))
    refund = Charge.objects.get(kind=ChargeKind.REFUND)
    row = {"quantity": -1, "net": Decimal("-40.65"), "kind": "refund", **facts}
    refund.pk, refund.public_id = None, "again"
    for name, value in row.items():
        setattr(refund, name, value)

    with pytest.raises(DatabaseError), transaction.atomic():
        refund.save(force_insert=True)


def test_renewed_seats_have_a_window_of_their_own(payer):
    schedule = hourly(payer, 10)
    at = datetime(2026, 4, 9, 12, tzinfo=UTC)
    schedule = schedules.renew(schedule=schedule, price=Decimal("20.70"), at=at)
    bill(MAY, at=at)
    schedule.refresh_from_db()

    schedule = change(schedule, 6, date(2026, 4, 13), datetime(2026, 4, 12, 9, tzinfo=UTC))

    [(quantity, _on, net)] = refunds(schedule)
    hours = 60  # 10 April 00:00 in Athens is 9 April 21:00 UTC
    assert (quantity, net) == (-4, -(Decimal("82.80") * (720 - hours) / 720).quantize(Decimal("0.01")))
    with pytest.raises(reductions.WindowClosed):
        end(schedule, date(2026, 4, 18), datetime(2026, 4, 17, 9, tzinfo=UTC))
