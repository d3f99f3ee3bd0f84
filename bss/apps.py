"""App configuration."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig
from django.conf import settings


def register_pages() -> None:
    """Load every module of `bss.admin`: each registers itself on the site. Who serves addresses needs them."""
    package = import_module("bss.admin")
    for module in iter_modules(package.__path__):
        import_module(f"bss.admin.{module.name}")


class BssConfig(AppConfig):
    """The operators' site; registers its pages when Django is ready."""

    name = "bss"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the pages, except in a worker: it serves none, and they take a tenth of its memory."""
        if settings.PROCESS != "worker":
            register_pages()
