"""Whether this process, and what it stands on, is well: `/healthz` and `/readyz`."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import redis
import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.env import cache_url

log = structlog.get_logger(__name__)
SILENT_AFTER_SECONDS = 180


class NotServed(RuntimeError):
    """No worker has finished anything on a queue for too long."""


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process is up. Asks nothing of anybody, so that a broken database does not restart web servers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Everything a user needs answers: 200, else 503. Says which part does not, never why (that is in the log)."""
    results = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(results.values())
    answer = {"ready": ready, "checks": {name: "ok" if well else "failed" for name, well in results.items()}}
    return JsonResponse(answer, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:
        log.warning("health.check_failed", check=name, error=f"{type(error).__name__}: {error}")
        return False
    return True


def database_answers() -> None:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def redis_answers() -> None:
    """One ping, without waiting long."""
    with redis.Redis.from_url(cache_url(), socket_timeout=2, socket_connect_timeout=2) as link:
        link.ping()


def storage_takes_files() -> None:
    """Write a small file and take it away again."""
    name = default_storage.save(f"health/{uuid4().hex}", ContentFile(b"ok"))
    default_storage.delete(name)


def workers_answer() -> None:
    """Every queue has finished a task lately, by the database's clock. Raises NotServed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue FROM kernel_workerheartbeat WHERE seen_at > now() - make_interval(secs => %s)",
            [SILENT_AFTER_SECONDS],
        )
        served = {queue for (queue,) in cursor.fetchall()}
    silent = sorted(set(settings.QUEUES) - served)
    if silent:
        msg = f"nobody serves {', '.join(silent)}"
        raise NotServed(msg)


def show_life(queue: str) -> None:
    """Write down that this queue is served now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_workerheartbeat (queue, seen_at) VALUES (%s, now())"
            " ON CONFLICT (queue) DO UPDATE SET seen_at = now()",
            [queue],
        )


CHECKS: dict[str, Callable[[], None]] = {
    "database": database_answers,
    "redis": redis_answers,
    "storage": storage_takes_files,
    "workers": workers_answer,
}
