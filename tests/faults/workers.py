"""Real Celery workers on the test database, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from redis import Redis

from config.embedded.processes import die_with_parent
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


def end_connections(query: str) -> None:
    """End the sessions whose statement begins like this and waits for a lock, as an operator would."""
    facts = connection.settings_dict
    with psycopg.connect(host=facts["HOST"], user="postgres", dbname=facts["NAME"]) as link:
        ended = link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE %s",
            [f"{query}%"],
        ).fetchall()
    assert ended


class Worker:
    """One worker process with two children on these queues, connected to the test database as the app role."""

    def __init__(self, queues: str, **environment: str) -> None:
        self._queues = queues
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; a killed one may be started again."""
        address = app_address()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", self._queues, "-c", "2", "-l", "WARNING"],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "DATABASE_URL": address,
                "DATABASE_OWNER_URL": address,
                **self._environment,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- this process has one thread here
        )

    def kill_tree(self) -> None:
        """`kill -9` of the worker and its children."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill_children(self) -> None:
        """`kill -9` of the children that do the work; their parent lives."""
        assert self.process is not None
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in found:
            os.kill(int(child), signal.SIGKILL)


@contextmanager
def worker(queues: str, **environment: str) -> Iterator[Worker]:
    """A worker, not yet started, on an empty broker; killed at the end."""
    with Redis.from_url(
        settings.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db")
    ) as redis:
        redis.flushdb()
    running = Worker(queues, **environment)
    try:
        yield running
    finally:
        running.kill_tree()
