"""`python -m accounts.vies.simulator --port 8767`: a VIES on this machine, for tests and the demo.

It knows every number as valid that it was not told otherwise about. `PUT /_sim/answers` tells it: by number, `valid`,
`invalid`, an error code such as `MS_UNAVAILABLE`, `silence` (it hangs up), `garbage`, or an object with the fields of
an answer. `GET /_sim/questions` lists what it was asked, `POST /_sim/reset` makes it forget everything.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any, Final

MAX_BODY: Final = 64 * 1024
# As VIES spells them; written apart from the product's list, so that a wrong prefix there is refused.
STATES: Final = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU"),
    *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
)


class Simulator(ThreadingHTTPServer):
    """A VIES at `http://host:port`; what it knows lives in memory."""

    daemon_threads = True

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.answers: dict[str, Any] = {}
        self.questions: list[dict[str, Any]] = []
        self.counter = itertools.count(1)
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def answer(self, question: dict[str, Any]) -> Any:
        """The body for a question; None means: hang up, a text means: something that is no JSON."""
        self.questions.append(question)
        state, digits = str(question.get("countryCode", "")), str(question.get("vatNumber", ""))
        if state not in STATES or not digits:
            return _error("INVALID_INPUT")
        told = self.answers.get(state + digits, "valid")
        if told == "silence":
            return None
        if told == "garbage":
            return "<html>busy</html>"
        if isinstance(told, str) and told not in {"valid", "invalid"}:
            return _error(told)
        facts = told if isinstance(told, dict) else {"valid": told == "valid"}
        return {
            "countryCode": state,
            "vatNumber": digits,
            "requestDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "valid": True,
            "requestIdentifier": f"WAPISIM{next(self.counter):09d}" if question.get("requesterNumber") else "",
            "name": "---",
            "address": "---",
            **facts,
        }


def _error(code: str) -> dict[str, Any]:
    return {"actionSucceed": False, "errorWrappers": [{"error": code}]}


class Handler(BaseHTTPRequestHandler):
    """Reads a request, answers it."""

    protocol_version = "HTTP/1.1"
    server_version = "ViesSimulator"
    timeout = 60
    server: Simulator

    def log_message(self, *_args: Any) -> None:
        """It keeps the questions instead."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if 0 < length <= MAX_BODY else b""
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        route = (self.command, self.path)
        if route == ("POST", "/check-vat-number"):
            return self._send(self.server.answer(body))
        if route == ("PUT", "/_sim/answers"):
            self.server.answers.update(body)
        elif route == ("POST", "/_sim/reset"):
            self.server.answers.clear()
            self.server.questions.clear()
        elif route == ("GET", "/_sim/questions"):
            return self._send({"questions": self.server.questions})
        elif route != ("GET", "/healthz"):
            return self._send({}, status=404)
        return self._send({"done": True})

    def _send(self, body: Any, status: int = 200) -> None:
        if body is None:
            self.close_connection = True
            return
        data = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 -- names of the base class


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; print one line when ready."""
    parser = argparse.ArgumentParser(prog="vies_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8767, help="0 takes a free one")
    options = parser.parse_args(arguments)
    server = Simulator(host=options.host, port=options.port)

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    sys.stdout.write(f"Ready: {server.url}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
