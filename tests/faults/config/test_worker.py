"""A worker's pool process is killed in the middle of a task."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.celery import app
from config.embedded.processes import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent.parent
QUEUE = f"faults-{os.getpid()}"


@pytest.fixture
def worker(db: None, tmp_path: Path) -> Iterator[Path]:
    """A real worker on a queue of its own; gives its log."""
    url = os.environ["DATABASE_OWNER_URL"].rpartition("/")[0]
    database = f"{url}/{connection.settings_dict['NAME']}"
    command = [sys.executable, "-m", "celery", "--app", "tests.faults.config.killer:app", "worker"]
    options = ["--queues", QUEUE, "--concurrency", "1", "--hostname", f"{QUEUE}@%h", "--loglevel", "INFO"]
    log = tmp_path / "worker.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_OWNER_URL": database,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "PROCESS": "worker",
            },
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        assert wait_for(answers, 120), log.read_text()
        yield log
    finally:
        process.terminate()
        process.wait(timeout=60)


def answers() -> bool:
    """Whether the worker takes remote commands: it has started."""
    return bool(app.control.ping(destination=[f"{QUEUE}@{socket.gethostname()}"], timeout=1))


def lines(note: Path) -> list[str]:
    return note.read_text().splitlines() if note.exists() else []


def send(name: str, note: Path) -> None:
    app.send_task(name, kwargs={"note": str(note)}, queue=QUEUE)


def waiting_messages() -> int:
    with app.connection_for_read() as link:
        return int(link.default_channel.client.llen(QUEUE))


def test_killed_task_runs_again_and_a_killer_is_given_up(worker: Path, tmp_path: Path) -> None:
    assert settings.CELERY_TASK_RETRY_ON_WORKER_LOST
    once, always = tmp_path / "once", tmp_path / "always"

    send("faults.dies_once", once)
    assert wait_for(lambda: lines(once) == ["run", "run", "done"], 90), worker.read_text()[-3000:]

    send("faults.always_dies", always)
    assert wait_for(lambda: lines(always) == ["run"] * 3, 90), worker.read_text()[-3000:]
    send("faults.dies_once", once)
    assert wait_for(lambda: lines(once)[-1:] == ["done"] and len(lines(once)) == 5, 90)

    assert lines(always) == ["run"] * 3
    assert waiting_messages() == 0
