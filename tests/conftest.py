"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.plugins.database import django_db_setup
from tests.plugins.outbox import deliver_outbox as deliver

__all__ = ["django_db_setup"]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's event loop runs in the test's thread
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, which reaches nothing but this machine."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    ]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests are skipped, loudly, where there is no Chromium; never in CI."""
    if CHROMIUM or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("e2e") or "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """No test sees what another has cached, such as its failed sign-ins."""
    yield
    cache.clear()


@pytest.fixture
def deliver_outbox(db: None) -> Callable[[], list[str]]:
    """Run what the outbox waits to ring, as a worker would, until it is empty; return the topics."""
    return deliver
