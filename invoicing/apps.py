"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    """The app invoicing; `docs` and README say what it owns."""

    name = "invoicing"
    default_auto_field = "django.db.models.BigAutoField"
