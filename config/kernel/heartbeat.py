"""A sign of life beside long work, so that a lease can be short though the work is long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import Error, connection

log = structlog.get_logger(__name__)


@contextmanager
def beating(renew: Callable[[], bool], *, every: timedelta) -> Iterator[None]:
    """Call `renew` every so often, on a thread and a database connection of its own, until the block is left.

    The beat ends when `renew` says False: the lease is not ours any more. A database that does not answer is asked
    again at the next beat. The beat dies with the process, so after `kill -9` the lease runs out by itself. The block
    itself is never disturbed; it must not be inside a transaction, whose rows the other connection cannot see.
    """
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(renew, every.total_seconds(), over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(renew: Callable[[], bool], seconds: float, over: threading.Event) -> None:
    try:
        while not over.wait(seconds):
            try:
                if not renew():
                    return
            except Error as error:
                log.warning("heartbeat.lost", error=str(error))
                connection.close()
    finally:
        connection.close()
