"""The supervisor under faults, with programs that do nothing but live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import Attachment
from config.embedded.processes import is_alive, wait_for
from config.supervisor import GaveUp, Program, Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SLEEPER = Program("sleeper", ["sleep", "60"])


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(home=tmp_path, logs=tmp_path, attachment=Attachment([])) as started:
        yield started


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return not is_alive(pid)


def test_killed_program_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start(SLEEPER)
    before = supervisor.pids()["sleeper"]

    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: supervisor.pids() == {}, 5)
    supervisor.look()

    assert supervisor.pids()["sleeper"] != before


def test_program_that_always_dies_is_given_up_with_its_log(supervisor: Supervisor) -> None:
    supervisor.start(Program("broken", ["sh", "-c", "echo no such luck; exit 1"]))

    with pytest.raises(GaveUp, match="no such luck"):
        wait_for(lambda: bool(supervisor.look()), 30)


def test_stop_ends_grandchildren_that_do_not_listen(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    stubborn = f"trap '' TERM; sleep 60 & echo $! > {note}; exec sleep 60"
    with Supervisor(home=tmp_path, logs=tmp_path, attachment=Attachment([])) as supervisor:
        supervisor.start(Program("parent", ["sh", "-c", f"sh -c '{stubborn.replace(chr(39), chr(34))}' & sleep 60"]))
        assert wait_for(lambda: note.exists() and note.read_text().strip() != "", 5)
        grandchild = int(note.read_text())

    assert wait_for(lambda: gone(grandchild), 5)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of their parent's death")
def test_programs_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import pathlib, time; from config.embedded import Attachment; from config.supervisor import *;"
        f"s = Supervisor(home=pathlib.Path('/'), logs=pathlib.Path({str(tmp_path)!r}), attachment=Attachment([]));"
        "s.start(Program('sleeper', ['sleep', '60'])); print(s.pids()['sleeper'], flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as told:
        child = int(told.readline())

    process.kill()
    process.wait()

    assert wait_for(lambda: gone(child), 5)
