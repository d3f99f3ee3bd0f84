"""What is measured: a whole billing run by workers of their own, and the bare INSERT of what it made."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from config.embedded.processes import die_with_parent
from config.env import BASE_DIR
from invoicing.models import BillingRun, Charge, Invoice, InvoiceBalance, InvoiceItem, InvoiceRendering, InvoiceTax
from invoicing.services import billing_runs, run_work
from tests.benchmarks import seed

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
TABLES = [
    model._meta.db_table for model in (Charge, Invoice, InvoiceItem, InvoiceTax, InvoiceBalance, InvoiceRendering)
]


@dataclass(frozen=True)
class Worked:
    """One run from its start until it is over."""

    seconds: float
    workers: list[dict[str, Any]]

    @property
    def peak(self) -> float:
        """Memory of the largest worker, in MiB."""
        return max(float(worker["peak"]) for worker in self.workers)

    def chunks(self, stage: str) -> list[tuple[float, int]]:
        """Seconds and statements of each chunk of a stage."""
        return [tuple(chunk) for worker in self.workers for chunk in worker["chunks"].get(stage, [])]

    def drift(self) -> float:
        """How much longer the last tenth of the issuing chunks took than the first tenth."""
        took = [seconds for seconds, _sent in self.chunks("issuing")]
        tenth = max(1, len(took) // 10)
        return statistics.median(took[-tenth:]) / statistics.median(took[:tenth])


@contextmanager
def ready_workers(count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Workers that have started and wait to be told the run."""
    environment = {**os.environ, "DATABASE_ROLE": "app", "PROCESS": "worker"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker"],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(9),  # noqa: PLW1509 -- this process has one thread
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def bill(workers: int, chunk_lines: int) -> Worked:
    """Bill what is due on 1 April: started, previewed and issued; the workers are up before the clock starts."""
    with ready_workers(workers) as processes:
        began = time.perf_counter()
        run = billing_runs.start(through=seed.APRIL, by=None, at=NOW, auto_issue=True)
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{run.pk} {chunk_lines}\n")
            process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for process in processes if process.stdout]
        seconds = time.perf_counter() - began
    assert BillingRun.objects.get(pk=run.pk).state == "done"
    return Worked(seconds, answers)


def keep_rows() -> None:
    """Set the finished rows aside, and empty the tables they came from."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS kept_{table}")
            cursor.execute(f"CREATE UNLOGGED TABLE kept_{table} AS SELECT * FROM {table} ORDER BY 1")
    seed.empty(*TABLES)


def insert_kept() -> float:
    """Put the rows back with one INSERT … SELECT per table, all constraints and triggers on; return the seconds."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
    return time.perf_counter() - began


def bill_nothing() -> float:
    """The seconds of a run that finds nothing due: the question, the empty run, its two empty stages."""
    began = time.perf_counter()
    run = billing_runs.start(through=seed.APRIL, by=None, at=NOW, auto_issue=True)
    while run_work.advance(run_id=run.pk, at=NOW) is not run_work.Progress.OVER:
        pass
    seconds = time.perf_counter() - began
    assert run.items.count() == 0
    return seconds
