"""What a request must cause later: a row in the same transaction, rung after commit, swept when the bell was lost."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from config.kernel.models import Outbox

log = structlog.get_logger(__name__)
QUIET = timedelta(seconds=20)
DEAF_SECONDS = 5


class Broker:
    """What this process has found out: until when (monotonic) it need not try a broker that did not answer."""

    deaf_until = 0.0


def add(topic: str, *, delay: timedelta = timedelta(0), **payload: object) -> Outbox:
    """Ask for the task `topic` with these JSON arguments once this transaction has committed.

    The bell is rung on commit; when the broker is away, or the process dies, `sweep` rings it later. A task may
    therefore arrive twice: its body is safe to repeat. Raises RuntimeError outside a transaction.
    """
    return _add([(topic, payload)], delay)[0]


def add_all(wanted: Sequence[tuple[str, dict[str, object]]]) -> list[Outbox]:
    """Ask for several tasks, each a topic with its arguments, as `add` does for one: one statement, one for the bells.

    For a caller whose statements are counted. Raises RuntimeError outside a transaction.
    """
    return _add(wanted, timedelta(0)) if wanted else []


def _add(wanted: Sequence[tuple[str, dict[str, object]]], delay: timedelta) -> list[Outbox]:
    from config.kernel.models import Outbox

    if not transaction.get_connection().in_atomic_block:
        msg = "work is asked for inside the transaction that makes it necessary"
        raise RuntimeError(msg)
    now = timezone.now()
    entries = Outbox.objects.bulk_create(
        Outbox(topic=topic, payload=payload, created_at=now, due_at=now + delay) for topic, payload in wanted
    )
    if not delay:
        transaction.on_commit(lambda: ring(*entries), robust=True)
    return entries


def ring(*entries: Outbox) -> int:
    """Hand the entries to the broker; return with how many that worked. Never raises because of the broker.

    A broker that did not answer is left alone for five seconds, so that a request waits for it once and not once for
    each bell; what was not rung meanwhile is left to `sweep`.
    """
    from config.kernel.models import Outbox

    rung = [entry.pk for entry in entries if _rings(entry)]
    if rung:
        Outbox.objects.filter(pk__in=rung, sent_at=None).update(sent_at=timezone.now(), last_error="")
    return len(rung)


def _rings(entry: Outbox) -> bool:
    from config.celery import task
    from config.kernel.models import Outbox

    if time.monotonic() < Broker.deaf_until:
        return False
    try:
        task(entry.topic).apply_async(kwargs=entry.payload, retry=False)
    except Exception as error:
        Broker.deaf_until = time.monotonic() + DEAF_SECONDS
        Outbox.objects.filter(pk=entry.pk).update(attempts=entry.attempts + 1, last_error=str(error)[:500])
        log.warning("outbox.bell_lost", topic=entry.topic, entry=entry.pk, error=str(error))
        return False
    return True


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Ring everything that is due and was never handed over; return how many were rung."""
    from config.kernel.models import Outbox

    waiting = Outbox.objects.filter(sent_at=None, due_at__lte=at - QUIET).order_by("due_at", "pk")[:limit]
    return sum(ring(entry) for entry in waiting)
