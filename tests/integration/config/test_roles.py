"""What the database role of web and workers may not do, tried on a real connection."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import Account
from config.env import app_role

REFUSED = [
    "CREATE TABLE sneaky (id int)",
    "ALTER TABLE accounts_account ADD COLUMN sneaky int",
    "ALTER TABLE accounts_account DISABLE TRIGGER ALL",
    "DROP TABLE accounts_account",
    "TRUNCATE accounts_account CASCADE",
    "SET session_replication_role = replica",
    "UPDATE django_migrations SET applied = now()",
]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not app_role(), reason="DATABASE_URL and DATABASE_OWNER_URL name one role"),
]


def test_tests_run_as_the_app_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (user,) = cursor.fetchone()

    assert user == app_role()


def in_a_savepoint(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", REFUSED)
def test_app_role_is_refused(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        in_a_savepoint(statement)

    assert Account.objects.count() == 0


def test_app_role_reads_and_writes_every_table_of_ours() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND relname <> 'django_migrations' AND NOT has_table_privilege(current_user, oid, 'SELECT, INSERT')"
        )
        lacking = cursor.fetchall()

    assert lacking == []
