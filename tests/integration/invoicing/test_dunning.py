"""Reminders: steps, one mail per reseller and day, disputes taken off, pauses, exactly once (product.md §12.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import Error, IntegrityError, transaction
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Message, User
from config.kernel.money import Money
from invoicing.dunning import step_of
from invoicing.enums import DisputeState
from invoicing.models import BillingSettings, Reminder, ReminderLetter, ReminderPause
from invoicing.selectors import reminders as selectors
from invoicing.services import audits, disputes, dunning
from invoicing.services.dunning import PausedAlready, PauseInThePast
from invoicing.services.settling import ReasonNeeded
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.issued import Row, issue

pytestmark = pytest.mark.django_db
TODAY, D = date(2026, 11, 23), Decimal
NINE = datetime(2026, 11, 23, 7, tzinfo=UTC)  # nine o'clock in Athens


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture(autouse=True)
def addresses(ada_company, ben_company):
    for company in (ada_company, ben_company):
        company.reseller.email = f"office@{company.reseller.code.lower()}.example.org"
        company.reseller.save()


@pytest.fixture
def olga(db):
    return User.objects.create_user("olga@example.com", None, name="Olga", is_staff=True)


def late(company, days, *rows):
    due = TODAY - timedelta(days=days)
    found = list(rows) or [Row(company.acme)]
    return issue(company.reseller, found, issued_on=due - timedelta(days=30), due_on=due)


def after(days, hours=0):
    return NINE + timedelta(days=days, hours=hours)


def run(at, deliver):
    """Sweep and do what it rang for; how many mails it wrote."""
    before = ReminderLetter.objects.count()
    with time_machine.travel(at, tick=False):
        dunning.sweep(at=at)
        deliver()
    return ReminderLetter.objects.count() - before


@pytest.mark.parametrize(
    ("days", "step"), [(-1, 0), (0, 0), (2, 0), (3, 1), (9, 1), (10, 2), (19, 2), (20, 3), (400, 3)]
)
def test_steps(days, step):
    assert step_of(TODAY - timedelta(days=days), on=TODAY, steps=[3, 10, 20]) == step


def test_one_mail_lists_all_with_the_highest_step(ada_company, deliver_outbox):
    invoices = [late(ada_company, days) for days in (10, 3, 1)]
    late(ada_company, -5)

    assert run(NINE, deliver_outbox) == 1

    letter = ReminderLetter.objects.get()
    assert (letter.step, letter.amount, letter.sent_on) == (2, 3 * D("74.40"), TODAY)
    assert list(letter.reminders.order_by("step").values_list("invoice", "step")) == [
        (invoices[1].pk, 1),
        (invoices[0].pk, 2),
    ]
    mail = Message.objects.get(template="payment_reminder")
    assert "Reminder 2" in mail.subject
    assert all(invoice.number in mail.text_body for invoice in invoices)
    assert "€223.20" in mail.text_body
    assert audits.run(only=["I36"]) == []


def test_each_step_is_sent_once_and_nothing_twice_a_day(ada_company, deliver_outbox):
    late(ada_company, 3)

    sent = [run(after(day, hours), deliver_outbox) for day in range(20) for hours in (0, 3)]

    assert [day for day, count in enumerate(sent) if count] == [0, 14, 34]
    assert list(Reminder.objects.order_by("step").values_list("step", flat=True)) == [1, 2, 3]


def test_without_an_address_nothing_is_noted(ada_company):
    late(ada_company, 3)
    ada_company.reseller.email = ""
    ada_company.reseller.save()

    assert dunning.remind(account=ada_company.reseller, at=NINE) is None
    assert not Reminder.objects.exists()


def test_a_repeated_task_writes_nothing(ada_company):
    late(ada_company, 3)

    assert dunning.remind(account=ada_company.reseller, at=NINE) is not None
    assert dunning.remind(account=ada_company.reseller, at=NINE) is None
    assert Message.objects.count() == 1


def test_nobody_is_reminded_before_the_hour_and_a_missed_one_is_made_up(ada_company, deliver_outbox):
    late(ada_company, 3)

    assert run(NINE - timedelta(minutes=1), deliver_outbox) == 0
    assert run(after(0, 12), deliver_outbox) == 1


def test_a_new_invoice_waits_for_tomorrow_when_the_mail_of_the_day_is_out(ada_company, deliver_outbox):
    late(ada_company, 3)
    run(NINE, deliver_outbox)
    late(ada_company, 10)

    assert run(after(0, 2), deliver_outbox) == 0
    assert run(after(1), deliver_outbox) == 1
    assert ReminderLetter.objects.order_by("-pk")[0].step == 2


def test_lines_in_dispute_are_taken_off(ada_company, olga, deliver_outbox):
    mixed = late(ada_company, 5, Row(ada_company.acme), Row(ada_company.beta))
    whole = late(ada_company, 12)
    for item in (mixed.items.get(position=1), whole.items.get()):
        dispute = disputes.open_dispute(item=item, reason="Not ours", by=olga, at=NINE)

    run(NINE, deliver_outbox)

    letter = ReminderLetter.objects.get()
    assert (letter.step, letter.amount) == (1, D("74.40"))
    mail = Message.objects.get(template="payment_reminder")
    assert whole.number not in mail.text_body
    assert "in dispute" in mail.text_body
    disputes.close(dispute=dispute, state=DisputeState.REJECTED, outcome="As ordered", by=olga, at=NINE)
    run(after(1), deliver_outbox)
    assert ReminderLetter.objects.order_by("-pk")[0].amount == 2 * D("74.40")


def test_paused_resellers_are_left_alone_through_the_day(ada_company, ben_company, olga, deliver_outbox):
    late(ada_company, 3)
    late(ben_company, 3)
    facts = {"bill_to": ada_company.reseller, "by": olga, "at": NINE}
    for wrong, refusal in (({"until": TODAY, "reason": " "}, ReasonNeeded),
                           ({"until": TODAY - timedelta(days=1), "reason": "x"}, PauseInThePast)):  # fmt: skip
        with pytest.raises(refusal):
            dunning.pause(**wrong, **facts)
    dunning.pause(until=TODAY + timedelta(days=1), reason="Payment plan", **facts)
    with pytest.raises(PausedAlready):
        dunning.pause(until=TODAY, reason="Again", **facts)

    assert [run(after(day), deliver_outbox) for day in range(3)] == [1, 0, 1]
    dunning.pause(until=TODAY + timedelta(days=9), reason="Later", **{**facts, "at": after(3)})
    dunning.resume(**{**facts, "at": after(3)})
    assert not selectors.paused(on=TODAY + timedelta(days=3)).exists()


def test_credits_and_settled_invoices_are_never_reminded(ada_company, deliver_outbox):
    paid = issue(ada_company.reseller, [Row(ada_company.acme)], due_on=date(2026, 11, 1), open_amount="0.00")
    issue(ada_company.reseller, [Row(ada_company.acme)], corrects=paid, due_on=date(2026, 11, 1))

    assert run(NINE, deliver_outbox) == 0


def test_steps_come_from_the_options_and_none_means_off(ada_company, deliver_outbox):
    late(ada_company, 3)
    BillingSettings.objects.create(pk=1, reminder_days=[], reminder_hour=0)
    assert run(NINE, deliver_outbox) == 0

    BillingSettings.objects.update(reminder_days=[1, 2])
    run(NINE, deliver_outbox)
    assert ReminderLetter.objects.get().step == 2


def test_the_database_refuses_a_second_mail_and_step(ada_company, ben_company):
    invoice = late(ada_company, 3)
    letter = dunning.remind(account=ada_company.reseller, at=NINE)
    foreign = late(ben_company, 3)

    facts = {"step": 1, "currency": "EUR", "amount": 1, "at": NINE, "message": letter.message}
    with pytest.raises(IntegrityError, match="reminder_letter_once_a_day"), transaction.atomic():
        ReminderLetter.objects.create(bill_to=ada_company.reseller, sent_on=TODAY, **facts)
    amounts = {"open_amount": 1, "disputed": 0}
    with pytest.raises(IntegrityError, match="reminder_step_once"), transaction.atomic():
        Reminder.objects.create(letter=letter, invoice=invoice, step=1, **amounts)
    with pytest.raises(IntegrityError, match="overdue invoice of the addressee"), transaction.atomic():
        Reminder.objects.create(letter=letter, invoice=foreign, step=1, **amounts)
    with pytest.raises(Error), transaction.atomic():
        Reminder.objects.all().delete()


def test_finance_sees_what_would_be_sent_and_pauses(client, ada_company, deliver_outbox):
    invoice = late(ada_company, 3)
    client.force_login(person(StaffRole.FINANCE))
    own = reverse("bss:resellers_reseller_reminders", args=[ada_company.reseller.reseller.pk])

    assert invoice.number in client.get(reverse("bss:reminders")).content.decode()
    assert set(client.post(own, {"pause": "1"}).context["form"].errors) == {"until", "reason"}
    client.post(own, {"pause": "1", "until": "2026-11-30", "reason": "Plan"})
    body = client.get(reverse("bss:reminders")).content.decode()
    assert invoice.number not in body
    assert "Plan" in body
    client.post(own, {"resume": "1"})
    run(NINE, deliver_outbox)

    assert invoice.number in client.get(own).content.decode()
    assert "Sent today" in client.get(reverse("bss:reminders")).content.decode()
    page = client.get(reverse("bss:invoicing_invoice_change", args=[invoice.pk])).content.decode()
    assert "Reminder 1 sent" in page


def test_the_reseller_sees_the_reminder_on_the_invoice(client, ada_company, django_assert_max_num_queries):
    invoice = late(ada_company, 3)
    dunning.remind(account=ada_company.reseller, at=NINE)
    facts = {"name": "Ada", "is_account_admin": True, "account": ada_company.reseller}
    client.force_login(User.objects.create_user("ada@thermaikos.example", None, **facts))

    with django_assert_max_num_queries(8):
        body = client.get(invoice.get_absolute_url()).content.decode()

    assert "Reminder sent" in body


@pytest.mark.parametrize("role", [StaffRole.SALES, StaffRole.SUPPORT, StaffRole.READ_ONLY])
def test_others_do_not_pause(client, ada_company, role):
    client.force_login(person(role))
    own = reverse("bss:resellers_reseller_reminders", args=[ada_company.reseller.reseller.pk])

    assert client.get(own).status_code == 200
    assert client.post(own, {"pause": "1", "until": "2026-11-30", "reason": "x"}).status_code == 403
    assert not ReminderPause.objects.exists()


def test_what_is_asked_for_is_open_less_disputed(ada_company):
    late(ada_company, 3)

    letter = selectors.letters(on=TODAY)[0]

    assert (letter.total, letter.step) == (Money(D("74.40"), "EUR"), 1)
