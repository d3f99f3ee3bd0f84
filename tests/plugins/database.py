"""Tests run as the database role of web and workers, and a flush that respects tables that refuse TRUNCATE.

The owner makes and migrates the test database; from then on each connection says `SET ROLE`, so that a missing grant
fails the test that needs it. After a transactional test every table is emptied with triggers off (as the owner) and
gets back what the migrations had put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase

from config.env import app_role, owner_connection

KEPT = {"django_migrations"}


class Role:
    """Which role connections take on; none while the test database is made and dropped."""

    name = ""

    @classmethod
    def take_on(cls, **kwargs: Any) -> None:
        link = kwargs["connection"]
        if cls.name:
            with link.connection.cursor() as cursor:
                cursor.execute(f"SET SESSION ROLE {link.ops.quote_name(cls.name)}")
            if not link.get_autocommit():
                link.connection.commit()


@contextmanager
def as_owner() -> Iterator[None]:
    """Act as the owner of the tables on this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        try:
            yield
        finally:
            if Role.name:
                cursor.execute(f"SET SESSION ROLE {connection.ops.quote_name(Role.name)}")


class Snapshot:
    """What the migrations left in each table, as COPY writes it."""

    rows: dict[str, bytes] = {}

    @classmethod
    def take(cls) -> None:
        with connection.cursor() as cursor:
            for table in filled_tables(cursor):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as source:
                    cls.rows[table] = b"".join(bytes(part) for part in source)

    @classmethod
    def restore(cls) -> None:
        """Empty every table but Django's own record of migrations, and write the snapshot back."""
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in filled_tables(cursor):
                cursor.execute(f'DELETE FROM "{table}"')
            for table, rows in cls.rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as target:
                    target.write(rows)


def filled_tables(cursor: Any) -> list[str]:
    """The tables of the schema that hold at least one row."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    names = [name for (name,) in cursor.fetchall() if name not in KEPT]
    if not names:
        return []
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]


def flush(self: TransactionTestCase) -> None:
    Snapshot.restore()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """After the database is made: remember its rows, then become the app role."""
    with django_db_blocker.unblock():
        Snapshot.take()
        Role.name = app_role()
        connection.close()
    TransactionTestCase._fixture_teardown = flush
    connection_created.connect(Role.take_on)
    yield
    connection_created.disconnect(Role.take_on)
    Role.name = ""
    with django_db_blocker.unblock():
        connection.close()
        end_other_sessions(connection.settings_dict["NAME"])


def end_other_sessions(database: str) -> None:
    """The sessions of processes that a test has killed linger for a moment, and would keep the database from going."""
    others = "FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    with owner_connection() as link:
        link.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}", [database])
