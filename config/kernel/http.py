"""Outgoing HTTP, the only door out: time-outs always, no redirects, no proxies, named hosts, never in a transaction.

The exceptions say what a caller must know after a failure: `NothingSent` (the other side never saw the request:
repeat it freely) or `NoAnswer` (it may have acted: the outcome is unknown until it is read back).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from django.conf import settings
from django.db import connections
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from requests.exceptions import SSLError as RequestsSSLError
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import MaxRetryError, NewConnectionError

log = structlog.get_logger(__name__)

MAX_BYTES = 20 * 1024 * 1024
CHUNK = 64 * 1024


class InsideTransaction(RuntimeError):
    """Somebody else's answer must not be awaited while rows are locked."""


class HostNotAllowed(ValueError):
    """The address is not one of the hosts named in the settings."""


class HttpFailure(Exception):
    """No usable answer came."""


class NothingSent(HttpFailure):
    """The connection was never made: the other side has not seen the request."""


class NoAnswer(HttpFailure):
    """The request went out and no whole answer came back: the other side may have acted on it."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds: for the connection, between two received bytes, and for the whole answer."""

    connect: float
    read: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole; any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON; tolerates a byte-order mark. Raises ValueError when it is not JSON."""
        return json.loads(self.body.decode("utf-8-sig"))


def request(
    method: str,
    url: str,
    *,
    timeout: Timeout,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    body: bytes | None = None,
    allowed_hosts: Iterable[str] | None = None,
) -> Reply:
    """Send one request and read the whole answer (at most 20 MB).

    `allowed_hosts` (host or host:port; default `settings.OUTGOING_HTTP_HOSTS`) is checked before anything else.
    Raises InsideTransaction, HostNotAllowed, NothingSent, NoAnswer.
    """
    _refuse_inside_transaction()
    _check_host(url, settings.OUTGOING_HTTP_HOSTS if allowed_hosts is None else allowed_hosts)
    started = time.monotonic()
    host = urlsplit(url).netloc
    try:
        reply = _exchange(method, url, timeout, headers or {}, params, body, started)
    except HttpFailure as failure:
        seconds = round(time.monotonic() - started, 3)
        log.warning("http.failed", host=host, method=method, failure=type(failure).__name__, seconds=seconds)
        raise
    log.debug("http.answered", host=host, method=method, status=reply.status, seconds=round(reply.seconds, 3))
    return reply


def _exchange(  # noqa: PLR0917 -- the parts of one request
    method: str,
    url: str,
    timeout: Timeout,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None,
    body: bytes | None,
    started: float,
) -> Reply:
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.request(
                method,
                url,
                headers=dict(headers),
                params=params,
                data=body,
                timeout=(timeout.connect, timeout.read),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _read(answer, timeout, started)
                return Reply(
                    answer.status_code, CaseInsensitiveDict(answer.headers), content, time.monotonic() - started
                )
        except (RequestException, Urllib3Error, OSError) as error:
            raise _classified(error) from error


def _read(answer: requests.Response, timeout: Timeout, started: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise NoAnswer("the answer is larger than allowed")
        if timeout.total is not None and time.monotonic() - started > timeout.total:
            raise NoAnswer("the answer took too long as a whole")
    return b"".join(parts)


def _classified(error: Exception) -> HttpFailure:
    """Nothing was sent when the connection itself failed (name, refusal, connect time-out, TLS)."""
    text = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, ConnectTimeout | RequestsSSLError):
        return NothingSent(text)
    if isinstance(error, RequestsConnectionError):
        cause = error.args[0] if error.args else None
        reason = cause.reason if isinstance(cause, MaxRetryError) else cause
        if isinstance(reason, NewConnectionError):
            return NothingSent(text)
    return NoAnswer(text)


def _refuse_inside_transaction() -> None:
    """Tests that wrap themselves in a transaction are not meant: only blocks opened by product code count."""
    for connection in connections.all(initialized_only=True):
        blocks = getattr(connection, "atomic_blocks", [])
        if any(not getattr(block, "_from_testcase", False) for block in blocks):
            raise InsideTransaction("outgoing HTTP inside a database transaction")


def _check_host(url: str, allowed: Iterable[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.username is not None or not parts.hostname:
        raise HostNotAllowed(f"not an address for outgoing HTTP: {parts.scheme}://{parts.hostname}")
    names = {name.lower() for name in allowed}
    host = parts.hostname.lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if host not in names and f"{host}:{port}" not in names:
        raise HostNotAllowed(f"{host}:{port} is not among OUTGOING_HTTP_HOSTS")


def named(headers: Mapping[str, str], **more: str) -> Mapping[str, str]:
    """Headers, found whatever their case, with some of our own added."""
    return CaseInsensitiveDict({**headers, **more})
