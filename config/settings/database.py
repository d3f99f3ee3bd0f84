"""PostgreSQL. `DATABASE_URL` is the role of web and workers, `DATABASE_OWNER_URL` the one that migrates.

Each kind of process has its own patience, set on its connections: a page must not wait long, a billing chunk may.
"""

from __future__ import annotations

from typing import Any

from config.env import database, env

PROCESS = env.str("PROCESS", default="command")
PATIENCE = {
    "web": {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    "worker": {"statement_timeout": "5min", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s"},
    "command": {"statement_timeout": "0", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "10min"},
}


def connection(process: str) -> dict[str, Any]:
    """Django's `DATABASES["default"]` for one kind of process (web, worker, command)."""
    options = " ".join(f"-c {name}={value}" for name, value in PATIENCE[process].items())
    return {
        **database(),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": options, "connect_timeout": 10},
    }


DATABASES = {"default": connection(PROCESS)}
