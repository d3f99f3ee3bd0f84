"""Structured logs: one event per line; JSON from web and workers, warnings in plain lines from commands."""

from __future__ import annotations

from typing import Any

import structlog

from config.env import env

SERVES = env.str("PROCESS", default="command") != "command"
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO" if SERVES else "WARNING").upper()
DJANGO_STRUCTLOG_CELERY_ENABLED = True  # a task's log lines carry the id of the request that asked for it
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if SERVES else "console")
SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
RENDERERS: dict[str, list[Any]] = {
    "json": [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
    "console": [structlog.dev.ConsoleRenderer(colors=False)],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *RENDERERS[LOG_FORMAT]],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "django_structlog": {"level": LOG_LEVEL},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
    },
}

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.UnicodeDecoder(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
