"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app accounts; `docs` and README say what it owns."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
