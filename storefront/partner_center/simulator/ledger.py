"""What the simulator has truly booked, on disk: every effect is one SQLite transaction, durable before the answer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS doc (
  kind TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS replay (
  request_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Ledger:
    """Documents by kind and key, answers by request id, counters. One writer at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(folder / "ledger.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def effect(self) -> Iterator[None]:
        """All writes inside are booked together or not at all; others wait. An inner effect joins the outer one."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def put(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Store a document; a known key keeps its place."""
        known = self._db.execute("SELECT seq FROM doc WHERE kind=? AND key=?", (kind, key)).fetchone()
        seq = known[0] if known else self.next("seq")
        self._db.execute("INSERT OR REPLACE INTO doc VALUES (?,?,?,?)", (kind, key, seq, json.dumps(value)))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The document, or None."""
        with self._lock:
            row = self._db.execute("SELECT value FROM doc WHERE kind=? AND key=?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every document of the kind, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT value FROM doc WHERE kind=? ORDER BY seq", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def drop(self, kind: str, key: str | None = None) -> None:
        """Forget one document, or all of the kind."""
        with self._lock:
            if key is None:
                self._db.execute("DELETE FROM doc WHERE kind=?", (kind,))
            else:
                self._db.execute("DELETE FROM doc WHERE kind=? AND key=?", (kind, key))

    def next(self, name: str) -> int:
        """Count up from 1."""
        self._db.execute(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name,)
        )
        return int(self._db.execute("SELECT value FROM counter WHERE name=?", (name,)).fetchone()[0])

    def remember(self, request_id: str, fingerprint: str, status: int, body: str) -> None:
        """Keep the answer of a write for a repeat with the same request id."""
        self._db.execute("INSERT OR REPLACE INTO replay VALUES (?,?,?,?)", (request_id, fingerprint, status, body))

    def replay(self, request_id: str) -> tuple[str, int, str] | None:
        """Fingerprint, status and body of the first answer, or None."""
        with self._lock:
            row = self._db.execute(
                "SELECT fingerprint, status, body FROM replay WHERE request_id=?", (request_id,)
            ).fetchone()
        return (str(row[0]), int(row[1]), str(row[2])) if row else None

    def forget_replays(self) -> None:
        """As after a long outage: no request id is known any more."""
        with self._lock:
            self._db.execute("DELETE FROM replay")

    def reset(self) -> None:
        """Empty everything."""
        with self.effect():
            for table in ("doc", "replay", "counter"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 -- names from the line above

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
