"""The kernel's own background work: ring what was not heard, and show that each queue is served."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import shared_task
from celery.signals import task_postrun, worker_ready
from django.db import Error

log = structlog.get_logger(__name__)
QUIET_SECONDS = 5
_last_shown: dict[str, float] = {}


@shared_task(name="kernel.sweep_outbox")
def sweep_outbox(**_later: object) -> int:
    """Hand over what the outbox still holds."""
    from django.utils import timezone

    from config.kernel import outbox

    return outbox.sweep(at=timezone.now())


@shared_task(name="kernel.heartbeat")
def heartbeat(**_later: object) -> None:
    """Nothing to do: that this task was finished is the sign of life (see `show_life`)."""


@worker_ready.connect
def show_first_life(sender: Any = None, **_kwargs: Any) -> None:
    """A worker that has just begun to listen shows life for its queues; its pool has forked before."""
    from django.db import connection

    from config.kernel import health

    try:
        for queue in sender.task_consumer.queues:
            health.show_life(queue.name)
    except Error as error:
        log.warning("worker.heartbeat_lost", error=str(error))
    finally:
        connection.close()


@task_postrun.connect
def show_life(task: Any = None, **_kwargs: Any) -> None:
    """Note that the queue of the finished task is served. A busy queue shows life by its work, an idle one by ours."""
    from config.kernel import health

    queue = ((task.request.delivery_info or {}) if task else {}).get("routing_key")
    if not queue or time.monotonic() - _last_shown.get(queue, -QUIET_SECONDS) < QUIET_SECONDS:
        return
    try:
        health.show_life(queue)
        _last_shown[queue] = time.monotonic()
    except Error as error:
        log.warning("worker.heartbeat_lost", queue=queue, error=str(error))
