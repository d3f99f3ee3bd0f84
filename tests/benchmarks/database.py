"""A database of the benchmarks' own on the embedded server: never the demo's, never the tests'."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from config.embedded import attach
from config.embedded.processes import is_alive, wait_for
from config.env import owner_connection
from tests.plugins.template import prepare_template

PREFIX = "benchmark_"


@contextmanager
def own_database() -> Iterator[None]:
    """Make it, have the environment name it for this process and its children, and drop it at the end."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    with attach():
        template, name = prepare_template(), f"{PREFIX}{os.getpid()}"
        drop_left_over()
        with owner_connection() as link:
            link.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        before = {key: os.environ[key] for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
        os.environ.update({key: f"{url.rpartition('/')[0]}/{name}" for key, url in before.items()})
        try:
            yield
        finally:
            os.environ.update(before)
            drop(name)


def drop_left_over() -> None:
    """Drop the databases of benchmarks that were killed."""
    with owner_connection() as link:
        names = [row[0] for row in link.execute("SELECT datname FROM pg_database")]
    for name in names:
        if name.startswith(PREFIX) and not is_alive(int(name.removeprefix(PREFIX))):
            drop(name)


def drop(name: str) -> None:
    """Drop one, whoever is connected; the vacuum of the server itself is waited for, we may not stop it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))

    def dropped() -> bool:
        try:
            link.execute(statement)
        except InsufficientPrivilege:
            return False
        return True

    with owner_connection() as link:
        wait_for(dropped, 60, step=0.5)
