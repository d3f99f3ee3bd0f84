"""A sign of life beside long work: on a connection of its own, until the work ends or the lease is lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from config.kernel.heartbeat import beating

SOON = timedelta(milliseconds=5)


class Beats:
    """Counts the beats; `answers` says what each finds, True when they are used up."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.count = 0
        self.reached = threading.Event()

    def renew(self) -> bool:
        self.count += 1
        answer = self.answers.pop(0) if self.answers else True
        if not self.answers:
            self.reached.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_beats_go_on_after_a_database_error_and_end_with_the_work() -> None:
    beats = Beats(True, OperationalError("the server went away"), True)

    with beating(beats.renew, every=SOON):
        assert beats.reached.wait(10)
    counted = beats.count
    threading.Event().wait(0.05)

    assert counted >= 3
    assert beats.count == counted


def test_beats_end_when_the_lease_is_lost() -> None:
    beats = Beats(False)

    with beating(beats.renew, every=SOON):
        assert beats.reached.wait(10)
        threading.Event().wait(0.05)

    assert beats.count == 1


def test_failing_work_ends_the_beats_and_keeps_its_error() -> None:
    beats = Beats()

    with pytest.raises(ValueError, match="the font is gone"), beating(beats.renew, every=timedelta(minutes=1)):
        raise ValueError("the font is gone")

    assert beats.count == 0


@pytest.mark.django_db(transaction=True)
def test_beats_use_a_connection_of_their_own() -> None:
    pids = []
    done = threading.Event()

    def pid() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def renew() -> bool:
        pids.append(pid())
        done.set()
        return False

    with beating(renew, every=SOON):
        assert done.wait(10)

    assert pids != [pid()]
    assert len(pids) == 1
