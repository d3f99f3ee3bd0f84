"""Real Celery workers on the test database, to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from redis import Redis

from config.embedded.processes import die_with_parent, wait_for
from config.env import app_role


def app_address() -> str:
    """The test database for another process, as the role of web and workers."""
    facts = connection.settings_dict
    host, port = facts["HOST"], facts["PORT"]
    user = app_role() or facts["USER"]
    password = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    place = f"//{host.lstrip('/')}" if host.startswith("/") else f"{host}:{port}"
    return f"postgres://{user}{password}@{place}/{facts['NAME']}"


def session() -> psycopg.Connection[Any]:
    """Another session of the owner, in which a test holds what a worker wants."""
    facts = connection.settings_dict
    address = {"host": facts["HOST"], "port": facts["PORT"], "user": facts["USER"], "password": facts["PASSWORD"]}
    return psycopg.connect(dbname=facts["NAME"], **{key: value for key, value in address.items() if value})


def somebody_waits_for_table(name: str) -> bool:
    """Whether a statement waits until another session lets go of the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [name],
        )
        return bool(cursor.fetchone()[0])


def somebody_waits(query: str) -> bool:
    """Whether a statement that begins like this waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE %s",
            [f"{query}%"],
        )
        return bool(cursor.fetchone()[0])


def end_transactions() -> None:
    """End every session of the workers that is inside a transaction, as an operator would."""
    with _superuser() as link:
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = %s "
            "AND xact_start IS NOT NULL AND pid <> %s",
            [connection.settings_dict["NAME"], app_role(), _own_backend()],
        )


def sessions_at_work() -> int:
    """How many other sessions of this database are inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return int(cursor.fetchone()[0])


def _own_backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _superuser() -> psycopg.Connection[Any]:
    facts = connection.settings_dict
    return psycopg.connect(host=facts["HOST"], user="postgres", dbname=facts["NAME"], autocommit=True)


def broker() -> Redis:
    """The broker that the tests ring, and that the workers listen to."""
    address = settings.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db")
    return Redis.from_url(address)


class Worker:
    """One worker process with two children on these queues, as the product runs it, on the test database.

    `points` is the directory by which a test arms faults and removes guards (see `celery_app`).
    """

    def __init__(self, queues: str, **environment: str) -> None:
        self._queues = queues
        self.points = Path(tempfile.mkdtemp(prefix="fault-points-"))
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it does not run; a killed one may be started again."""
        if self.process is not None and self.process.poll() is None:
            return
        address = app_address()
        command = [sys.executable, "-m", "celery", "-A", "tests.faults.celery_app", "worker", "-Q", self._queues]
        with (self.points / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"],
                cwd=settings.BASE_DIR,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "config.settings.development",
                    "PROCESS": "worker",
                    "DATABASE_ROLE": "app",
                    "DATABASE_URL": address,
                    "DATABASE_OWNER_URL": address,
                    "REDIS_URL": settings.CELERY_BROKER_URL,
                    "MEDIA_ROOT": str(self.points / "media"),
                    "BILLING_LEASE_SECONDS": "1",
                    "FAULT_POINTS": str(self.points),
                    **self._environment,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- this process has one thread here
            )

    def is_ready(self) -> bool:
        """Whether it listens."""
        return self.process is not None and str(self.process.pid) in self.noted("ready")

    def ready(self) -> None:
        """Start it, if it does not run, and return when it listens."""
        self.start()
        assert wait_for(self.is_ready, 120), self.log()

    def kill_tree(self) -> None:
        """`kill -9` of the worker and its children."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def children(self) -> list[int]:
        """The processes that do the work."""
        assert self.process is not None
        return [int(pid) for pid in self._children_file().read_text().split()]

    def kill_children(self) -> None:
        """`kill -9` of the children that do the work; their parent lives."""
        for child in self.children():
            os.kill(child, signal.SIGKILL)

    def freeze(self) -> None:
        """`kill -STOP` of the worker and its children."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """`kill -CONT` of the worker and its children."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    def arm(self, name: str, text: object = "") -> None:
        """Arm a fault, or take a guard away."""
        (self.points / name).write_text(str(text))

    def noted(self, what: str) -> list[str]:
        """What its processes have written down: starts, deaths, killed, ready."""
        file = self.points / what
        return file.read_text().splitlines() if file.exists() else []

    def disarm(self) -> None:
        """Take all faults away and give all guards back; forget what was noted."""
        for file in self.points.iterdir():
            if file.name not in {"ready", "log", "media"}:
                file.unlink()

    def log(self) -> str:
        """The last lines of its log."""
        return (self.points / "log").read_text()[-3000:]

    def _children_file(self) -> Path:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")


@contextmanager
def worker(queues: str, **environment: str) -> Iterator[Worker]:
    """A worker, not yet started, on an empty broker; killed at the end."""
    with broker() as redis:
        redis.flushdb()
    running = Worker(queues, **environment)
    try:
        yield running
    finally:
        running.kill_tree()
        shutil.rmtree(running.points)
