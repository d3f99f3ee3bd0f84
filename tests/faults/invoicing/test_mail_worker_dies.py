"""The worker is killed after the mail server took the mail, before that was written down (F06 of reliability.md §5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Message
from accounts.services import sending
from config.embedded.processes import wait_for
from tests.faults.smtp import mail_server
from tests.faults.workers import session, somebody_waits, worker
from tests.integration.invoicing.mailed import billed, mailed, payer, ready

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LEASE = 2
NOTING = 'SELECT "accounts_message"'


@pytest.fixture
def smtp():
    with mail_server() as (sink, port):
        yield sink, port


@pytest.fixture
def mailer(tmp_path, settings, smtp):
    """A worker on the mail queue; whoever is silent for two seconds is taken for dead."""
    settings.MAIL_LEASE_SECONDS = LEASE
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DATABASE_ROLE": "app",
        "PROCESS": "worker",
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "MEDIA_ROOT": str(tmp_path),
        "MAIL_LEASE_SECONDS": str(LEASE),
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp[1]}",
    }
    settings.MEDIA_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }
    with worker("mail", **environment) as running:
        yield running


def one_message():
    [invoice] = billed(payer(), 0)
    ready([invoice])
    [delivery] = mailed([invoice])
    return delivery.message


def rung():
    """The sweeper rings as the scheduler would."""
    return sending.sweep(at=timezone.now() + timedelta(minutes=2))


def test_a_mail_whose_worker_died_leaves_once_more_with_the_same_id_and_a_flag(request, mailer, smtp):
    sink, _port = smtp
    message = one_message()
    held = session()
    request.addfinalizer(held.close)

    def hold(_mail):
        held.execute("SELECT 1 FROM accounts_message WHERE id = %s FOR UPDATE", [message.pk])
        return "250 taken"

    sink.answer = hold
    mailer.start()
    rung()
    assert wait_for(lambda: len(sink.mails) == 1 and somebody_waits(NOTING), 60), "no mail was sent"

    mailer.kill_tree()
    held.rollback()
    sink.answer = lambda _mail: "250 taken"
    sending.send(message_id=message.pk, at=timezone.now())  # the lease is not over: nobody else sends it
    assert len(sink.mails) == 1
    mailer.start()

    def sent():
        rung()
        message.refresh_from_db()
        return message.status == "sent"

    assert wait_for(sent, 60, step=0.5), list(Message.objects.values("status", "attempts", "last_error"))
    assert sink.ids == [message.message_id] * 2
    assert (message.attempts, message.is_uncertain) == (2, True)
    rung()
    sending.send(message_id=message.pk, at=timezone.now())
    assert len(sink.mails) == 2
