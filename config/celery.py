"""The Celery app: queues by urgency, so that a billing run never delays a live order."""

from __future__ import annotations

import functools
import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "worker")
RETRY_SECONDS = 5


class PromptTask(Task):
    """A task whose worker process was killed runs again soon, three times at most; Celery's own pause is 3 minutes."""

    default_retry_delay = RETRY_SECONDS


app = Celery("storefront", task_cls=PromptTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Celery leaves the logging of `settings/logging.py` alone once this is connected."""


@functools.cache
def _load_tasks() -> None:
    """The modules of tasks, and nothing else: Celery's own way also runs the system checks, which load every page."""
    app.autodiscover_tasks(force=True)


def task(name: str) -> Task:
    """The task of that name, with its queue and limits. Raises NotRegistered for a name nobody has."""
    _load_tasks()
    found: Task = app.tasks[name]
    return found
