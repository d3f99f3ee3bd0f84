"""The life of a billing schedule: what is charged when, and what is refused."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from config.kernel.errors import InvalidTransition
from config.kernel.money import Money
from invoicing.enums import ChargeKind, ScheduleState
from invoicing.models import BillingSchedule, Charge
from invoicing.selectors.schedules import schedules_of
from invoicing.services import schedule_changes, schedules
from resellers.enums import BillingDayRule, PartialCharges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, TWELVE, bill, opened, sold

pytestmark = pytest.mark.django_db
ORDER = date(2026, 3, 20)


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


def cut(schedule):
    rows = Charge.objects.filter(schedule=schedule).order_by("pk")
    return [(row.kind, row.period.lower, row.period.upper, row.quantity, row.net, row.invoice_on) for row in rows]


def test_first_period_of_the_basket_is_the_first_charge_of_the_invoice(payer):
    first = schedules.first_period(
        bill_to=payer, quantity=5, price=TWELVE, cycle_months=1, proratable=True, on=ORDER, setup_fee=Decimal("10.00")
    )

    assert first.net == Money(Decimal("33.23"), "EUR")
    assert first.gross == Money(Decimal("41.21"), "EUR")
    assert (first.period.start, first.period.end, first.factor) == (ORDER, date(2026, 4, 1), Fraction(12, 31))
    assert first.invoice_on == date(2026, 4, 1)

    schedule = sold(payer, payer, 5, on=ORDER, setup_fee=Decimal("10.00"))
    assert schedule.first_period_net == first.net.amount
    assert schedule.first_period_gross == first.gross.amount
    assert cut(schedule) == [
        ("setup", ORDER, date(2026, 3, 21), 1, Decimal("10.00"), date(2026, 4, 1)),
        ("stub", ORDER, date(2026, 4, 1), 5, Decimal("23.23"), date(2026, 4, 1)),
    ]


def test_one_off_is_charged_once_and_over(payer):
    schedule = sold(payer, payer, 3, on=ORDER, cycle_months=0)

    assert schedule.state == ScheduleState.ENDED
    assert cut(schedule) == [("one_off", ORDER, date(2026, 3, 21), 3, Decimal("36.00"), date(2026, 4, 1))]
    assert bill(date(2026, 4, 1)).items.get().gross == Decimal("44.64")
    assert bill(date(2026, 12, 1)).items.count() == 0


@pytest.mark.parametrize(
    ("settings", "proratable", "billing_day", "partial_on"),
    [
        ({}, True, 1, 1),
        ({"billing_day_rule": BillingDayRule.LAST}, True, 31, 31),
        ({"billing_day_rule": BillingDayRule.FIXED, "billing_day": 15}, True, 15, 15),
        ({"billing_day_rule": BillingDayRule.FIRST_ORDER}, True, 20, 20),
        ({"billing_day_rule": BillingDayRule.FIRST_ORDER, "first_order_day": 7}, True, 7, 7),
        ({"prorate_billing": False}, True, None, 1),
        ({}, False, None, 1),
        ({"partial_charges": PartialCharges.ORDER_DAY}, True, 1, None),
    ],
)
def test_alignment_follows_the_resellers_settings(payer, settings, proratable, billing_day, partial_on):
    other = cast.reseller("Other", **settings)

    schedule = opened(other, other, on=ORDER, proratable=proratable)

    assert (schedule.billing_day, schedule.partial_on) == (billing_day, partial_on)


def test_anniversary_cycles_wait_for_the_billing_day(payer):
    schedule = sold(payer, payer, on=date(2026, 3, 10), proratable=False)

    assert cut(schedule) == [("cycle", date(2026, 3, 10), date(2026, 4, 10), 1, TWELVE, date(2026, 4, 1))]
    run = bill(date(2026, 5, 1))
    assert run.items.get().lines == 2
    assert cut(schedule)[1] == ("cycle", date(2026, 4, 10), date(2026, 5, 10), 1, TWELVE, date(2026, 5, 1))


def test_yearly_term_in_twelve_instalments_sums_to_its_price(payer):
    schedule = sold(
        payer,
        payer,
        on=date(2026, 1, 1),
        proratable=False,
        price=Decimal("240.16"),
        price_parts=12,
        term_months=12,
    )
    bill(date(2026, 12, 31))

    nets = [net for *_facts, net, _on in cut(schedule)]
    assert nets[:3] == [Decimal("20.01"), Decimal("20.02"), Decimal("20.01")]
    assert (len(nets), sum(nets)) == (12, Decimal("240.16"))
    assert bill(date(2027, 3, 1)).items.count() == 0


def test_renewal_goes_on_at_its_price_for_another_term(payer):
    schedule = sold(payer, payer, on=date(2026, 3, 1), proratable=False, term_months=1)
    bill(date(2026, 4, 1))
    assert len(cut(schedule)) == 1

    schedule = schedules.renew(schedule=schedule, price=Decimal("13.00"), at=NOON)

    assert schedule.term_end_on == date(2026, 5, 1)
    bill(date(2026, 4, 1))
    assert cut(schedule)[1:] == [("cycle", date(2026, 4, 1), date(2026, 5, 1), 1, Decimal("13.00"), date(2026, 4, 1))]
    assert cast.broken() == []


def test_term_keeps_its_original_day_over_renewals(payer):
    schedule = sold(payer, payer, on=date(2026, 1, 31), proratable=False, term_months=1)
    for _month in range(2):
        schedule = schedules.renew(schedule=schedule, price=TWELVE, at=NOON)

    bill(date(2026, 6, 1))

    assert [row[1:3] for row in cut(schedule)] == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ]


def test_more_units_pay_the_rest_of_the_cycle_e8(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 1))

    schedule = schedules.change_quantity(schedule=schedule, quantity=8, on=ORDER, by=None, at=NOON)

    assert cut(schedule)[-1] == ("increase", ORDER, date(2026, 4, 1), 3, Decimal("13.94"), date(2026, 4, 1))
    bill(date(2026, 4, 1))
    assert cut(schedule)[-1][:5] == ("cycle", date(2026, 4, 1), date(2026, 5, 1), 8, Decimal("96.00"))
    assert cast.broken() == []


def test_more_units_pay_cycles_that_are_charged_ahead(payer):
    schedule = sold(payer, payer, 1, on=date(2026, 3, 1))
    bill(date(2026, 5, 1))

    schedule = schedules.change_quantity(schedule=BillingSchedule.objects.get(), quantity=2, on=ORDER, by=None, at=NOON)

    increases = [row for row in cut(schedule) if row[0] == ChargeKind.INCREASE]
    assert [row[1:5] for row in increases] == [
        (ORDER, date(2026, 4, 1), 1, Decimal("4.65")),
        (date(2026, 4, 1), date(2026, 5, 1), 1, TWELVE),
        (date(2026, 5, 1), date(2026, 6, 1), 1, TWELVE),
    ]


def test_amounts_do_not_depend_on_when_the_run_happens(payer):
    """A change on the first day of a cycle: cut before or after it, the sum is the same."""
    totals = []
    for early in (True, False):
        who = cast.end_customer(f"Customer {early}", payer)
        schedule = sold(payer, who, 1, on=date(2026, 3, 1))
        if early:
            bill(date(2026, 4, 1))
            schedule.refresh_from_db()
        schedule = schedules.change_quantity(schedule=schedule, quantity=3, on=date(2026, 4, 1), by=None, at=NOON)
        bill(date(2026, 4, 1))
        totals.append(sum(row[4] for row in cut(schedule)))

    assert totals == [Decimal("48.00"), Decimal("48.00")]


def test_fewer_units_count_from_a_day_that_is_not_charged_yet(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 1))

    schedule = schedules.change_quantity(schedule=schedule, quantity=2, on=date(2026, 4, 1), by=None, at=NOON)

    bill(date(2026, 5, 1))
    assert [row[3] for row in cut(schedule)] == [5, 2, 2]
    assert cast.broken() == []


def test_more_units_inside_a_cycle_that_is_not_charged_yet_are_not_forgotten(payer):
    schedule = sold(payer, payer, 1, on=date(2026, 3, 1))

    schedules.change_quantity(schedule=schedule, quantity=3, on=date(2026, 4, 16), by=None, at=NOON)
    bill(date(2026, 5, 1))

    assert sorted(row[:1] + row[3:5] for row in cut(schedule)) == [
        ("cycle", 1, TWELVE),
        ("cycle", 1, TWELVE),
        ("cycle", 3, Decimal("36.00")),
        ("increase", 2, TWELVE),
    ]
    assert cast.broken() == []


def test_changes_follow_each_other_in_time(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 1))
    with pytest.raises(schedule_changes.NotAPeriodStart, match="2026-05-01"):
        schedules.change_quantity(schedule=schedule, quantity=2, on=date(2026, 4, 2), by=None, at=NOON)
    schedule = schedules.change_quantity(schedule=schedule, quantity=7, on=date(2026, 4, 1), by=None, at=NOON)

    with pytest.raises(schedule_changes.LaterChange):
        schedules.change_quantity(schedule=schedule, quantity=8, on=ORDER, by=None, at=NOON)
    with pytest.raises(schedule_changes.LaterChange):
        schedules.change_quantity(schedule=schedule, quantity=2, on=date(2026, 4, 1), by=None, at=NOON)


@pytest.mark.parametrize("quantity", [0, -1, 5])
def test_quantity_that_changes_nothing_is_refused(payer, quantity):
    schedule = sold(payer, payer, 5, on=ORDER)

    with pytest.raises(schedules.NothingChanges):
        schedules.change_quantity(schedule=schedule, quantity=quantity, on=ORDER, by=None, at=NOON)


def test_end_cuts_the_last_cycle_and_then_it_is_over(payer):
    schedule = sold(payer, payer, 1, on=date(2026, 3, 1))
    schedules.end(schedule=schedule, on=date(2026, 4, 11), by=None, at=NOON)
    bill(date(2026, 6, 1))

    assert cut(schedule)[-1][1:5] == (date(2026, 4, 1), date(2026, 4, 11), 1, Decimal("4.00"))
    assert BillingSchedule.objects.get().state == ScheduleState.ENDED
    assert bill(date(2027, 1, 1)).items.count() == 0
    assert cast.broken() == []


def test_end_on_the_charged_day_is_over_at_once(payer):
    schedule = sold(payer, payer, 1, on=date(2026, 3, 1))

    assert schedules.end(schedule=schedule, on=date(2026, 4, 1), by=None, at=NOON).state == ScheduleState.ENDED


def test_confirming_and_voiding_twice_is_safe_and_the_other_way_is_refused(payer):
    confirmed = sold(payer, payer, on=ORDER)
    assert schedules.confirm(schedule=confirmed, start_on=date(2026, 5, 5), at=NOON).start_on == ORDER
    assert len(cut(confirmed)) == 1
    void = schedules.void(schedule=opened(payer, payer, on=ORDER), reason="no", at=NOON)
    assert schedules.void(schedule=void, reason="no", at=NOON).state == ScheduleState.VOID

    with pytest.raises(InvalidTransition):
        schedules.void(schedule=confirmed, reason="late", at=NOON)
    with pytest.raises(InvalidTransition):
        schedules.confirm(schedule=void, start_on=ORDER, at=NOON)
    assert cut(void) == []


def test_pending_and_void_schedules_are_never_invoiced(payer):
    opened(payer, payer, on=ORDER)
    schedules.void(schedule=opened(payer, payer, on=ORDER), reason="no", at=NOON)

    assert bill(date(2027, 1, 1)).items.count() == 0


@pytest.mark.parametrize("act", ["change", "renew", "end"])
def test_only_an_active_schedule_changes(payer, act):
    schedule = opened(payer, payer, on=ORDER)
    acts = {
        "change": lambda: schedules.change_quantity(schedule=schedule, quantity=9, on=ORDER, by=None, at=NOON),
        "renew": lambda: schedules.renew(schedule=schedule, price=TWELVE, at=NOON),
        "end": lambda: schedules.end(schedule=schedule, on=ORDER, by=None, at=NOON),
    }

    with pytest.raises(schedule_changes.NotActive):
        acts[act]()


def test_schedule_without_a_term_is_not_renewed(payer):
    with pytest.raises(schedule_changes.NotActive):
        schedules.renew(schedule=sold(payer, payer, on=ORDER), price=TWELVE, at=NOON)


def test_schedules_of_a_bill_to_are_its_own(payer):
    other = cast.reseller("Other")
    mine, _foreign = sold(payer, payer, on=ORDER), sold(other, other, on=ORDER)

    assert list(schedules_of(payer)) == [mine]
