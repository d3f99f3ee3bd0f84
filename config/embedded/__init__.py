"""A private PostgreSQL and Redis for machines without `DATABASE_URL` / `REDIS_URL`.

`attach()` is all that callers need: it starts what the environment does not name, tells the environment where it is,
and lets go of it on `close()`. Each server has a keeper process (`keeper.py`) that lives as long as somebody holds on
to it, so that any number of commands of one checkout share one server and none can stop it beneath another.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from types import TracebackType

from config.embedded.client import Hold
from config.embedded.paths import Places
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis

__all__ = ["Attachment", "attach"]


class Attachment:
    """What this process holds on to. Close it once; a process that is killed lets go through the kernel."""

    def __init__(self, holds: list[Hold]) -> None:
        self._holds = holds

    @property
    def names(self) -> set[str]:
        """The servers that are ours: postgres, redis."""
        return {hold.name for hold in self._holds}

    def close(self) -> None:
        """Let go; returns when a server that nobody else needs has stopped."""
        holds, self._holds = self._holds, []
        for hold in holds:
            hold.let_go()
        for hold in holds:
            hold.wait_for_end()

    def ensure(self) -> None:
        """Start what was killed behind our back; for processes that live long."""
        for hold in self._holds:
            hold.ensure()

    def __enter__(self) -> Attachment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def attach(environ: MutableMapping[str, str] | None = None) -> Attachment:
    """Start or join the embedded servers that `environ` lacks an address for, and write their addresses into it.

    Raises `EmbeddedError` with the log's last lines when a server cannot start.
    """
    environ = os.environ if environ is None else environ
    places = Places.of_checkout()
    holds: list[Hold] = []
    try:
        for server in (Postgres(places), Redis(places)):
            if not environ.get(server.variable):
                hold = Hold.take(places, server.name)
                holds.append(hold)
                environ.update(hold.environment)
    except BaseException:
        Attachment(holds).close()
        raise
    return Attachment(holds)
