"""`kill -9` of any process during fulfilment and during a billing run: nothing is lost, nothing is doubled (issue 2).

One machine runs the real product: web, workers, beat and simulator under the supervisor, PostgreSQL and Redis. Again
and again somebody orders and bills, and a moment later one process is killed; the machine goes on by itself, or, when
the supervisor itself died, is started again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.embedded.paths import Places
from config.embedded.postgres import Postgres
from config.embedded.processes import command_line, die_with_parent, is_alive, read_pid, wait_for
from config.embedded.redis import Redis, free_port

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = {
    "web": "gunicorn",
    "worker-interactive": "--queues interactive",
    "worker-batch": "--queues batch",
    "worker-render": "--queues render",
    "beat": " beat ",
    "simulator": "partner_center.simulator",
}
EVERYTHING = [*PROGRAMS, "postgres", "redis", "supervisor"]
AGAIN = [  # a second time at other moments, with `--long`
    "worker-interactive",
    "worker-batch",
    "worker-render",
    "postgres",
    "redis",
]
IMPATIENT = {
    "BILLING_LEASE_SECONDS": "2",
    "RENDER_LEASE_SECONDS": "4",
    "FULFILMENT_LEASE_SECONDS": "2",
    "FULFILMENT_RING_SECONDS": "2",
    "FULFILMENT_RETRY_SECONDS": "1,2,3",
    "FULFILMENT_POLL_SECONDS": "1,2,3",
    "PARTNER_CENTER_CHECKOUT_SECONDS": "10",  # a worker that dies in a checkout holds its tenant as long
    "PARTNER_CENTER_READ_SECONDS": "10",
}
pytestmark = pytest.mark.slow


class Machine:
    """The machine as seen from outside: only processes, an address, and what the actor says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places = Places.of_checkout()
        self.url = f"http://127.0.0.1:{os.environ['PORT']}"
        self.runner: subprocess.Popen[bytes] | None = None
        addresses = {**Postgres(self.places).environment(), **Redis(self.places).environment()}
        self._actor_environment = {**os.environ, **addresses}
        self._actor: subprocess.Popen[str] | None = None

    def switch_on(self) -> None:
        """Start the supervisor with everything under it, and wait until the product is ready."""
        with (self.folder / "runner.log").open("ab") as log:
            self.runner = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.machine.runner", str(self.folder / "log")],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread here
            )
        assert wait_for(self.is_ready, 120, step=0.3), (self.folder / "runner.log").read_text()[-3000:]

    def switch_off(self) -> None:
        """End everything in order."""
        if self._actor is not None:
            self._actor.kill()
            self._actor.communicate()
        if self.runner is not None:
            self.runner.send_signal(signal.SIGINT)
            self.runner.wait(60)

    def is_ready(self) -> bool:
        """Whether database, Redis, storage and every queue are well."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(json.load(answer)["ready"])
        except (urllib.error.URLError, OSError):
            return False

    def pids(self) -> dict[str, int]:
        """What runs now, by name."""
        assert self.runner is not None
        me = self.runner.pid
        children = [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]
        lines = {pid: command_line(pid) for pid in children}
        found = {name: pid for name, mark in PROGRAMS.items() for pid, line in lines.items() if mark in line}
        files = {
            "postgres": self.places.service_data("postgres") / "postmaster.pid",
            "redis": self.places.run / "redis.pid",
        }
        servers = {name: pid for name, file in files.items() if (pid := read_pid(file)) and is_alive(pid)}
        return {**found, **servers, "supervisor": me}

    def kill(self, name: str) -> None:
        """`kill -9`; of a program with all its children. Another supervisor is started by hand."""
        assert wait_for(lambda: name in self.pids(), 30), f"{name} does not run"
        pid = self.pids()[name]
        if name in PROGRAMS:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        if name == "supervisor":
            assert self.runner is not None
            self.runner.wait()
            self.switch_on()

    def ask(self, what: str) -> Any:
        """Have the actor do something, and return what it says."""
        if self._actor is None:
            self._actor = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.machine.actor"],
                cwd=ROOT,
                env=self._actor_environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- this process has one thread here
            )
        assert self._actor.stdin is not None
        assert self._actor.stdout is not None
        self._actor.stdin.write(f"{json.dumps(what)}\n")
        self._actor.stdin.flush()
        return json.loads(self._actor.stdout.readline())

    def wait_until_done(self, seconds: float = 150) -> None:
        """Return when nothing is left to do."""
        done: Callable[[], bool] = lambda: not self.ask("left")  # noqa: E731 -- read below
        assert wait_for(done, seconds, step=0.5), self.ask("left")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("EMBEDDED_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MEDIA_ROOT", str(tmp_path / "media"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.development")
    monkeypatch.setenv("DATABASE_ROLE", "app")
    monkeypatch.setenv("PROCESS", "command")
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("PARTNER_CENTER_URL", f"http://127.0.0.1:{free_port()}")
    for name, value in IMPATIENT.items():
        monkeypatch.setenv(name, value)
    made = Machine(tmp_path)
    try:
        made.switch_on()
        yield made
    finally:
        made.switch_off()
        shutil.rmtree(made.places.run, ignore_errors=True)
        shutil.rmtree(Path("/var/lib/storefront") / made.places.mark, ignore_errors=True)


def test_nothing_is_lost_or_doubled_whatever_is_killed(machine: Machine, request: pytest.FixtureRequest) -> None:
    victims = [*EVERYTHING, *(AGAIN if request.config.getoption("--long") else [])]
    moments = random.Random(2611)
    machine.ask("begin")
    before = machine.pids()
    assert set(before) == set(EVERYTHING)

    for victim in victims:
        machine.ask("work")
        time.sleep(moments.uniform(0.1, 2.0))
        machine.kill(victim)
    machine.wait_until_done()

    rounds = len(victims)
    found = machine.ask("found")
    assert found["here"] == found["at Microsoft"] == [rounds] * 3
    assert found["documents"] == [2 * rounds] * 3
    assert found["audits"] == []
    assert wait_for(machine.is_ready, 60, step=0.3)
    after = machine.pids()
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())

    machine.ask("bill_again")
    machine.wait_until_done()
    assert {**machine.ask("found"), "audits": []} == found
