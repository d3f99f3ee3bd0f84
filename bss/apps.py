"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class BssConfig(AppConfig):
    """The operators' site; registers its pages when Django is ready."""

    name = "bss"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load every module of `bss.admin`: each registers itself on the site."""
        from importlib import import_module
        from pkgutil import iter_modules

        package = import_module("bss.admin")
        for module in iter_modules(package.__path__):
            import_module(f"bss.admin.{module.name}")
