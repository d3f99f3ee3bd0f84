"""Children that die with their parent, and pids that may have been recycled."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

LINUX: bool = platform.system() == "Linux"
PR_SET_PDEATHSIG = 1


def die_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that makes Linux send `sign` to the child when its parent is gone, even by kill -9."""
    if not LINUX:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def command_line(pid: int) -> str:
    """The command line of a process, or nothing when there is no such process."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def is_alive(pid: int) -> bool:
    """Whether the pid is in use, by whomever."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_pid(pidfile: Path) -> int | None:
    """The pid in the first line of a pid file, if there is one."""
    try:
        return int(pidfile.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def clear_left_over(pidfile: Path, *, names: str) -> None:
    """Deal with the pid file of a server whose keeper died.

    A process whose command line holds `names` is ours and still stopping: wait, then insist. Any other process with
    that pid is innocent (pids are recycled): only the file goes. A dead pid's file is left to the server, which also
    looks for shared memory that is still in use.
    """
    pid = read_pid(pidfile)
    if pid is None or not is_alive(pid):
        return
    for sign, patience in ((None, 10.0), (signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        if names not in command_line(pid):
            break
        if sign is not None:
            os.kill(pid, sign)
        wait_for(lambda: names not in command_line(pid), patience)
    pidfile.unlink(missing_ok=True)


def wait_for(condition: Callable[[], bool], patience: float, *, step: float = 0.05) -> bool:
    """Poll until the condition holds or `patience` seconds are over; say which."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
