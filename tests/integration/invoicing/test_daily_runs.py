"""The daily run: once a date in the distributor's time zone; a missed one is an alarm and never made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Message
from accounts.services import roles
from invoicing.enums import RunState
from invoicing.models import BillingRun, BillingSettings, DailyRun, Invoice
from invoicing.selectors.daily_runs import first_day, missed_runs
from invoicing.services import billing_runs, daily_runs
from invoicing.services.daily_runs import NotMissed, SettleNeedsWords
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, drive, grosses

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)
SIX = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)  # 06:00 in Athens
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def switched_on(since=APRIL, **more):
    facts = {"daily_run": True, "daily_hour": 6, "daily_since": since, **more}
    return BillingSettings.objects.update_or_create(pk=1, defaults=facts)[0]


@pytest.fixture
def story(db):
    return Story.told()


@pytest.fixture
def cleo(db):
    roles.sync()
    cleo = cast.cleo()
    cleo.groups.add(Group.objects.get(name="Finance"))
    return cleo


def runs_of(on):
    return list(BillingRun.objects.filter(daily__on=on))


def test_nothing_starts_while_it_is_off_or_before_its_hour(story):
    assert daily_runs.tick(at=SIX) is None
    switched_on()

    assert daily_runs.tick(at=SIX - MINUTE) is None
    assert not DailyRun.objects.exists()


def test_it_takes_what_is_due_and_waits_for_finance(story):
    switched_on()

    run = drive(daily_runs.tick(at=SIX).run)

    assert (run.state, run.through, run.invoice_on, run.started_by) == (RunState.PREVIEWED, APRIL, APRIL, None)
    assert run.items.get().documents == 1
    assert not missed_runs().exists()


def test_with_auto_issue_it_issues_by_itself(story):
    switched_on(auto_issue=True)

    run = drive(daily_runs.tick(at=SIX).run)

    assert (run.state, grosses(run)) == (RunState.DONE, ["192.49"])


def test_two_beats_and_every_later_one_make_one_run(story):
    switched_on(auto_issue=True)
    first = daily_runs.tick(at=SIX)

    again = [daily_runs.tick(at=SIX + MINUTE * n) for n in (0, 1, 30, 59, 61, 600)]

    assert again == [None] * 6
    assert (runs_of(APRIL), DailyRun.objects.count()) == ([first.run], 1)
    with pytest.raises(IntegrityError, match="daily"), transaction.atomic():
        DailyRun.objects.create(on=APRIL, missed_at=SIX, reason="Twice")


def test_a_day_on_which_nothing_is_due_ends_by_itself(story):
    switched_on(since=date(2026, 3, 25))

    run = drive(daily_runs.tick(at=datetime(2026, 3, 25, 5, 0, tzinfo=UTC)).run)

    assert (run.state, run.certificate.is_complete) == (RunState.DONE, True)


def test_a_missed_one_is_an_alarm_for_finance_and_never_made_up(story, cleo):
    switched_on()
    invoices = Invoice.objects.count()

    assert daily_runs.tick(at=SIX + timedelta(hours=1, minutes=1)) is None

    daily = DailyRun.objects.get()
    assert (daily.on, daily.run, daily.reason) == (APRIL, None, "The scheduler was silent.")
    mail = Message.objects.get(template="daily_run_missed")
    assert (mail.recipients, "1 Apr 2026" in mail.subject, "not made up by itself" in mail.text_body) == (
        *([cleo.email], True),
        True,
    )
    daily_runs.tick(at=SIX + timedelta(hours=9))
    assert (DailyRun.objects.count(), Message.objects.count(), Invoice.objects.count()) == (1, 1, invoices)
    assert runs_of(APRIL) == []
    assert AuditEvent.objects.filter(action="daily_run.missed").count() == 1


def test_days_of_silence_are_all_missed_by_one_mail_and_today_runs(story, cleo):
    switched_on()
    daily_runs.tick(at=SIX)
    drive(billing_runs.discard(run=drive(runs_of(APRIL)[0]), by=None, at=SIX))

    started = daily_runs.tick(at=SIX + DAY * 4)

    assert started.on == date(2026, 4, 5)
    assert [row.on.day for row in missed_runs()] == [2, 3, 4]
    assert Message.objects.get().subject == "Missed: 3 billing runs since 2 Apr 2026"


def test_an_unfinished_run_is_waited_for_an_hour_and_then_named(story, cleo):
    switched_on()
    other = drive(billing_runs.start(through=APRIL, by=None, at=NOON))

    assert daily_runs.tick(at=SIX) is None
    assert not DailyRun.objects.exists()
    billing_runs.discard(run=other, by=None, at=SIX)
    assert daily_runs.tick(at=SIX + MINUTE * 5) is not None

    daily_runs.tick(at=SIX + DAY + timedelta(hours=2))

    assert missed_runs().get().reason == "Another billing run was not finished."


@pytest.mark.parametrize("hour", [2, 3, 4])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_days_on_which_clocks_change_have_one_run_each(story, day, hour):
    switched_on(since=day, daily_hour=hour, auto_issue=True)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6)

    for step in range(30 * 12):
        started = daily_runs.tick(at=begins + MINUTE * 5 * step)
        if started is not None:
            drive(started.run)

    assert [row.on for row in DailyRun.objects.exclude(run=None)][:1] == [day]
    assert (len(runs_of(day)), missed_runs().exists()) == (1, False)


def test_a_missed_one_is_settled_once_with_words(story, cleo):
    switched_on()
    daily_runs.tick(at=SIX + timedelta(hours=2))
    daily = missed_runs().get()

    with pytest.raises(SettleNeedsWords):
        daily_runs.settle(daily=daily, settled_as=" ", by=cleo, at=SIX)
    daily = daily_runs.settle(daily=daily, settled_as="Billed by hand", by=cleo, at=SIX)

    assert (missed_runs().exists(), daily.settled_by) == (False, cleo)
    with pytest.raises(NotMissed):
        daily_runs.settle(daily=daily, settled_as="Again", by=cleo, at=SIX)


@pytest.mark.parametrize(
    ("at", "day"),
    [(SIX - DAY / 4, date(2026, 3, 31) + DAY), (SIX, APRIL), (SIX + timedelta(hours=2), APRIL + DAY)],
)
def test_it_counts_from_the_day_on_which_its_hour_is_still_to_come(story, at, day):
    assert first_day(hour=6, at=at) == day
