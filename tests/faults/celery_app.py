"""The product's Celery app with fault points and with guards that a test may take away.

A test speaks to running workers through the directory `FAULT_POINTS`: a file there arms a fault or removes a guard, and
a worker writes down there what it starts. Without the files the workers are the product's own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from celery.signals import task_postrun, task_prerun, worker_process_init, worker_ready
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from config.celery import app

__all__ = ["app"]

POINTS = Path(os.environ["FAULT_POINTS"])
IDLE_SECONDS = 1
"""How long a worker's transaction may stand idle here; the product allows a minute."""
app.conf.task_retry_on_worker_lost = "KEEP_LOST" not in os.environ
if "VISIBILITY_SECONDS" in os.environ:
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "visibility_timeout": int(os.environ["VISIBILITY_SECONDS"]),
        "unacked_restore_interval": 1,
    }


def removed(guard: str) -> bool:
    """Whether the test has taken this guard away."""
    return (POINTS / f"without {guard}").exists()


def used_up(fault: str) -> bool:
    """Whether the fault is armed, once for each file of its name; using it takes one away."""
    for token in POINTS.glob(f"{fault}.*"):
        try:
            token.unlink()
        except FileNotFoundError:
            continue
        return True
    return False


def note(what: str, line: str) -> None:
    with (POINTS / what).open("a") as file:
        file.write(f"{line}\n")


def die() -> None:
    note("deaths", str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


@worker_ready.connect
def show(**_kwargs: Any) -> None:
    """The worker listens."""
    note("ready", str(os.getpid()))


@worker_process_init.connect
def begin(**_kwargs: Any) -> None:
    """A process of the pool has a clock that is wrong, if the test says so, and a few small chunks."""
    from invoicing.services import run_work

    run_work.CHUNK = 5
    run_work._issue = poisonous(run_work._issue)
    run_work._claim = claiming(run_work._claim)
    if (POINTS / "clock").exists():
        days = timedelta(days=float((POINTS / "clock").read_text()))
        time_machine.travel(datetime.now().astimezone() + days, tick=True).start()


def poisonous(issue: Callable[..., Any]) -> Callable[..., Any]:
    """Issuing that kills its process at the account named in `poison`."""

    def wrapped(frame: Any, work: Sequence[Any], at: datetime) -> Any:
        poison = POINTS / "poison"
        if poison.exists() and any(str(item.bill_to_id) == poison.read_text() for item in work):
            die()
        if removed("dates of the row"):
            frame = replace(frame, on=at.date())
        return issue(frame, work, at)

    return wrapped


def claiming(claim: Callable[[int], Any]) -> Callable[[int], Any]:
    """A claim that does not count the attempts, if the test says so."""

    def wrapped(run_id: int) -> Any:
        from invoicing.models import RunItem

        found = claim(run_id)
        if removed("counting"):
            RunItem.objects.filter(run=run_id).update(attempts=0)
        return found

    return wrapped


@receiver(connection_created)
def hurry(connection: Any = None, **_kwargs: Any) -> None:
    """A new connection is as impatient or as patient as the test wants."""
    seconds = 0 if removed("the idle timeout") else IDLE_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{seconds}s'")


@task_prerun.connect
def start(task: Any = None, **_kwargs: Any) -> None:
    """Note a task that begins."""
    note("starts", f"{task.request.id} {task.name}")


@task_postrun.connect
def end(task: Any = None, **_kwargs: Any) -> None:
    """After a task has committed, and before its message is acknowledged."""
    if task.name == "invoicing.advance_run" and used_up("die after commit"):
        note("killed", task.request.id)
        die()
