"""A running service costs something else: from a period on, or by day; differences are billed or credited once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from invoicing.enums import ChangeKind
from invoicing.models import BillingSchedule, Charge, Invoice, ScheduleChange
from invoicing.services import price_changes, schedules
from invoicing.services.price_changes import NotFromThatDay, PeriodIsCharged, PriceProtected, SamePrice
from invoicing.services.reductions import TooFarBack
from invoicing.services.schedule_changes import LaterChange, NotActive
from resellers.enums import PartialCharges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import TWELVE, bill, sold
from tests.integration.invoicing.runs import assert_nothing_new

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def payer(db):
    cast.organisation()
    cast.vat()
    return cast.reseller()


def noon(day):
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


def reprice(schedule, price, on, *, today=None, **more):
    facts = {"price_source": "agreed by hand", "by": None, "at": noon(today or on), **more}
    return price_changes.change_price(schedule=schedule, price=Decimal(price), on=on, **facts)


def resize(schedule, quantity, on, *, today=None):
    return schedules.change_quantity(schedule=schedule, quantity=quantity, on=on, by=None, at=noon(today or on))


def cut(schedule):
    """Kind, first and last day, units, unit price, net of each charge."""
    return [
        (row.kind, row.period.lower, row.period.upper, row.quantity, row.unit_price, row.net)
        for row in Charge.objects.filter(schedule=schedule).order_by("pk")
    ]


def test_the_next_period_costs_the_new_price_and_nothing_else_is_charged(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    bill(MARCH)

    schedule = reprice(schedule, "13.00", APRIL, today=date(2026, 3, 20))
    bill(APRIL)

    assert cut(schedule)[1:] == [("cycle", APRIL, MAY, 5, Decimal(13), Decimal("65.00"))]
    line = Invoice.objects.order_by("-pk")[0].items.get()
    assert (line.price_source, line.unit_price) == ("agreed by hand", Decimal(13))
    assert_nothing_new()


def test_the_period_is_the_next_uncharged_one_when_nothing_is_said(payer):
    schedule = sold(payer, payer, 5, on=MARCH)
    assert price_changes.next_period_start(schedule, today=date(2026, 3, 20)) == APRIL
    bill(APRIL)
    schedule.refresh_from_db()

    assert price_changes.next_period_start(schedule, today=date(2026, 3, 20)) == MAY


def test_a_higher_price_inside_an_invoiced_period_charges_the_difference_by_day(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    bill(MARCH)

    reprice(schedule, "15.10", date(2026, 3, 16))
    run = bill(APRIL)

    assert cut(schedule)[1] == (
        "price",
        date(2026, 3, 16),
        APRIL,
        5,
        Decimal("3.10"),
        Decimal("8.00"),
    )  # 5 × 3.10 × 16/31
    assert Invoice.objects.get(run_item__run=run).net == Decimal("8.00") + 5 * Decimal("15.10")
    assert_nothing_new()


def test_a_lower_price_inside_an_invoiced_period_is_credited_by_day_with_its_reason(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="none")
    bill(MARCH)

    reprice(schedule, "10.00", date(2026, 3, 16))
    bill(APRIL)

    assert cut(schedule)[1] == ("refund", date(2026, 3, 16), APRIL, -5, Decimal(2), Decimal("-5.16"))  # 5 × 2 × 16/31
    credit = Invoice.objects.get(document_type="credit")
    assert (credit.net, credit.corrects.number, credit.reason) == (Decimal("5.16"), "INV-2026-000001", "Lower price")
    assert_nothing_new()


def test_a_lower_price_of_an_uninvoiced_period_stands_beside_it(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 20), refund_policy="day")

    reprice(schedule, "6.00", date(2026, 3, 20))
    run = bill(APRIL)

    lines = Invoice.objects.get(run_item__run=run).items.order_by("position").values_list("kind", "net")
    assert list(lines) == [("stub", Decimal("23.23")), ("refund", Decimal("-11.61")), ("cycle", Decimal("30.00"))]
    assert not Invoice.objects.filter(document_type="credit").exists()
    assert_nothing_new()


def test_on_the_first_day_it_makes_no_difference_whether_the_run_came_before(payer):
    early, late = (sold(payer, payer, 5, on=MARCH, refund_policy="day") for _ in range(2))
    reprice(early, "13.00", APRIL, today=date(2026, 3, 25))
    bill(APRIL)
    reprice(late, "13.00", APRIL)

    sums = [sum(row[-1] for row in cut(schedule)) for schedule in (early, late)]
    assert sums == [Decimal("125.00"), Decimal("125.00")]
    bill(MAY, at=noon(MAY))
    assert cut(early)[-1] == cut(late)[-1] == ("cycle", MAY, date(2026, 6, 1), 5, Decimal(13), Decimal("65.00"))


def test_several_changes_a_day_keep_their_order(payer):
    """Prices and seats on one day: each is charged by the difference to what held before it."""
    schedule, day = sold(payer, payer, 5, on=MARCH, refund_policy="day"), date(2026, 3, 16)
    bill(MARCH)

    for act in (
        lambda: reprice(schedule, "13.00", day),
        lambda: resize(schedule, 8, day),
        lambda: reprice(schedule, "12.50", day),
        lambda: resize(schedule, 9, day),
        lambda: reprice(schedule, "14.00", day),
    ):
        act()

    share = Decimal(16) / 31
    assert sum(row[-1] for row in cut(schedule)[1:]) == pytest.approx((9 * 14 - 5 * 12) * share, abs=Decimal("0.03"))
    assert list(schedule.changes.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]
    bill(APRIL)
    assert cut(schedule)[-1][3:5] == (9, Decimal(14))
    assert_nothing_new()


def test_seats_change_before_a_price_that_lies_ahead_at_the_old_price(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    bill(MARCH)
    reprice(schedule, "13.00", APRIL, today=date(2026, 3, 10))

    resize(schedule, 7, date(2026, 3, 16))
    resize(schedule, 6, date(2026, 3, 21), today=date(2026, 3, 20))
    bill(APRIL)

    added, back, cycle = cut(schedule)[1:]
    assert added == ("increase", date(2026, 3, 16), APRIL, 2, TWELVE, Decimal("12.39"))
    assert back == ("refund", date(2026, 3, 21), APRIL, -1, TWELVE, Decimal("-4.26"))
    assert cycle == ("cycle", APRIL, MAY, 6, Decimal(13), Decimal("78.00"))
    kinds = schedule.changes.order_by("seq").values_list("kind", "effective_on", "quantity", "price")
    assert list(kinds)[-2:] == [
        (ChangeKind.FEWER, date(2026, 3, 21), 6, TWELVE),
        (ChangeKind.PRICE, APRIL, 6, Decimal(13)),
    ]
    assert_nothing_new()


def test_seats_added_after_the_coming_period_was_charged_pay_its_price_there(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    reprice(schedule, "13.00", APRIL, today=date(2026, 3, 10))
    bill(APRIL, at=noon(date(2026, 3, 20)))

    resize(schedule, 6, date(2026, 3, 22))

    assert cut(schedule)[-2:] == [
        ("increase", date(2026, 3, 22), APRIL, 1, TWELVE, Decimal("3.87")),
        ("increase", APRIL, MAY, 1, Decimal(13), Decimal("13.00")),
    ]
    assert cast.broken() == []


def test_a_nearer_price_leaves_the_one_planned_after_it(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    reprice(schedule, "15.00", MAY, today=date(2026, 3, 10))

    schedule = reprice(schedule, "13.00", APRIL, today=date(2026, 3, 11))
    bill(MAY, at=noon(MAY))

    assert [(row[1], row[4]) for row in cut(schedule)] == [(MARCH, TWELVE), (APRIL, Decimal(13)), (MAY, Decimal(15))]
    assert schedule.price == Decimal(15)


def test_units_that_leave_after_a_price_change_get_back_what_they_cost_then(payer):
    """Up by 3 on the 11th, down by 5 on the 16th, two of five units leave on the 21st."""
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    bill(MARCH)

    reprice(schedule, "15.00", date(2026, 3, 11))
    reprice(schedule, "10.00", date(2026, 3, 16))
    resize(schedule, 3, date(2026, 3, 22), today=date(2026, 3, 21))

    kept = Decimal(5 * 12 * 10 + 5 * 15 * 5 + 5 * 10 * 6 + 3 * 10 * 10) / 31
    assert sum(row[-1] for row in cut(schedule)) == pytest.approx(kept, abs=Decimal("0.03"))
    bill(APRIL)
    assert_nothing_new()


def test_a_late_price_takes_units_that_were_added_that_day_only_once(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    resize(schedule, 6, APRIL)

    reprice(schedule, "13.00", APRIL)

    assert sum(row[-1] for row in cut(schedule)[1:]) == Decimal("78.00")
    bill(APRIL)
    assert_nothing_new()


def test_services_on_their_anniversary_change_with_the_period_only(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 10), proratable=False, refund_policy="day")

    with pytest.raises(NotFromThatDay, match="2026-03-10 or 2026-04-10"):
        reprice(schedule, "13.00", date(2026, 3, 16))
    reprice(schedule, "13.00", date(2026, 3, 10), today=date(2026, 3, 20))

    assert cut(schedule)[1:] == [("price", date(2026, 3, 10), date(2026, 4, 10), 5, Decimal(1), Decimal("5.00"))]


def test_refusals_leave_everything_as_it_was(payer):
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day")
    resize(schedule, 6, date(2026, 3, 16))
    bill(MAY, at=noon(date(2026, 3, 20)))
    before = cut(schedule)

    for price, on, today, refusal in (
        ("12.00", date(2026, 6, 1), date(2026, 3, 20), SamePrice),
        ("-1.00", date(2026, 6, 1), date(2026, 3, 20), SamePrice),
        ("13.00", date(2026, 6, 2), date(2026, 3, 20), NotFromThatDay),
        ("13.00", APRIL, date(2026, 3, 20), PeriodIsCharged),
        ("13.00", date(2026, 3, 15), date(2026, 3, 20), LaterChange),
        ("13.00", date(2026, 3, 20), date(2026, 4, 20), TooFarBack),
    ):
        with pytest.raises(refusal):
            reprice(schedule, price, on, today=today)
    schedules.end(schedule=schedule, on=date(2026, 6, 1), by=None, at=noon(date(2026, 3, 21)))
    with pytest.raises(NotActive):
        reprice(schedule, "13.00", MAY)

    assert cut(schedule) == before
    assert not ScheduleChange.objects.filter(kind="price").exists()


def test_a_term_is_price_protected_by_service_and_database(payer):
    schedule = sold(payer, payer, 5, on=MARCH, proratable=False, term_months=12, price_parts=12)

    with pytest.raises(PriceProtected, match="2027-03-01"):
        reprice(schedule, "13.00", APRIL, today=date(2026, 3, 20))
    with pytest.raises(IntegrityError, match="changes with its renewal only"), transaction.atomic():
        ScheduleChange.objects.create(
            schedule=schedule, seq=2, kind="price", effective_on=APRIL, quantity=5, price=1, at=noon(MARCH)
        )

    assert BillingSchedule.objects.get().price == TWELVE


def test_partial_charges_on_the_order_day_bill_and_credit_the_difference_at_once(payer):
    payer.reseller.partial_charges = PartialCharges.ORDER_DAY
    payer.reseller.save()
    schedule = sold(payer, payer, 5, on=MARCH, refund_policy="day", order_reference="O-1")
    bill(MARCH)

    reprice(schedule, "10.00", date(2026, 3, 16))

    assert Invoice.objects.get(document_type="credit").net == Decimal("5.16")
    assert cut(schedule)[-1][-1] == Decimal("-5.16")
    bill(date(2026, 3, 16), at=noon(date(2026, 3, 16)) + timedelta(hours=1))
    assert cast.broken() == []
