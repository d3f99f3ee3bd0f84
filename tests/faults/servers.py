"""A PostgreSQL and a Redis of the test's own, to be killed and frozen; the checkout's servers are everybody's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.celery import app
from config.embedded import attach
from config.embedded.paths import Places
from config.embedded.postgres import OWNER, find_binaries
from config.embedded.processes import is_alive, read_pid
from config.kernel.outbox import Broker


class Servers:
    """Both, each with its keeper, which starts it again when it dies."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def pid(self, name: str) -> int | None:
        """The server's process; of PostgreSQL the postmaster. None while it is being started."""
        files = {
            "postgres": self.places.service_data("postgres") / "postmaster.pid",
            "redis": self.places.run / "redis.pid",
        }
        return read_pid(files[name])

    def send(self, name: str, sign: signal.Signals) -> None:
        """Send a signal to the server."""
        pid = self.pid(name)
        assert pid is not None
        os.kill(pid, sign)

    def kill_everything_of_postgres(self) -> None:
        """`kill -9` of the postmaster and of all its processes at once."""
        postmaster = self.pid("postgres")
        assert postmaster is not None
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Start both; until the end the tests, and the workers they start, talk to these."""
    with environment(EMBEDDED_STATE=tempfile.mkdtemp(prefix="faults-")) as state:
        places = Places.of_checkout()
        addresses: dict[str, str] = {}
        try:
            with attach(addresses):
                sockets = str(places.run / "pg")
                copy_schema(find_binaries(places), sockets)
                with talking_to(sockets), ringing(addresses["REDIS_URL"]):
                    yield Servers(places)
        finally:
            for left in (places.run, state, Path("/var/lib/storefront") / places.mark):
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def environment(**variables: str) -> Iterator[Path]:
    """The keepers find the directory of their servers in the environment."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield Path(variables["EMBEDDED_STATE"])
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def copy_schema(binaries: Path, sockets: str) -> None:
    """Fill the new database with what the test database holds now: its tables and the rows of the migrations."""
    facts = connection.settings_dict
    dump = [binaries / "pg_dump", "-h", facts["HOST"], "-U", OWNER, facts["NAME"]]
    load = [binaries / "psql", "-h", sockets, "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "storefront"]
    dumped = subprocess.run(dump, check=True, capture_output=True)
    subprocess.run(load, input=dumped.stdout, check=True, capture_output=True)


@contextmanager
def talking_to(sockets: str) -> Iterator[None]:
    """The tests' connections lead to the database on these sockets."""
    facts = connection.settings_dict
    before = {name: facts[name] for name in ("HOST", "NAME")}
    connection.close()
    facts.update(HOST=sockets, NAME="storefront")
    try:
        yield
    finally:
        connection.close()
        facts.update(before)


@contextmanager
def ringing(redis: str) -> Iterator[None]:
    """The tests ring this Redis, and the workers they start listen to it."""
    before = settings.CELERY_BROKER_URL
    settings.CELERY_BROKER_URL = redis
    ring_at(redis)
    try:
        yield
    finally:
        settings.CELERY_BROKER_URL = before
        ring_at(before)


def ring_at(address: str) -> None:
    """Let this process's Celery app forget its connections, and what it thought of the last broker."""
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = address
    app._after_fork()
    Broker.deaf_until = 0.0
