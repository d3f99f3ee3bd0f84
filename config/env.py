"""Reads and checks every environment variable, once. `docs/operations.md` lists them."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import Connection
from psycopg.rows import TupleRow

BASE_DIR = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("EMBEDDED_STATE") or BASE_DIR / "var")
NOWHERE = "postgres:///storefront"
env = environ.Env()


def text(name: str, default: str = "") -> str:
    """The variable; `default` also when it is set to nothing."""
    return os.environ.get(name) or default


def require(*names: str) -> None:
    """Raise ImproperlyConfigured with all the variables that are missing, not only the first."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        msg = f"these environment variables must be set: {', '.join(missing)} (see docs/operations.md)"
        raise ImproperlyConfigured(msg)


def private_key() -> str:
    """`SECRET_KEY`, else a random one that this checkout keeps to itself under `var/`."""
    given = text("SECRET_KEY")
    if given:
        return given
    kept = STATE / "secret_key"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        draft = kept.with_name(f"secret_key.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, kept)  # whole or not at all, and the first one wins
        draft.unlink()
    return kept.read_text()


def database() -> dict[str, Any]:
    """Django's settings for `DATABASE_URL` (web, workers) or, when `DATABASE_ROLE=owner`, `DATABASE_OWNER_URL`."""
    app = text("DATABASE_URL", NOWHERE)
    if text("DATABASE_ROLE", "app") == "owner":
        return _parsed(text("DATABASE_OWNER_URL", app))
    return _parsed(app)


def app_role() -> str:
    """The database user of web and workers; empty when it is the owner itself."""
    url = text("DATABASE_URL", NOWHERE)
    app, owner = _parsed(url)["USER"], _parsed(text("DATABASE_OWNER_URL", url))["USER"]
    return app if app != owner else ""


def owner_connection() -> Connection[TupleRow]:
    """A connection of the tables' owner, outside Django, that commits each statement."""
    facts = _parsed(text("DATABASE_OWNER_URL", text("DATABASE_URL", NOWHERE)))
    address = {"host": facts["HOST"], "port": facts["PORT"], "user": facts["USER"], "password": facts["PASSWORD"]}
    known = {key: value for key, value in address.items() if value}
    return psycopg.connect(dbname=facts["NAME"], autocommit=True, connect_timeout=10, **known)


def _parsed(url: str) -> dict[str, Any]:
    return dict(environ.Env.db_url_config(url))


def redis_url() -> str:
    """The address of Redis as Celery writes it."""
    return text("REDIS_URL", "redis://127.0.0.1:6379/0")


def redis_database(number: int) -> str:
    """The broker's address for another database of the same Redis."""
    url = redis_url()
    if url.startswith("redis+socket://"):
        return f"{url.partition('?')[0]}?virtual_host={number}"
    return f"{url.rpartition('/')[0] if url.count('/') > 2 else url}/{number}"


def cache_url(number: int = 1) -> str:
    """Redis for Django's cache: redis-py spells a socket `unix://`."""
    url = redis_url()
    if url.startswith("redis+socket://"):
        return f"unix://{url.removeprefix('redis+socket://').partition('?')[0]}?db={number}"
    return redis_database(number)
