"""Transactional tests leave the database as the migrations did, though tables refuse TRUNCATE."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from config.kernel.models import Outbox


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_the_turn_before_are_gone(turn: int) -> None:
    assert Outbox.objects.count() == 0
    assert ContentType.objects.filter(app_label="accounts", model="account").exists()

    Outbox.objects.create(topic="kernel.heartbeat", created_at="2026-01-01T00:00Z", due_at="2026-01-01T00:00Z")

    assert Outbox.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
