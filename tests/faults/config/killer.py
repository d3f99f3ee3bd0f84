"""The product's Celery app with two tasks that kill the process they run in."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from config.celery import app

__all__ = ["app"]


@app.task(name="faults.dies_once")
def dies_once(*, note: str) -> None:
    """Kill the pool process at the first run, finish at the second."""
    if count_run(note) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    with Path(note).open("a") as file:
        file.write("done\n")


@app.task(name="faults.always_dies", max_retries=2)
def always_dies(*, note: str) -> None:
    """Kill the pool process at every run."""
    count_run(note)
    os.kill(os.getpid(), signal.SIGKILL)


def count_run(note: str) -> int:
    with Path(note).open("a") as file:
        file.write("run\n")
    return Path(note).read_text().count("run\n")


for task in (dies_once, always_dies):
    task.default_retry_delay = 1
