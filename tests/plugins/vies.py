"""A VIES of this machine for the tests that ask for VAT numbers: a simulator over HTTP in a thread of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from accounts.vies.simulator import Simulator

OPENER = build_opener(ProxyHandler({}))


class Remote:
    """Tells the simulator what to answer, and reads what it was asked, over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = Request(f"{self.url}/_sim/{path}", data=data, method=method)
        with OPENER.open(request, timeout=10) as answer:
            return json.load(answer)

    def tell(self, **answers: Any) -> None:
        """By number: "valid", "invalid", an error code, "silence", "garbage" or the fields of an answer."""
        self._call("PUT", "answers", answers)

    def asked(self) -> list[dict[str, Any]]:
        """The questions so far, oldest first."""
        found: list[dict[str, Any]] = self._call("GET", "questions")["questions"]
        return found


@pytest.fixture
def vies(settings) -> Iterator[Remote]:
    """A register that knows every number; the settings point at it and wait shortly."""
    server = Simulator()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.VIES_URL = server.url
    settings.VIES_HOSTS = [server.url.removeprefix("http://")]
    settings.VIES_CONNECT_SECONDS, settings.VIES_READ_SECONDS = 2.0, 2.0
    yield Remote(server.url)
    server.shutdown()
    server.server_close()
    thread.join()
