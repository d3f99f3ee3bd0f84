"""The embedded servers under faults: whoever is killed, the data stays and nothing is left running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import Attachment, attach
from config.embedded.paths import EmbeddedError, Places, own_directory
from config.embedded.processes import command_line, is_alive, read_pid, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """A checkout of its own; its keeper processes see the same variable."""
    monkeypatch.setenv("EMBEDDED_STATE", str(tmp_path / "state"))
    found = Places.of_checkout()
    yield found
    shutil.rmtree(found.run, ignore_errors=True)
    shutil.rmtree(Path("/var/lib/storefront") / found.mark, ignore_errors=True)


@pytest.fixture
def environ(places: Places) -> dict[str, str]:
    return {}


def connect(environ: dict[str, str]) -> psycopg.Connection[tuple[object, ...]]:
    sockets = environ["DATABASE_OWNER_URL"].partition("@/")[2].rpartition("/")[0]
    return psycopg.connect(host=sockets, user="storefront_owner", dbname="storefront", autocommit=True)


def answers(environ: dict[str, str]) -> bool:
    try:
        with connect(environ) as link:
            return link.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def postmaster(places: Places) -> int:
    pid = read_pid(places.service_data("postgres") / "postmaster.pid")
    assert pid is not None
    return pid


def write_a_row(environ: dict[str, str]) -> None:
    with connect(environ) as link:
        link.execute("CREATE TABLE kept AS SELECT 1 AS one")


def keeper_pids(places: Places) -> list[int]:
    """The keepers of this state directory, found by their environment."""
    wanted = f"EMBEDDED_STATE={places.state}".encode()
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if "config.embedded.keeper" in command_line(pid) and wanted in environment(pid)]


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def test_second_caller_attaches_and_outlives_the_first(places: Places, environ: dict[str, str]) -> None:
    first = attach(environ)
    write_a_row(environ)
    second_environ: dict[str, str] = {}
    second = attach(second_environ)
    pid = postmaster(places)

    first.close()

    assert second_environ == environ
    assert answers(second_environ)
    assert postmaster(places) == pid
    second.close()
    assert not is_alive(pid)
    assert keeper_pids(places) == []


def test_killed_holder_leaves_nothing_running(places: Places) -> None:
    program = (
        "import time; from config.embedded import attach; held = attach({}); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout as told:
        assert told.readline() == b"held\n"
    pid = postmaster(places)

    holder.kill()
    holder.wait()

    assert wait_for(lambda: not is_alive(pid), 20)
    assert wait_for(lambda: keeper_pids(places) == [], 20)


def test_killed_servers_come_back_with_their_data(places: Places, environ: dict[str, str]) -> None:
    with attach(environ):
        write_a_row(environ)
        before = postmaster(places)
        redis_pid = read_pid(places.run / "redis.pid")
        assert redis_pid is not None

        os.kill(before, signal.SIGKILL)
        os.kill(redis_pid, signal.SIGKILL)

        assert wait_for(lambda: answers(environ), 30)
        assert postmaster(places) != before
        assert wait_for(lambda: redis_answers(places), 20)


def redis_answers(places: Places) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(places.run / "redis.sock")) as link:
            return bool(link.ping())
    except redis.ConnectionError:
        return False


def test_killed_keepers_are_started_again_by_a_holder(places: Places, environ: dict[str, str]) -> None:
    with attach(environ) as held:
        write_a_row(environ)
        keepers = keeper_pids(places)
        assert len(keepers) == 2

        for pid in keepers:
            os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: keeper_pids(places) == [], 10)

        def answers_again() -> bool:
            held.ensure()  # as the supervisor does, again and again: a dying keeper lets go of its lock last
            return answers(environ)

        assert wait_for(answers_again, 30)
        assert len(keeper_pids(places)) == 2


def test_recycled_pid_harms_nobody(places: Places, environ: dict[str, str]) -> None:
    with attach(environ):
        write_a_row(environ)
        pidfile = places.service_data("postgres") / "postmaster.pid"
        lines = pidfile.read_text().splitlines()
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        pidfile.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
        (places.run / "redis.pid").write_text(f"{innocent.pid}\n")

        with attach(environ_again := {}):
            assert answers(environ_again)

        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(elsewhere)

    with pytest.raises(EmbeddedError, match="somebody else"):
        own_directory(tmp_path / "link", mode=0o700)


def test_named_servers_are_left_alone(places: Places) -> None:
    environ = {"DATABASE_URL": "postgres://db.example/storefront", "REDIS_URL": "redis://redis.example"}

    with attach(environ) as held:
        assert isinstance(held, Attachment)
        assert held.names == set()

    assert environ == {"DATABASE_URL": "postgres://db.example/storefront", "REDIS_URL": "redis://redis.example"}
