"""Where the embedded servers keep their data, their sockets and their logs, and as whom they run."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SERVICE_USER = "nobody"


class EmbeddedError(RuntimeError):
    """An embedded server cannot run here; the message says why and what to do."""


@dataclass(frozen=True)
class Places:
    """The directories of one checkout. Sockets need short paths (about 100 bytes), so they live below /tmp."""

    state: Path
    run: Path

    @classmethod
    def of_checkout(cls) -> Places:
        """The places of this checkout and user, made when missing. `EMBEDDED_STATE` names another directory."""
        state = Path(os.environ.get("EMBEDDED_STATE") or CHECKOUT / "var").resolve()
        mark = hashlib.sha256(str(state).encode()).hexdigest()[:10]
        state.mkdir(parents=True, exist_ok=True)
        (state / "log").mkdir(exist_ok=True)
        return cls(state=state, run=own_directory(Path("/tmp") / f"sf-{os.geteuid()}-{mark}", mode=0o711))  # noqa: S108 -- own_directory refuses foreign ones

    @property
    def mark(self) -> str:
        """A short name that tells this checkout from others."""
        return self.run.name.rsplit("-", 1)[-1]

    def log(self, name: str) -> Path:
        """The log file of one server."""
        return self.state / "log" / f"{name}.log"

    def service_data(self, name: str) -> Path:
        """The data directory of a server that does not run as root: below `var/` when its user can get there."""
        data = self.state / name
        if os.geteuid() == 0 and not data.exists() and not service_user_reaches(self.state):
            return Path("/var/lib/storefront") / self.mark / name
        return data


def own_directory(path: Path, *, mode: int) -> Path:
    """Make the directory, or refuse one that somebody else put there before us."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            msg = f"{path} belongs to somebody else; remove it"
            raise EmbeddedError(msg) from None
    path.chmod(mode)
    return path


def service_user() -> dict[str, Any]:
    """Arguments for subprocess that make a child run unprivileged when we are root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return {}
    return {"user": SERVICE_USER, "group": pwd.getpwnam(SERVICE_USER).pw_gid, "extra_groups": []}


def service_user_reaches(path: Path) -> bool:
    """Whether the service user may pass through to this directory."""
    test = subprocess.run(["/bin/sh", "-c", 'test -x "$0"', str(path)], cwd="/", check=False, **service_user())
    return test.returncode == 0


def give_to_service_user(path: Path) -> Path:
    """Make a private directory of the user that PostgreSQL runs as."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(path, SERVICE_USER, pwd.getpwnam(SERVICE_USER).pw_gid)
    path.chmod(0o700)
    return path


def public_directory(path: Path) -> Path:
    """Make a directory that the service user may pass through; existing ones stay as they are."""
    if path.is_dir():
        return path
    public_directory(path.parent)
    path.mkdir()
    path.chmod(0o755)
    return path
