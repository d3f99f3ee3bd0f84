"""An end that lies ahead is revoked: the service goes on as if it had never been ended, each day charged once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from invoicing.enums import ScheduleState
from invoicing.models import BillingSchedule, Charge
from invoicing.services import schedules
from invoicing.services.schedule_changes import NotActive
from invoicing.services.schedules import AlreadyOver, GivenBack
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, TWELVE, bill, opened, sold
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


def end(schedule, on, **more):
    return schedules.end(schedule=schedule, on=on, by=None, at=NOON, **more)


def resume(schedule, at=NOON):
    return schedules.resume(schedule=schedule, by=None, at=at, reason="Stays after all")


def periods(schedule):
    rows = Charge.objects.filter(schedule=schedule).order_by("pk")
    return [(row.kind, row.period.lower, row.period.upper, row.net) for row in rows]


def test_an_end_with_the_charged_period_is_revoked_although_billing_was_done(payer):
    schedule = sold(payer, payer, 2, on=MARCH)
    assert end(schedule, APRIL).state == ScheduleState.ENDED

    schedule = resume(schedule)
    bill(APRIL)

    assert (schedule.state, schedule.end_on, schedule.ended_at) == (ScheduleState.ACTIVE, None, None)
    assert periods(schedule)[1:] == [("cycle", APRIL, MAY, Decimal("24.00"))]
    kinds = schedule.changes.order_by("seq").values_list("kind", "effective_on", "reason")
    assert list(kinds)[1:] == [("end", APRIL, ""), ("resume", APRIL, "Stays after all")]
    assert_nothing_new()


def test_the_rest_of_a_period_that_was_cut_for_the_end_is_charged(payer):
    schedule = sold(payer, payer, 2, on=MARCH)
    end(schedule, date(2026, 4, 11))
    bill(APRIL)
    resume(schedule)

    bill(MAY, at=noon(MAY))

    assert periods(schedule)[1:] == [
        ("cycle", APRIL, date(2026, 4, 11), Decimal("8.00")),
        ("stub", date(2026, 4, 11), MAY, Decimal("16.00")),
        ("cycle", MAY, date(2026, 6, 1), Decimal("24.00")),
    ]
    assert_nothing_new(MAY)


def test_the_rest_of_the_period_is_counted_by_day_whatever_the_usage_rule_says(payer):
    schedule = sold(payer, payer, 2, on=date(2026, 3, 20), usage_rule="full")
    end(schedule, date(2026, 4, 11))
    bill(APRIL)

    resume(schedule)
    bill(MAY, at=noon(MAY))

    assert [net for *_when, net in periods(schedule)] == [Decimal(net) for net in ("24.00", "8.00", "16.00", "24.00")]


def test_seats_can_change_again_after_the_end_was_revoked(payer):
    schedule = sold(payer, payer, 2, on=MARCH)
    end(schedule, APRIL)
    resume(schedule)

    schedules.change_quantity(schedule=schedule, quantity=3, on=NOON.date(), by=None, at=NOON)

    assert periods(schedule)[-1] == ("increase", NOON.date(), APRIL, Decimal("4.65"))
    assert resume(schedule).quantity == 3


def test_what_is_over_or_gave_money_back_is_not_revoked(payer):
    over, refunded = sold(payer, payer, on=MARCH), sold(payer, payer, 31, on=MARCH, refund_policy="day")
    end(over, APRIL)
    end(refunded, date(2026, 3, 22))

    with pytest.raises(AlreadyOver, match="2026-04-01"):
        resume(over, at=noon(APRIL))
    with pytest.raises(GivenBack):
        resume(refunded)
    with pytest.raises(NotActive):
        resume(opened(payer, payer, on=MARCH))
    with pytest.raises(NotActive):
        resume(sold(payer, payer, on=MARCH, cycle_months=0))

    assert set(BillingSchedule.objects.exclude(end_on=None).values_list("state", flat=True)) == {ScheduleState.ENDED}
    assert cast.broken() == []


@pytest.mark.parametrize("values", [{"end_on": MAY}, {"end_on": None}, {"end_on": None, "state": "active"}])
def test_the_database_moves_no_day_of_end(payer, values):
    schedule = sold(payer, payer, 31, on=MARCH, refund_policy="day")
    end(schedule, date(2026, 3, 22))

    with pytest.raises(IntegrityError, match="an end is revoked as a whole"), transaction.atomic():
        BillingSchedule.objects.filter(pk=schedule.pk).update(**values)


def test_a_price_that_was_planned_still_comes_after_the_end_was_revoked(payer):
    from invoicing.services import price_changes

    schedule = sold(payer, payer, 2, on=MARCH)
    facts = {"price": Decimal(13), "on": MAY, "by": None, "at": NOON, "price_source": "x"}
    price_changes.change_price(schedule=schedule, **facts)
    end(schedule, APRIL)
    resume(schedule, at=NOON + timedelta(days=1))

    bill(MAY, at=noon(MAY))

    assert [net for *_when, net in periods(schedule)] == [2 * TWELVE, 2 * TWELVE, Decimal("26.00")]
    assert_nothing_new(MAY)
