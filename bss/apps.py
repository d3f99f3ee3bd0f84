"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class BssConfig(AppConfig):
    """The app bss; `docs` and README say what it owns."""

    name = "bss"
    default_auto_field = "django.db.models.BigAutoField"
