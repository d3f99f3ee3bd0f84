"""A migrated database that the test database is copied from: migrating takes long, copying does not.

One per state of the migrations, kept on the embedded server beside the others of this checkout. A changed migration
makes a new one, so every migration is run by the tests that follow its change.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from config.embedded.processes import is_alive
from config.env import BASE_DIR, owner_connection
from config.preparation import LOCK, fingerprint

PREFIX = "migrated_"


def prepare_template() -> str:
    """The name of a database that holds all tables and no rows but the migrations' own; made when missing."""
    name = f"{PREFIX}{fingerprint().rpartition(' ')[2]}"
    with owner_connection() as link:
        link.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        existing = {row[0] for row in link.execute("SELECT datname FROM pg_database")}
        if name not in existing:
            make(link, name)
        for old in {other for other in existing - {name} if other.startswith(PREFIX) or is_left_over(other)}:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(old)))
    return name


def is_left_over(database: str) -> bool:
    """Whether this is the database of a second test run (see `own_test_database`) that was killed."""
    found = re.fullmatch(r"test_storefront_(\d+)(_gw\d+)?", database)
    return found is not None and not is_alive(int(found[1]))


def make(link: Connection[TupleRow], name: str) -> None:
    """Migrate under a draft name, so that a killed run leaves no half-migrated template."""
    draft = f"{name}_draft"
    link.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
    link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    address = f"{os.environ['DATABASE_OWNER_URL'].rpartition('/')[0]}/{draft}"
    environment = os.environ | {
        "DATABASE_OWNER_URL": address,
        "DATABASE_ROLE": "owner",
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
    }
    command = [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
    subprocess.run(command, env=environment, check=True)
    link.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
