"""The kernel as a Django app: it owns the outbox and the workers' heartbeat."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    """Loads the Celery app with Django, so that tasks find their broker from every process."""

    name = "config.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import config.celery  # shared_task binds to it
        import config.checks  # noqa: F401 -- both only have to be loaded
        from config.kernel.roles import grant_after_migrate

        post_migrate.connect(grant_after_migrate, sender=self)
