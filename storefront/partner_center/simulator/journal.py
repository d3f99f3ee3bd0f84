"""Every request as it came in, one JSON line each, in the order of arrival; read as a file or over HTTP."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

SECRET_HEADERS = frozenset({"authorization", "cookie"})


class Journal:
    """An append-only file of requests and their answers' status."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "journal.jsonl"
        self._lock = threading.Lock()

    def write(self, entry: dict[str, Any]) -> None:
        """Append one line and write it through."""
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        with self._lock, self.path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[dict[str, Any]]:
        """All requests, oldest first, each with the status of its answer (None while unanswered)."""
        with self._lock:
            lines = self.path.read_bytes().split(b"\n") if self.path.exists() else []
        requests: dict[str, dict[str, Any]] = {}
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # cut off by a kill
                continue
            if entry["event"] == "request":
                requests[entry["seq"]] = {**entry, "status": None}
            elif entry["seq"] in requests:
                requests[entry["seq"]]["status"] = entry["status"]
        return list(requests.values())

    def clear(self) -> None:
        """Start an empty journal."""
        with self._lock:
            self.path.unlink(missing_ok=True)


def shown_headers(headers: Any) -> dict[str, str]:
    """The headers worth reading, without secrets."""
    return {
        name: ("(set)" if name.lower() in SECRET_HEADERS else value)
        for name, value in headers.items()
        if name.lower().startswith(("ms-", "x-", "if-")) or name.lower() in SECRET_HEADERS | {"content-type"}
    }
