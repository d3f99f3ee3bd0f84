"""How the environment becomes settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        (
            "redis+socket:///run/redis.sock",
            "redis+socket:///run/redis.sock?virtual_host=15",
            "unix:///run/redis.sock?db=1",
        ),
        ("redis://redis.example:6379/0", "redis://redis.example:6379/15", "redis://redis.example:6379/1"),
        ("redis://redis.example:6379", "redis://redis.example:6379/15", "redis://redis.example:6379/1"),
        ("rediss://:secret@redis.example/3", "rediss://:secret@redis.example/15", "rediss://:secret@redis.example/1"),
    ],
)
def test_redis_addresses(monkeypatch: pytest.MonkeyPatch, url: str, broker: str, cache: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)

    assert (env.redis_database(15), env.cache_url()) == (broker, cache)


def test_database_follows_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app:a@db.example:5433/shop")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner:o@db.example:5433/shop")

    monkeypatch.setenv("DATABASE_ROLE", "app")
    assert env.database()["USER"] == "app"
    monkeypatch.setenv("DATABASE_ROLE", "owner")
    assert env.database()["USER"] == "owner"
    assert env.app_role() == "app"


def test_one_role_for_everything_has_no_app_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://shop@db.example/shop")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)

    assert env.app_role() == ""


def test_socket_directory_is_read_from_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app@//tmp/sf-0-abc/pg/storefront")
    monkeypatch.setenv("DATABASE_ROLE", "app")

    found = env.database()

    assert (found["HOST"], found["NAME"], found["USER"]) == ("/tmp/sf-0-abc/pg", "storefront", "app")


def test_require_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERE", "1")
    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("EMPTY", "")

    with pytest.raises(ImproperlyConfigured, match="NOT_THERE, EMPTY"):
        env.require("THERE", "NOT_THERE", "EMPTY")
