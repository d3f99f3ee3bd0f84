"""`kill -9` while a file is written: a reader finds the old bytes or nothing, never a part (reliability.md F05)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import os, signal, sys
import django.conf
django.conf.settings.configure()
from django.core.files.storage import FileSystemStorage
from invoicing.rendering import storing

folder, moment = sys.argv[1:]
def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)
if moment == "before the rename":
    storing.os.fsync = die
elif moment == "after the rename":
    real, calls = os.fsync, []
    storing.os.fsync = lambda fd: die() if calls else (calls.append(fd), real(fd))
storing.put(FileSystemStorage(location=folder), "2026/11/INV-1.pdf", b"new " * 100_000)
"""


def killed(folder: Path, moment: str) -> int:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", WRITER, str(folder), moment]
    return subprocess.run(command, cwd=root, check=False, timeout=60).returncode


@pytest.mark.parametrize("old", [None, b"old"])
def test_kill_before_the_rename_leaves_what_was_there(tmp_path: Path, old: bytes | None) -> None:
    target = tmp_path / "2026/11/INV-1.pdf"
    if old is not None:
        target.parent.mkdir(parents=True)
        target.write_bytes(old)

    assert killed(tmp_path, "before the rename") == -signal.SIGKILL

    assert (target.read_bytes() if target.exists() else None) == old


def test_kill_after_the_rename_leaves_the_whole_file(tmp_path: Path) -> None:
    assert killed(tmp_path, "after the rename") == -signal.SIGKILL

    assert (tmp_path / "2026/11/INV-1.pdf").read_bytes() == b"new " * 100_000


def test_the_next_attempt_writes_the_whole_file_beside_a_left_over_part(tmp_path: Path) -> None:
    killed(tmp_path, "before the rename")

    assert killed(tmp_path, "never") == 0

    assert (tmp_path / "2026/11/INV-1.pdf").read_bytes() == b"new " * 100_000
