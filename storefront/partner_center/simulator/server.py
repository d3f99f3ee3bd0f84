"""The HTTP side: one thread per connection, faults around the effect, the journal written before anything happens."""

from __future__ import annotations

import json
import socket
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from storefront.partner_center.simulator import faults, inputs
from storefront.partner_center.simulator.journal import shown_headers
from storefront.partner_center.simulator.routes import dispatch
from storefront.partner_center.simulator.state import World
from storefront.partner_center.simulator.wire import Answer, Request, stamp

MAX_BODY = 5 * 1024 * 1024
LOOPBACK = {"127.0.0.1", "::1"}


class Simulator(ThreadingHTTPServer):
    """A Partner Center at `http://host:port`, its world in a folder."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = World(folder)
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Reads a request, writes it down, lets faults happen, answers."""

    protocol_version = "HTTP/1.1"
    server_version = "PartnerCenterSimulator"
    timeout = 120
    server: Simulator

    def log_message(self, *_args: Any) -> None:
        """The journal is the log."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            return self._send(Answer(413), "")
        raw = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, raw)
        if request.path == "/healthz":
            return self._send(Answer(body={"alive": True}), "")
        if request.path.startswith("/_sim/"):
            if self.client_address[0] not in LOOPBACK:
                return self._send(Answer(404), "")
            return self._send(dispatch(self.server.world, request), "")
        return self._serve(request)

    def _serve(self, request: Request) -> None:
        world = self.server.world
        seq = uuid.uuid4().hex
        world.journal.write(
            {"event": "request", "seq": seq, "at": stamp(world.now()), **_journaled(request, self.headers)}
        )
        fault = faults.due(world.ledger, request)
        if fault and fault.when == "before":
            time.sleep(float(fault.do.get("delay_ms", 0)) / 1000)
        answer: Answer | None
        if fault and fault.when == "before" and fault.do.keys() & {"drop", "status"}:
            answer = _spoiled(fault.do, None)
        else:
            answer = dispatch(world, request)
            _be_slow(world, request)
        if fault and fault.when == "after":
            time.sleep(float(fault.do.get("delay_ms", 0)) / 1000)
            answer = _spoiled(fault.do, answer)
        status = answer.status if answer else 0
        world.journal.write({"event": "answer", "seq": seq, "status": status})
        if answer is None:
            return self._hang_up()
        return self._send(answer, request.header("ms-requestid"), request.header("ms-correlationid"), fault)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(
        self, answer: Answer, request_id: str, correlation_id: str = "", fault: faults.Fault | None = None
    ) -> None:
        body = answer.encoded()
        do = fault.do if fault else {}
        if do.get("garble"):
            body = b"<html>502 Bad Gateway</html>"
        if do.get("bom"):
            body = b"\xef\xbb\xbf" + body
        try:
            self.send_response(answer.status)
            echoed = {
                "MS-RequestId": request_id,
                "MS-CorrelationId": correlation_id,
                "MS-CV": "sim.0",
                "MS-ServerId": "simulator",
            }
            for name, value in {"Content-Type": "application/json; charset=utf-8", **echoed, **answer.headers}.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if do.get("truncate") else body)
            if do.get("truncate"):
                self._hang_up()
        except OSError:  # the caller has gone: what was booked stays booked
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 -- names of the base class


def _journaled(request: Request, headers: Any) -> dict[str, Any]:
    text = request.raw.decode("utf-8", "replace")
    if request.path.endswith("/oauth2/token"):
        text = "(credentials)"
    try:
        parsed = json.loads(text) if text else None
    except ValueError:
        parsed = None
    return {
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "headers": shown_headers(headers),
        "raw": text,
        "body": parsed,
    }


def _spoiled(do: dict[str, Any], answer: Answer | None) -> Answer | None:
    """The answer after the fault; None means: hang up without one."""
    if do.get("drop"):
        return None
    if "status" in do:
        return Answer(int(do["status"]), do.get("body"), dict(do.get("headers", {})))
    return answer


def _be_slow(world: World, request: Request) -> None:
    """The slow prefix: its first creation is booked, the answer comes after the caller has given up."""
    if request.method != "POST" or request.path != "/v1/customers" or f'"{inputs.SLOW}'.encode() not in request.raw:
        return
    key = request.header("ms-requestid")
    if key not in world.slow:
        world.slow.add(key)
        time.sleep(float(world.setting("slow_seconds")))
