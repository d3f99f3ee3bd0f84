"""A bell that the broker does not hear costs a request little, and the sweeper rings again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from config.celery import task
from config.kernel import outbox
from config.kernel.models import Outbox

pytestmark = pytest.mark.django_db
TOPIC = "kernel.heartbeat"


@pytest.fixture
def tries(monkeypatch):
    """How often the broker is tried; it is away."""
    found = []

    def away(**_facts):
        found.append(1)
        raise ConnectionError("nobody there")

    monkeypatch.setattr(task(TOPIC), "apply_async", away)
    monkeypatch.setattr(outbox.Broker, "deaf_until", 0.0)
    return found


def test_broker_that_does_not_answer_is_tried_once_by_a_request(tries, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _bell in range(4):
            outbox.add(TOPIC)

    assert len(tries) == 1
    assert list(Outbox.objects.order_by("pk").values_list("sent_at", "attempts")) == [
        (None, 1),
        *[(None, 0)] * 3,
    ]


def test_sweeper_rings_what_was_lost_once_the_broker_is_back(tries, monkeypatch):
    entry = outbox.add(TOPIC)
    assert not outbox.ring(entry)
    monkeypatch.setattr(task(TOPIC), "apply_async", lambda **_facts: None)
    later = timezone.now() + outbox.QUIET

    assert outbox.sweep(at=later) == 0
    monkeypatch.setattr(outbox.Broker, "deaf_until", 0.0)
    assert outbox.sweep(at=later) == 1
    assert Outbox.objects.get().sent_at is not None
