"""Starts the embedded servers before pytest-django reads the settings; loaded with `-p` (see pyproject.toml)."""

from __future__ import annotations

import fcntl
import os
from typing import IO

import pytest
import redis
from django.conf import settings

from config.embedded import Attachment, attach
from config.embedded.client import open_lock, try_lock
from config.embedded.paths import Places
from config.env import cache_url
from tests.plugins.template import prepare_template

WORKER = "PYTEST_XDIST_WORKER"  # set in each process of a run in parallel


class Held:
    """What this run holds on to."""

    servers: Attachment
    only_run: IO[str] | None = None


def own_test_database() -> None:
    """Two test runs of one checkout use two databases; xdist's workers keep their parent's."""
    if WORKER in os.environ or "TEST_DATABASE" in os.environ:
        return
    Held.only_run = open_lock(Places.of_checkout().run / "tests.lock")
    first = try_lock(Held.only_run, fcntl.LOCK_EX)
    os.environ["TEST_DATABASE"] = "test_storefront" if first else f"test_storefront_{os.getpid()}"


def own_redis_database() -> None:
    """The workers of xdist (gw0, gw1 …) ring each in a database of their own, from the last one down."""
    os.environ["TEST_REDIS"] = str(15 - int(os.environ.get(WORKER, "gw0").removeprefix("gw")))


def pytest_unconfigure(config: pytest.Config) -> None:
    if "redis" in Held.servers.names:
        with redis.Redis.from_url(cache_url(settings.TEST_REDIS)) as link:
            link.flushdb()  # what the tests rang for; no worker listens there
    Held.servers.close()
    if Held.only_run is not None:
        Held.only_run.close()


Held.servers = attach()
own_test_database()
own_redis_database()
if "postgres" in Held.servers.names:
    os.environ["TEST_TEMPLATE"] = prepare_template()
