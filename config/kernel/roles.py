"""What the database role of web and workers may do: read and write rows. No DDL, no TRUNCATE."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import connections
from psycopg import sql

from config.env import app_role

log = structlog.get_logger(__name__)

GRANTS = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)


def grant_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Give the app role its rights; connected to `post_migrate`. Safe to repeat.

    Does nothing when one role does everything, or when the role does not exist on this server (said in the log).
    """
    role = app_role()
    if not role:
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            log.warning("database.role_missing", role=role)
            return
        for statement in GRANTS:
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)).as_string(cursor.connection))
