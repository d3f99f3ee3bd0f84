"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class AffiliatesConfig(AppConfig):
    """The app affiliates; `docs` and README say what it owns."""

    name = "affiliates"
    default_auto_field = "django.db.models.BigAutoField"
