"""Start-up checks of what a server must not get wrong; part of `manage.py check --deploy`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 -- Django's name

from config.env import app_role

LOCAL = {"localhost", "127.0.0.1", "::1"}


@register(Tags.security, deploy=True)
def web_is_not_the_owner(**_asked: Any) -> list[CheckMessage]:
    """Web and workers connect as a role without DDL and TRUNCATE."""
    if app_role():
        return []
    return [
        Warning(
            "Web and workers connect as the owner of the tables.",
            hint="Set DATABASE_OWNER_URL to the owner and DATABASE_URL to a role of its own; see docs/operations.md.",
            id="storefront.W001",
        )
    ]


@register(Tags.security, deploy=True)
def microsoft_is_spoken_to_in_private(**_asked: Any) -> list[CheckMessage]:
    """Credentials go to Microsoft over TLS only; a simulator on this machine is let through."""
    url = urlsplit(settings.PARTNER_CENTER_URL)
    if url.scheme == "https" or url.hostname in LOCAL:
        return []
    return [Error("PARTNER_CENTER_URL is not https.", id="storefront.E001")]


@register(Tags.security, deploy=True)
def hosts_are_named(**_asked: Any) -> list[CheckMessage]:
    """A wildcard would let a forged Host header into the links of e-mails."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_HOSTS names every host.", id="storefront.E002")]
