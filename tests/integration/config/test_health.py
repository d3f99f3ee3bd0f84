"""`/healthz` and `/readyz`."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from config.kernel import health


@pytest.fixture
def served(db: None) -> None:
    for queue in settings.QUEUES:
        health.show_life(queue)


def test_healthz_asks_nobody(client: Client) -> None:
    answer = client.get("/healthz")  # without the database mark, a query would fail

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_is_well_when_everything_answers(client: Client, served: None) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {"database": "ok", "redis": "ok", "storage": "ok", "workers": "ok"},
    }


@pytest.mark.django_db
def test_readyz_names_the_workers_when_a_queue_is_silent(client: Client) -> None:
    for queue in settings.QUEUES[1:]:
        health.show_life(queue)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "redis": "ok", "storage": "ok", "workers": "failed"}


def test_readyz_names_redis_when_it_is_away(client: Client, served: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "cache_url", lambda: "unix:///nowhere/redis.sock")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == "failed"
    assert "nowhere" not in answer.content.decode()
