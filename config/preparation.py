"""What a management command needs before Django is loaded: servers, the right database role, migrated tables."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from config.embedded import attach
from config.embedded.paths import EmbeddedError
from config.env import BASE_DIR, owner_connection

NEEDS_NOTHING = frozenset({"help", "version", "--help", "-h", "--version", "makemessages", "compilemessages"})
AS_OWNER = frozenset(
    {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "flush", "sqlflush", "pgtrigger", "createcachetable"}
)
MIGRATES_ITSELF = frozenset({"check", "migrate", "makemigrations", "showmigrations", "sqlmigrate"})
MIGRATIONS = ("*/migrations/*.py", "config/kernel/migrations/*.py")
LOCK = 7_061_934


@contextmanager
def prepared(arguments: Sequence[str]) -> Iterator[None]:
    """Everything the command line `arguments` needs, for as long as the command runs.

    Only embedded databases are migrated unasked; a database named by `DATABASE_URL` is migrated by its operators.
    """
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in NEEDS_NOTHING or "--help" in arguments:
        yield
        return
    if command in AS_OWNER:
        os.environ["DATABASE_ROLE"] = "owner"
    ours = not os.environ.get("DATABASE_URL")
    try:
        attachment = attach()
    except EmbeddedError as error:
        sys.exit(f"Cannot start the embedded servers: {error}")
    with attachment, plain_about_connections():
        if ours and command not in MIGRATES_ITSELF:
            migrate_if_needed()
        elif ours and command == "migrate":
            forget_migrations()
        yield


@contextmanager
def plain_about_connections() -> Iterator[None]:
    """End the program with one sentence when the database cannot be reached; other errors pass."""
    try:
        yield
    except Exception as error:
        for cause in (error, error.__cause__):
            if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
                reason = " ".join(str(cause).split())
                sys.exit(f"The database that DATABASE_URL names does not answer: {reason}")
        raise


def fingerprint() -> str:
    """Changes when a migration of ours, the grants, or the set of packages change."""
    digest = hashlib.sha256((BASE_DIR / "requirements.lock").read_bytes())
    for pattern in (*MIGRATIONS, "config/kernel/migrations_together.py", "config/kernel/roles.py"):
        for path in sorted(BASE_DIR.glob(pattern)):
            digest.update(str(path.relative_to(BASE_DIR)).encode() + path.read_bytes())
    return f"migrated {digest.hexdigest()[:16]}"


def migrate_if_needed() -> None:
    """Migrate the database unless its comment says that just this has been done. Two may call it at once.

    Ends the program, saying what to do, when another version of the product has made the tables.
    """
    wanted = fingerprint()
    with owner_connection() as link:
        if _comment(link) == wanted:
            return
        link.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if _comment(link) == wanted:
            return
        if unknown := unknown_migrations(link):
            sys.exit(
                f"Another version of the product has made this database: {unknown[0]} is not known here. "
                "Go back to that version, or have the demo data made anew: ./run demo --fresh"
            )
        environment = os.environ | {"DATABASE_ROLE": "owner"}
        command = [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
        if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode != 0:
            sys.exit("The database could not be migrated.")
        _set_comment(link, wanted)


def unknown_migrations(link: Connection[TupleRow]) -> list[str]:
    """The migrations of our apps that this database has had and these sources lack, such as `accounts.0007_x`."""
    if link.execute("SELECT to_regclass('public.django_migrations')").fetchone() == (None,):
        return []
    paths = [path for pattern in MIGRATIONS for path in BASE_DIR.glob(pattern)]
    here = {f"{path.parent.parent.name}.{path.stem}" for path in paths}
    apps = {name.partition(".")[0] for name in here}
    applied = link.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    return [f"{app}.{name}" for app, name in applied if app in apps and f"{app}.{name}" not in here]


def forget_migrations() -> None:
    """Somebody migrates by hand, or clears the tables: the next command looks for itself."""
    with owner_connection() as link:
        _set_comment(link, "")


def _comment(link: Connection[TupleRow]) -> str:
    row = link.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return (row and row[0]) or ""


def _set_comment(link: Connection[TupleRow], text: str) -> None:
    link.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(link.info.dbname), sql.Literal(text)))
