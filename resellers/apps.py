"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class ResellersConfig(AppConfig):
    """The app resellers; `docs` and README say what it owns."""

    name = "resellers"
    default_auto_field = "django.db.models.BigAutoField"
