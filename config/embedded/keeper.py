"""The keeper of one embedded server: starts it, restarts it when it dies, stops it when nobody holds on to it.

Run as `python -m config.embedded.keeper postgres|redis`. It says "ready" or what went wrong on standard output, and
closes it. The server dies with its keeper; the keeper is nobody's child, so no command takes the server along.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from typing import IO

from config.embedded.client import KEEPER_POLL, Files, open_lock, try_lock
from config.embedded.paths import EmbeddedError, Places
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis

GIVE_UP_AFTER = 10


class Keeper:
    """Watches one server and its holders."""

    def __init__(self, server: Postgres | Redis, files: Files) -> None:
        self._server = server
        self._files = files
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def start(self) -> None:
        """Start the server and write down where it is."""
        self._process = self._server.start()
        draft = self._files.state.with_suffix(".new")
        draft.write_text(json.dumps(self._server.environment()))
        draft.replace(self._files.state)

    def watch(self, holders: IO[str]) -> None:
        """Return when nobody holds on any more, holding the exclusive lock; restart the server when it died."""
        while not self._stopping and not try_lock(holders, fcntl.LOCK_EX):
            if self._process is not None and self._process.poll() is not None:
                say(f"{self._server.name} ended with {self._process.returncode}; starting it again")
                self._restart()
            time.sleep(KEEPER_POLL)

    def _restart(self) -> None:
        for attempt in range(1, GIVE_UP_AFTER + 1):
            try:
                self.start()
            except (EmbeddedError, OSError) as error:
                say(f"attempt {attempt}: {error}")
                time.sleep(min(attempt, 5) / 2)
            else:
                return
        msg = f"{self._server.name} does not start again"
        raise EmbeddedError(msg)

    def stop(self) -> None:
        """Stop the server in its own polite way, then insist."""
        self._files.state.unlink(missing_ok=True)
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(self._server.stop_signal)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def leave(self, *_: object) -> None:
        """End the watch at its next look (SIGTERM)."""
        self._stopping = True


def say(text: str) -> None:
    """One line for `var/log/keeper.log`."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} keeper {os.getpid()}: {text}\n")
    sys.stderr.flush()


def answer(text: str) -> None:
    """Tell the starter and close the pipe; from here on only the log hears us."""
    os.write(1, text.encode())
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.close(quiet)


def main(name: str) -> int:
    """Keep the named server until it is not needed any more."""
    places = Places.of_checkout()
    server = Postgres(places) if name == Postgres.name else Redis(places)
    files = Files.of(places, name)
    with open_lock(files.keeper) as alive, open_lock(files.holders) as holders:
        fcntl.flock(alive, fcntl.LOCK_EX)
        keeper = Keeper(server, files)
        signal.signal(signal.SIGTERM, keeper.leave)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            keeper.start()
        except (EmbeddedError, OSError) as error:
            keeper.stop()
            answer(str(error))
            return 1
        answer("ready")
        try:
            keeper.watch(holders)
        finally:
            keeper.stop()
    return 0


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    sys.exit(main(sys.argv[1]))
