"""The control routes of a running simulator, for the demo and for tests; and the process itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

OPENER = build_opener(ProxyHandler({}))


class Remote:
    """Talks to `/_sim/…` of the simulator at this address."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One control call; raises `urllib.error.HTTPError` when refused."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = Request(f"{self.url}/_sim/{path}", data=data, method=method, headers=headers)  # noqa: S310 -- http only
        with OPENER.open(request, timeout=30) as answer:
            result: dict[str, Any] = json.load(answer)
        return result

    def reset(self) -> None:
        """Forget everything: ledger, journal, switches, faults, clock."""
        self.call("POST", "reset")

    def configure(self, **settings: Any) -> None:
        """Change switches, see `state.SETTINGS`."""
        self.call("PUT", "settings", settings)

    def set_clock(self, at: datetime) -> None:
        """Stop the simulator's clock at this moment."""
        self.call("PUT", "clock", {"frozen": at.isoformat()})

    def run_clock(self) -> None:
        """Let the simulator's clock run with the machine's again."""
        self.call("PUT", "clock", {"offset": 0})

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock on."""
        self.call("PUT", "clock", {"advance": seconds})

    def fault(
        self, route: str, *, method: str = "POST", when: str = "before", times: int | None = None, **do: Any
    ) -> None:
        """Spoil matching requests: `status`, `body`, `headers`, `delay_ms`, `drop`, `truncate`, `garble`, `bom`."""
        match: dict[str, Any] = {"method": method, "route": route}
        if "nth" in do:
            match["nth"] = do.pop("nth")
        self.call("PUT", "faults", {"match": match, "when": when, "do": do, "times": times})

    def journal(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """The requests so far, oldest first, optionally of one method and with this text in the path."""
        rows: list[dict[str, Any]] = self.call("GET", "journal")["requests"]
        return [row for row in rows if (not method or row["method"] == method) and path in row["path"]]

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What is truly booked, by kind: reseller, customer, cart, order, subscription."""
        return self.call("GET", "ledger")


class SimulatorProcess:
    """The simulator as a child process of its own; can be killed and started again on the same data and port."""

    def __init__(self, data: Path, *, port: int = 0) -> None:
        self.data, self.port = data, port
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Remote:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "storefront.partner_center.simulator"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--data", str(self.data)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("Ready: "):
            msg = "the simulator did not start"
            raise RuntimeError(msg)
        url = line.removeprefix("Ready: ").strip()
        self.port = int(url.rsplit(":", 1)[1])
        return Remote(url)

    def kill(self) -> None:
        """As a power cut: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Politely."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)
            self._process.wait(timeout=10)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
