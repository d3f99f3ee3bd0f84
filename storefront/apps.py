"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    """The app storefront; `docs` and README say what it owns."""

    name = "storefront"
    default_auto_field = "django.db.models.BigAutoField"
