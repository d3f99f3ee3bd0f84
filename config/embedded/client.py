"""Holding on to a server: a shared lock on a file, which the kernel takes back however the holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.embedded.paths import CHECKOUT, EmbeddedError, Places
from config.embedded.processes import wait_for

KEEPER_POLL = 0.05


@dataclass(frozen=True)
class Files:
    """The files by which holders and keeper of one server talk."""

    holders: Path
    """Shared lock: one per holder. Exclusive: the keeper, from the moment nobody holds on until it is gone."""
    starting: Path
    """Exclusive lock: whoever is starting the keeper."""
    keeper: Path
    """Exclusive lock: the keeper, while it lives."""
    state: Path
    """What the keeper puts into the holders' environment, as JSON."""

    @classmethod
    def of(cls, places: Places, name: str) -> Files:
        """The files of one server."""
        return cls(*(places.run / f"{name}.{part}" for part in ("holders", "starting", "keeper", "json")))


def open_lock(path: Path) -> IO[str]:
    """Open a lock file, without following a link somebody may have left."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+")


def try_lock(file: IO[str], kind: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Hold:
    """One holder of one server."""

    def __init__(self, places: Places, name: str, lock: IO[str], environment: dict[str, str]) -> None:
        self._places = places
        self.name = name
        self._files = Files.of(places, name)
        self._lock = lock
        self.environment = environment

    @classmethod
    def take(cls, places: Places, name: str) -> Hold:
        """Join the running server, or start it. Waits for one that is just stopping."""
        files = Files.of(places, name)
        lock = open_lock(files.holders)
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            with open_lock(files.starting) as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if not keeper_lives(files):
                    start_keeper(places, name, files)
                environment: dict[str, str] = json.loads(files.state.read_text())
        except BaseException:
            lock.close()
            raise
        return cls(places, name, lock, environment)

    def ensure(self) -> None:
        """Start the keeper again when it was killed; a server that died alone is the keeper's business."""
        with open_lock(self._files.starting) as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not keeper_lives(self._files):
                start_keeper(self._places, self.name, self._files)

    def let_go(self) -> None:
        """Hold on no longer."""
        self._lock.close()

    def wait_for_end(self) -> None:
        """After letting go: wait for the server's end if nobody else holds on."""
        time.sleep(3 * KEEPER_POLL)
        with open_lock(self._files.holders) as lock:
            if not try_lock(lock, fcntl.LOCK_SH):
                wait_for(lambda: try_lock(lock, fcntl.LOCK_SH), 30)


def keeper_lives(files: Files) -> bool:
    """Whether a keeper runs and has said where its server is."""
    with open_lock(files.keeper) as lock:
        return not try_lock(lock, fcntl.LOCK_SH) and files.state.exists()


def start_keeper(places: Places, name: str, files: Files) -> None:
    """Start the keeper in a session of its own (Ctrl-C is for its holders) and wait for its word."""
    files.state.unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    with places.log("keeper").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.embedded.keeper", name],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None
    with process.stdout as pipe:
        word = pipe.read().decode(errors="replace").strip()
    process.wait()
    if word != "ready":
        raise EmbeddedError(word or f"the keeper of {name} died; see {places.log('keeper')}")
