"""Runs outbox entries in this process, in the order they are due: the worker of tests that need no real one."""

from __future__ import annotations

from celery import current_app
from django.utils import timezone

from config.kernel.models import Outbox


def deliver_outbox(limit: int = 200) -> list[str]:
    """Run every waiting entry and what it asks for in turn. A failing task raises; more than `limit` is a loop."""
    done: list[str] = []
    while entry := Outbox.objects.filter(sent_at=None).order_by("due_at", "pk").first():
        if len(done) == limit:
            msg = f"the outbox never empties: {done[-5:]}"
            raise AssertionError(msg)
        Outbox.objects.filter(pk=entry.pk).update(sent_at=timezone.now())
        current_app.loader.import_default_modules()
        current_app.tasks[entry.topic].apply(kwargs=entry.payload, throw=True)
        done.append(entry.topic)
    return done
