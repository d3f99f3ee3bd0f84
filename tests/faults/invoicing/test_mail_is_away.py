"""The mail server is down, full, slow or hangs up (F39 of reliability.md §5): invoices stay, mail waits."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.conf import settings as live

from accounts.enums import MessageStatus
from accounts.models import Message
from accounts.services import sending
from bss.selectors.work import stuck_messages
from config.kernel.models import Outbox
from invoicing.models import Invoice
from invoicing.selectors.deliveries import report_of
from tests.faults.smtp import free_port, mail_server
from tests.integration.invoicing.cast import NOON
from tests.integration.invoicing.mailed import billed, mailed, payer, ready

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def smtp(settings):
    """Mail goes by SMTP to a port of this machine where nobody listens yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 1
    return settings


@pytest.fixture
def waiting():
    """Three documents of a run that wait to be sent."""
    invoices = billed(payer(), 2)
    ready(invoices)
    mailed(invoices)
    Outbox.objects.all().delete()
    return invoices


def send_all(at):
    for pk in Message.objects.order_by("pk").values_list("pk", flat=True):
        sending.send(message_id=pk, at=at)


def facts():
    rows = Message.objects.order_by("pk")
    return [(row.status, row.attempts, row.due_at - NOON, row.is_uncertain) for row in rows]


def test_a_server_that_is_down_costs_patience_and_no_mail(smtp, waiting):
    before = list(Invoice.objects.order_by("pk").values())

    send_all(NOON)
    send_all(NOON + 30 * timedelta(seconds=1))  # rung again too early: not due yet

    assert facts() == [("pending", 1, MINUTE, False)] * 3
    assert "ConnectionRefusedError" in Message.objects.first().last_error
    assert list(Invoice.objects.order_by("pk").values()) == before
    assert (report_of(waiting[0].run_item.run).waiting, stuck_messages().count()) == (3, 0)

    assert sending.sweep(at=NOON + 3 * MINUTE) == 3  # the outbox grows
    assert set(Outbox.objects.values_list("topic", flat=True)) == {"accounts.send_bulk"}
    send_all(NOON + 3 * MINUTE)
    send_all(NOON + 10 * MINUTE)
    assert facts() == [("pending", 3, 15 * MINUTE, False)] * 3
    assert stuck_messages().count() == 3  # the alarm in BSS

    with mail_server(live.EMAIL_PORT) as (sink, _port):
        send_all(NOON + 15 * MINUTE)
        send_all(NOON + 16 * MINUTE)
    assert sorted(sink.ids) == sorted(Message.objects.values_list("message_id", flat=True))
    assert (report_of(waiting[0].run_item.run).sent, stuck_messages().count()) == (3, 0)


def test_after_two_days_a_person_decides(smtp, waiting):
    Message.objects.update(attempts=sending.TRIES - 1)

    send_all(NOON)

    assert {status for status, *_rest in facts()} == {MessageStatus.FAILED}
    assert report_of(waiting[0].run_item.run).failed == 3


def test_a_full_mailbox_is_tried_again_and_an_unknown_one_is_not(smtp, waiting):
    first, *others = Message.objects.order_by("pk")
    with mail_server(live.EMAIL_PORT) as (sink, _port):
        sink.answer = lambda _mail: "452 mailbox full"
        sending.send(message_id=first.pk, at=NOON)
        sink.answer = lambda _mail: "550 no such mailbox"
        for other in others:
            sending.send(message_id=other.pk, at=NOON)

    assert [(status, uncertain) for status, _n, _due, uncertain in facts()] == [
        ("pending", False), ("failed", False), ("failed", False),
    ]  # fmt: skip
    assert Message.objects.get(pk=others[0].pk).last_error == "550 no such mailbox"


def test_a_server_that_accepts_and_says_nothing_is_slow_not_lost(smtp, waiting):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", live.EMAIL_PORT))
        silent.listen()
        sending.send(message_id=Message.objects.first().pk, at=NOON)

    assert facts()[0] == ("pending", 1, MINUTE, False)
    assert "timed out" in Message.objects.first().last_error


def test_a_connection_that_breaks_before_the_answer_is_tried_once_more_flagged_and_then_left(smtp, waiting):
    """The mail may have been taken: the same Message-ID, at most one extra mail, flagged (F06)."""
    message = Message.objects.first()
    with mail_server(live.EMAIL_PORT) as (sink, _port):
        sink.hang_up = True
        for minutes in (0, 2, 4, 60):
            sending.send(message_id=message.pk, at=NOON + minutes * MINUTE)

    assert sink.ids == [message.message_id] * 2
    assert facts()[0][0] == "failed"
    assert facts()[0][3]
    assert "may have been sent twice" in Message.objects.first().last_error
