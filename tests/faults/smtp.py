"""A mail server for tests: it takes what it is given, or answers as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

Answer = Callable[[Message], str]


class Sink:
    """The mails that came in, and the answer to the next one: 250 takes it."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer: Answer = lambda _mail: "250 taken"
        self.hang_up = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the mail and answer; a server that hangs up has taken it, and nobody is told."""
        mail = message_from_bytes(envelope.content)
        self.mails.append(mail)
        if self.hang_up:
            server.transport.abort()
        return self.answer(mail)

    @property
    def ids(self) -> list[str]:
        """The Message-IDs in the order in which they came."""
        return [str(mail["Message-ID"]) for mail in self.mails]


@contextmanager
def mail_server(port: int = 0) -> Iterator[tuple[Sink, int]]:
    """A server on this machine; gives the sink and the port."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
