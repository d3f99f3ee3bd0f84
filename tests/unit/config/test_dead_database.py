"""A database that does not answer is one sentence for the person at the terminal, not a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from config.env import BASE_DIR

NOBODY = "postgres://somebody:secret@127.0.0.1:1/nothing"


@pytest.mark.parametrize("command", [["audit"], ["demo"]])
def test_a_dead_database_is_one_sentence(command):
    environment = os.environ | {"DATABASE_URL": NOBODY, "DATABASE_OWNER_URL": NOBODY}
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "The database that DATABASE_URL names does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
