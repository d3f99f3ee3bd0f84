"""The demo's data: whether a database may be used for it, how it is cleared, and the mark that says it is the demo."""

from __future__ import annotations

import os
import shutil

import redis
from psycopg import Connection
from psycopg.rows import TupleRow

from config.embedded.paths import Places
from config.embedded.postgres import Postgres
from config.env import STATE, cache_url, owner_connection
from config.preparation import forget_migrations, unknown_migrations

SIMULATOR = STATE / "simulator"
SIGN_INS = STATE / "demo" / "sign-ins.txt"
FILES = (SIMULATOR, STATE / "media", STATE / "mail", STATE / "demo", STATE / "documents")
MARK = "demo data, made by ./run demo; may be cleared"


class Refused(RuntimeError):
    """The database holds something that is not the demo's."""


def refuse_foreign_data() -> None:
    """Raise Refused when a database that `DATABASE_URL` names holds anything but demo data.

    The embedded database is this checkout's own and made for trying things, so it is never refused.
    """
    if is_embedded():
        return
    with owner_connection() as link:
        if not (_mark(link) == MARK or _is_empty(link)):
            msg = (
                "The database that DATABASE_URL names holds data that is not the demo's, so nothing was touched. "
                "Unset DATABASE_URL, or name an empty database."
            )
            raise Refused(msg)


def is_embedded() -> bool:
    """Whether the database is the private one of this checkout."""
    return os.environ["DATABASE_URL"] == Postgres(Places.of_checkout()).environment()["DATABASE_URL"]


def is_loaded() -> bool:
    """Whether the demo data was loaded to its end by this version of the product, and its sign-ins are known."""
    with owner_connection() as link:
        return _mark(link) == MARK and SIGN_INS.exists() and not unknown_migrations(link)


def clear(*, keep_redis: bool) -> None:
    """Empty the database, the files and (if it is ours) Redis. Marks the database at once: it is the demo's now."""
    forget_migrations()
    with owner_connection() as link:
        link.execute("DROP SCHEMA public CASCADE")
        link.execute("CREATE SCHEMA public")
        link.execute(f"COMMENT ON SCHEMA public IS '{MARK}'".encode())
    for path in FILES:
        shutil.rmtree(path, ignore_errors=True)
    if not keep_redis:
        with redis.Redis.from_url(cache_url()) as link_to_redis:
            link_to_redis.flushall()


def mark_loaded(*, sign_ins: str) -> None:
    """Remember what `load_demo` said about who may sign in."""
    SIGN_INS.parent.mkdir(parents=True, exist_ok=True)
    SIGN_INS.write_text(sign_ins)


def sign_ins() -> str:
    """Who may sign in, as `load_demo` printed it."""
    return SIGN_INS.read_text() if SIGN_INS.exists() else ""


def _mark(link: Connection[TupleRow]) -> str | None:
    row = link.execute("SELECT obj_description('public'::regnamespace, 'pg_namespace')").fetchone()
    return row[0] if row else None


def _is_empty(link: Connection[TupleRow]) -> bool:
    """No tables, or freshly migrated ones that nobody has signed up in."""
    tables = {str(name) for (name,) in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    if not tables:
        return True
    if not {"accounts_account", "accounts_user"} <= tables:
        return False
    anybody = "SELECT EXISTS (SELECT FROM accounts_account) OR EXISTS (SELECT FROM accounts_user)"
    return link.execute(anybody).fetchone() == (False,)
