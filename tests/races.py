"""Two at once: real threads and connections, halted at each other's lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


class Other(threading.Thread):
    """The other one: acts on a connection of its own; `result` is what came back or was raised."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self.act, self.result = act, None

    def run(self) -> None:
        try:
            self.result = self.act()
        except Exception as error:
            self.result = error
        finally:
            connection.close()


@contextmanager
def waiting(act: Callable[[], Any]) -> Iterator[Other]:
    """Start the other one inside our transaction, and go on when it waits for a lock of ours."""
    other = Other(act)
    with transaction.atomic():
        yield other
        other.start()
        end = time.monotonic() + 20
        while other.is_alive() and not _waits():
            assert time.monotonic() < end, "the other one never came"
            time.sleep(0.02)
    other.join(30)
    assert not other.is_alive()


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks AS waits JOIN pg_locks AS holds USING (pid) WHERE NOT waits.granted"
            " AND holds.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return bool(cursor.fetchone()[0])


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    others = [Other(act) for act in acts]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    return [other.result for other in others]
