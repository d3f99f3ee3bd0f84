"""What the repository may and may not hold, and whether servers would start from it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests import deploy_check
from tests.architecture.source import ROOT, modules

SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
    "cloud key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "token": re.compile(r"\b(?:ghp_[A-Za-z0-9]{36}|xox[bp]-[A-Za-z0-9-]{20,}|sk_live_[A-Za-z0-9]{20,})\b"),
    "bearer token": re.compile(r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\b"),
}
TEXT = {".py", ".toml", ".in", ".lock", ".md", ".html", ".txt", ".js", ".css", ".json", ".yml", ".csv", ".sh", ""}


def committed() -> list[Path]:
    """The files of the repository; without git, or in an unpacked archive, every file that is there."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    skipped = {".venv", "var", "__pycache__"}
    return [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts)]


def test_no_secret_is_committed() -> None:
    found = [
        f"{path}: {kind}"
        for path in committed()
        if path.suffix in TEXT
        for kind, pattern in SECRETS.items()
        if pattern.search((ROOT / path).read_text(errors="replace"))
    ]

    assert found == []


def test_the_secret_check_sees_a_key() -> None:
    key = "-----BEGIN PRIVATE " + "KEY-----\n" + "A" * 60

    assert SECRETS["private key"].search(key)


def test_no_file_ties_the_project_to_one_machine() -> None:
    names = {path.name for path in committed()}

    assert names & {"uv.lock", ".python-version", "poetry.lock", "Pipfile.lock", ".env"} == set()


def test_locked_packages_have_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==[^\\]*\\\n((?:    --hash=.*\n)+)", lock, re.MULTILINE
    )
    names = re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==", lock, re.MULTILINE)

    assert [name for name, _ in entries] == names
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", lock)


def test_every_required_package_is_locked() -> None:
    wanted = {
        re.split(r"[\[<>=; ]", line, maxsplit=1)[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    locked = set(
        re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==", (ROOT / "requirements.lock").read_text(), re.M)
    )

    assert wanted - locked == set()


def test_servers_start_without_a_warning() -> None:
    result = deploy_check.run()

    assert result.returncode == 0, result.stdout + result.stderr


def test_servers_refuse_to_start_without_their_environment() -> None:
    result = deploy_check.run(without="SECRET_KEY")

    assert result.returncode != 0
    assert "SECRET_KEY" in result.stderr


def test_every_environment_variable_is_in_the_papers() -> None:
    paper = (ROOT / "docs" / "operations.md").read_text()
    reads = re.compile(r"""(?:env\.\w+|text|require|environ\.get)\(\s*("[A-Z][A-Z_]+"(?:,\s*"[A-Z][A-Z_]+")*)""")
    names = {
        name
        for path in modules()
        for group in reads.findall((ROOT / path).read_text())
        for name in re.findall(r'"([A-Z][A-Z_]+)"', group)
    }

    assert {"SECRET_KEY", "DATABASE_URL", "PARTNER_CENTER_URL"} <= names
    assert {name for name in names if f"`{name}`" not in paper} == set()
