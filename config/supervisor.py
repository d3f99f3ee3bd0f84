"""Runs the processes of the product on one machine: starts them, starts again what dies, stops all of it together.

The children die with this process, even by kill -9 (Linux), and each leads a session of its own, so that Ctrl-C
reaches only the supervisor, which then stops them in order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import Attachment
from config.embedded.processes import die_with_parent, wait_for

PATIENCE = 20.0
TOO_OFTEN = 5
WITHIN = 60.0
LOOK = 0.25
ENSURE = 2.0
LOG_BYTES = 10_000_000


class GaveUp(RuntimeError):
    """A process dies again and again; the message names it and its log."""


@dataclass(frozen=True)
class Program:
    """One process to keep running: its command, what its environment has beside ours, and the sockets it takes over."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[int, ...] = ()


class Child:
    """A program and the process that runs it at the moment."""

    def __init__(self, program: Program, *, home: Path, log: Path) -> None:
        self.program = program
        self.log = log
        self._home = home
        self._starts: list[float] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process. Raises GaveUp when it was started too often lately."""
        now = time.monotonic()
        self._starts = [moment for moment in self._starts if now - moment < WITHIN] + [now]
        if len(self._starts) > TOO_OFTEN:
            msg = f"{self.program.name} dies again and again; its log is {self.log}\n{last_lines(self.log)}"
            raise GaveUp(msg)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                cwd=self._home,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.program.sockets,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- the supervisor has one thread
            )

    def ask_to_stop(self) -> None:
        """Tell the process to finish."""
        if self.pid is not None and self._process is not None:
            self._process.terminate()

    def end(self, patience: float) -> None:
        """Wait for the process, then end what is left of its session."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(patience, 0.1))
        except subprocess.TimeoutExpired:
            say(f"{self.program.name} does not stop; ending it")
        kill_session(self._process.pid)
        self._process.wait()


class Supervisor:
    """All the programs of one machine. Use as a context manager; call `watch` or `look` while it runs."""

    def __init__(self, *, home: Path, logs: Path, attachment: Attachment) -> None:
        self._home = home
        self._logs = logs
        self._attachment = attachment
        self._children: list[Child] = []
        self._ensured = 0.0

    def start(self, *programs: Program) -> None:
        """Start these programs, in this order."""
        for program in programs:
            log = self._logs / f"{program.name}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            roll(log)
            child = Child(program, home=self._home, log=log)
            child.start()
            self._children.append(child)

    def pids(self) -> dict[str, int]:
        """The processes that run now, by name."""
        return {child.program.name: child.pid for child in self._children if child.pid is not None}

    def look(self) -> None:
        """Start again what died. Raises GaveUp."""
        if time.monotonic() - self._ensured > ENSURE:
            self._attachment.ensure()
            self._ensured = time.monotonic()
        for child in self._children:
            if child.pid is None:
                say(f"{child.program.name} ended; starting it again")
                child.end(0)
                child.start()

    def watch(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            time.sleep(LOOK)

    def wait(self, process: subprocess.Popen[str]) -> int:
        """Look until this process of the caller has ended; return its exit status."""
        while process.poll() is None:
            self.look()
            time.sleep(LOOK)
        return process.returncode

    def stop(self) -> None:
        """Stop everything, last started first; whoever does not stop in time is ended."""
        end = time.monotonic() + PATIENCE
        for child in reversed(self._children):
            child.ask_to_stop()
        for child in reversed(self._children):
            child.end(end - time.monotonic())
        self._children.clear()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def kill_session(leader: int) -> None:
    """End every process of the group that this child led, such as a worker's pool."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
    wait_for(lambda: not group_lives(leader), 5)


def group_lives(leader: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def roll(log: Path) -> None:
    """Put a big log aside; one older one is kept."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, to say beside a failure what it was about."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
