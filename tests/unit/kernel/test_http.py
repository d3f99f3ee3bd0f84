"""The door out: what it refuses, and how it names failures."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction

from config.kernel import http

SHORT = http.Timeout(connect=1, read=0.3, total=1)


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A raw server on this machine that does one thing per connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                with suppress(OSError):
                    answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def ask(host: str, **more: object) -> http.Reply:
    return http.request("GET", f"http://{host}/", timeout=SHORT, allowed_hosts=[host], **more)


def test_request_returns_any_status_whole():
    with server(
        lambda c: c.sendall(b"HTTP/1.1 418 Odd\r\nContent-Length: 5\r\nX-Some: a\r\n\r\n\xef\xbb\xbf42")
    ) as host:
        reply = ask(host)

    assert (reply.status, reply.json(), reply.headers["x-some"]) == (418, 42, "a")


def test_request_follows_no_redirect():
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with server(lambda c: c.sendall(answer)) as host:
        assert ask(host).status == 302


def test_request_ignores_proxies_of_the_environment(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")

    with server(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as host:
        assert ask(host).status == 200


def test_request_says_nothing_sent_when_the_connection_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        host = f"127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(http.NothingSent):
        ask(host)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: time.sleep(0.6),
        lambda c: None,
        lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        lambda c: c.sendall(b"nonsense"),
    ],
    ids=["slow", "hung up", "cut off", "not http"],
)
def test_request_says_no_answer_when_the_request_went_out(spoil):
    with server(spoil) as host, pytest.raises(http.NoAnswer):
        ask(host)


def test_request_gives_up_on_an_answer_that_drips():
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.1)

    started = time.monotonic()

    with server(drip) as host, pytest.raises(http.NoAnswer):
        ask(host)

    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "url", ["http://other.example/", "ftp://127.0.0.1/", "http://user:pw@127.0.0.1/", "file:///etc/passwd", "http:///x"]
)
def test_request_refuses_hosts_that_are_not_named(url):
    with pytest.raises(http.HostNotAllowed):
        http.request("GET", url, timeout=SHORT, allowed_hosts=["127.0.0.1:80"])


@pytest.mark.django_db(transaction=True)
def test_request_refuses_inside_a_transaction():
    with transaction.atomic(), pytest.raises(http.InsideTransaction):
        http.request("GET", "http://127.0.0.1:1/", timeout=SHORT, allowed_hosts=["127.0.0.1:1"])
