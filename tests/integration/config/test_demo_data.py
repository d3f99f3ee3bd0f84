"""`./run demo` touches nothing that is not the demo's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config import demo, demo_data
from config.env import owner_connection
from config.preparation import migrate_if_needed

OTHER = f"test_storefront_{os.getpid()}_gw999"  # a name that a later run clears away if this one is killed


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """DATABASE_URL names another database than the embedded one."""
    with owner_connection() as link:
        link.execute(f"DROP DATABASE IF EXISTS {OTHER}".encode())
        link.execute(f"CREATE DATABASE {OTHER}".encode())
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        address = os.environ.get(name) or os.environ["DATABASE_URL"]
        monkeypatch.setenv(name, f"{address.rpartition('/')[0]}/{OTHER}")
    yield
    monkeypatch.undo()
    with owner_connection() as link:
        link.execute(f"DROP DATABASE {OTHER}".encode())


def execute(statement: str) -> None:
    with owner_connection() as link:
        link.execute(sql.SQL(statement))  # type: ignore[arg-type]  # written in this file


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE customers AS SELECT 1 AS one",
        "CREATE TABLE accounts_account AS SELECT 1 AS one; CREATE TABLE accounts_user (one int)",
    ],
)
def test_foreign_data_is_refused_and_kept(elsewhere: None, statement: str, capfd: pytest.CaptureFixture[str]) -> None:
    execute(statement)

    status = demo.main(["--once"])

    assert status == 1
    assert "nothing was touched" in capfd.readouterr().err
    table = statement.split()[2]
    with owner_connection() as link:
        assert link.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (1,)


@pytest.mark.parametrize("statement", ["SELECT 1", "CREATE TABLE accounts_account (); CREATE TABLE accounts_user ()"])
def test_empty_database_is_taken(elsewhere: None, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    monkeypatch.setattr(demo_data, "FILES", ())
    execute(statement)

    demo_data.refuse_foreign_data()  # raises Refused for data of somebody else, as above
    demo_data.clear(keep_redis=True)

    assert not demo_data.is_loaded()
    with owner_connection() as link:
        assert link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_own_data_is_cleared_again(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_data, "FILES", ())
    demo_data.clear(keep_redis=True)
    execute("CREATE TABLE accounts_account AS SELECT 1 AS one")

    demo_data.refuse_foreign_data()
    demo_data.clear(keep_redis=True)

    with pytest.raises(psycopg.errors.UndefinedTable):
        execute("SELECT * FROM accounts_account")


def test_demo_of_another_version_is_loaded_anew(
    elsewhere: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo_data, "FILES", ())
    monkeypatch.setattr(demo_data, "SIGN_INS", tmp_path / "sign-ins.txt")
    demo_data.clear(keep_redis=True)
    demo_data.mark_loaded(sign_ins="Ada")
    before = demo_data.is_loaded()
    other_version()

    assert (before, demo_data.is_loaded()) == (True, False)


def test_database_of_another_version_is_not_migrated(elsewhere: None) -> None:
    other_version()

    with pytest.raises(SystemExit, match=r"accounts\.0099_of_tomorrow is not known here.*\./run demo --fresh"):
        migrate_if_needed()


def other_version() -> None:
    """The database has had a migration of another app, one of ours, and one that these sources do not hold."""
    execute("CREATE TABLE django_migrations (id serial, app text, name text)")
    rows = "('auth', '0001_initial'), ('accounts', '0001_initial'), ('accounts', '0099_of_tomorrow')"
    execute(f"INSERT INTO django_migrations (app, name) VALUES {rows}")
