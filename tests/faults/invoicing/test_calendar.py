"""Days on which clocks change, short months, and a scheduler that was silent (F27-F29 of reliability.md §5).

Each beside its negative control: what a plain clock, a plain cron line or no look at the missed days would do.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.contrib.auth.models import Group

from accounts.models import Message
from accounts.services import roles
from invoicing.enums import ChargeKind
from invoicing.models import BillingSettings, DailyRun, Invoice, InvoiceItem
from invoicing.selectors.daily_runs import missed_runs
from invoicing.selectors.due import due_bill_tos
from invoicing.services import daily_runs
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    return cast.reseller()


def daily_run(since: date, hour: int = 3) -> None:
    facts = {"daily_run": True, "daily_hour": hour, "daily_since": since, "auto_issue": True}
    BillingSettings.objects.update_or_create(pk=1, defaults=facts)


def local_midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), ATHENS).astimezone(UTC)


@pytest.mark.parametrize(("day", "plain"), [(date(2026, 3, 29), 0), (date(2026, 10, 25), 2)], ids=["spring", "autumn"])
def test_day_on_which_the_clock_changes_is_billed_once_where_a_plain_clock_says_never_or_twice(payer, day, plain):
    """F27: asked every ten minutes of three days for a run at 03:00, an hour that is skipped, or comes twice."""
    cast.sold(payer, payer, 2, on=day - 2 * DAY)
    daily_run(day - DAY)
    at, strikes = local_midnight(day - DAY), 0

    while at < local_midnight(day + 2 * DAY):
        started = daily_runs.tick(at=at)
        if started is not None:
            cast.drive(started.run, at)
        local = at.astimezone(ATHENS)
        strikes += (local.date(), local.hour, local.minute) == (day, 3, 0)
        at += 10 * MINUTE

    assert [row.on - day for row in DailyRun.objects.order_by("on")] == [-DAY, 0 * DAY, DAY]
    assert not missed_runs().exists()
    assert strikes == plain
    assert cast.broken() == []


@pytest.mark.parametrize("aligned", [True, False], ids=["billing day", "anniversary"])
@pytest.mark.parametrize("year", [2027, 2028])
@pytest.mark.parametrize("number", [29, 30, 31])
def test_short_month_skips_nothing_and_moves_no_anchor(payer, number, year, aligned):
    """F28: looked at every day of three months; a cron line on that day skips the months that lack it."""
    start = date(year, 1, number)
    payer.reseller.billing_day_rule, payer.reseller.billing_day = "fixed", number
    payer.reseller.save()
    terms = {} if aligned else {"proratable": False, "term_months": 12, "price_parts": 12}
    cast.sold(payer, payer, 3, on=start, **terms)
    days = [start + place * DAY for place in range((date(year, 4, 1) - start).days)]

    for day in days:
        if due_bill_tos(through=day):
            cast.bill(day, at=local_midnight(day))

    february = min(number, 29 if year == 2028 else 28)
    wanted = [start, date(year, 2, february), date(year, 3, number)]
    lines = InvoiceItem.objects.filter(kind=ChargeKind.CYCLE).order_by("pk")
    assert [line.period.lower for line in lines] == wanted
    assert list(Invoice.objects.order_by("pk").values_list("issued_on", flat=True)) == wanted
    assert {line.factor_numerator for line in lines} == {1}
    cron = [day for day in days if day.day in crontab(day_of_month=number).day_of_month]
    assert (cron == wanted) is (february == number)
    assert cast.broken() == []


@pytest.mark.parametrize("guard", ["kept", "removed"])
def test_month_end_that_nobody_billed_is_an_alarm_and_a_person_bills_it_once(payer, monkeypatch, guard):
    """F29: beat is down from 27 February to 1 March. Negative control: nobody looks back, nobody is told."""
    roles.sync()
    cast.cleo().groups.add(Group.objects.get(name="Finance"))
    payer.reseller.billing_day_rule, payer.reseller.billing_day = "fixed", 31
    payer.reseller.save()
    cast.sold(payer, payer, 2, on=date(2026, 1, 31))
    cast.bill(date(2026, 2, 26))
    daily_run(date(2026, 2, 26))
    last = daily_runs.tick(at=local_midnight(date(2026, 2, 26)) + timedelta(hours=3))
    cast.drive(last.run)
    before = Invoice.objects.count()
    if guard == "removed":
        monkeypatch.setattr(daily_runs, "_miss", lambda _days, *, at: None)

    back = local_midnight(date(2026, 3, 1)) + timedelta(hours=9)
    for hour in range(3):
        assert daily_runs.tick(at=back + timedelta(hours=hour)) is None

    silent = [] if guard == "removed" else [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert [row.on for row in missed_runs()] == silent
    assert Message.objects.filter(template="daily_run_missed").count() == bool(silent)
    assert Invoice.objects.count() == before
    cast.bill(date(2026, 3, 1), at=back)
    assert (Invoice.objects.count(), cast.bill(date(2026, 3, 1), at=back).items.count()) == (before + 1, 0)
