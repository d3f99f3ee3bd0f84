"""Start-up checks of servers."""

from __future__ import annotations

import pytest

from config import checks


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://api.partnercenter.microsoft.com", []),
        ("http://127.0.0.1:8766", []),
        ("http://api.partnercenter.microsoft.com", ["storefront.E001"]),
    ],
)
def test_microsoft_is_spoken_to_over_tls(settings, url: str, found: list[str]) -> None:
    settings.PARTNER_CENTER_URL = url

    assert [message.id for message in checks.microsoft_is_spoken_to_in_private()] == found


@pytest.mark.parametrize(("hosts", "found"), [(["shop.example"], []), (["*"], ["storefront.E002"])])
def test_hosts_are_named(settings, hosts: list[str], found: list[str]) -> None:
    settings.ALLOWED_HOSTS = hosts

    assert [message.id for message in checks.hosts_are_named()] == found


@pytest.mark.parametrize(("owner", "found"), [("owner", []), ("app", ["storefront.W001"])])
def test_web_is_not_the_owner(monkeypatch: pytest.MonkeyPatch, owner: str, found: list[str]) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app@db.example/shop")
    monkeypatch.setenv("DATABASE_OWNER_URL", f"postgres://{owner}@db.example/shop")

    assert [message.id for message in checks.web_is_not_the_owner()] == found
