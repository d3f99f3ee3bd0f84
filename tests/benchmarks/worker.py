"""A worker of a billing run in a process of its own: works when told to, and tells what it took."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 -- Django first
from django.utils import timezone  # noqa: E402

from config.celery import task  # noqa: E402
from invoicing.models import BillingRun  # noqa: E402
from invoicing.services import billing_runs, bulk, run_work  # noqa: E402
from invoicing.services.run_work import Progress  # noqa: E402

BUSY_SECONDS = 0.05
"""How often a worker looks who found another one at work. A real one does not look: the next bell calls it."""


class Statements:
    """Counts what is sent to the database; COPY goes past Django's wrapper, so it is told."""

    def __init__(self) -> None:
        self.count = 0
        real = bulk.copy_rows

        def copy_rows(*arguments: Any) -> None:
            self.count += 1
            real(*arguments)

        bulk.copy_rows = copy_rows

    def __call__(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        self.count += 1
        return execute(sql, *more)


def advance(run_id: int, statements: Statements) -> dict[str, list[Any]]:
    """Work until the run is over; per stage: the seconds and the statements of each chunk."""
    chunks: dict[str, list[Any]] = {}
    stage = ""
    while True:
        if not stage:
            stage = str(BillingRun.objects.values_list("state", flat=True).get(pk=run_id))
        statements.count = 0
        began = time.perf_counter()
        progress = run_work.advance(run_id=run_id, at=timezone.now())
        if progress is Progress.OVER:
            return chunks
        if progress is Progress.BUSY:
            time.sleep(BUSY_SECONDS)
            continue
        chunks.setdefault(stage, []).append((time.perf_counter() - began, statements.count))
        if not BillingRun.objects.filter(pk=run_id, state=stage).exists():
            stage = ""


def peak_memory() -> float:
    """The most memory this process ever had, in MiB (getrusage would count that of whoever started it)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Say that we are ready, read the run's id and the lines of a chunk, work, answer."""
    statements = Statements()
    connection.ensure_connection()
    task(billing_runs.ADVANCE)  # loads the tasks, as a worker has before its first bell
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    run_id, run_work.CHUNK_LINES = (int(word) for word in sys.stdin.readline().split())
    with connection.execute_wrapper(statements):
        began = time.perf_counter()
        chunks = advance(run_id, statements)
        seconds = time.perf_counter() - began
    sys.stdout.write(f"{json.dumps({'chunks': chunks, 'seconds': seconds, 'peak': peak_memory()})}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
