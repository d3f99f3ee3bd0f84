"""Background work. Redis is only the bell: every piece of work is a row that a sweeper can ring again."""

from __future__ import annotations

from celery.schedules import crontab

from config.env import STATE, cache_url, env, redis_url, text

QUEUES = ("interactive", "batch", "render", "mail", "default")
PATIENT = {"socket_timeout": 30, "socket_connect_timeout": 5}
HURRIED = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
"""Who rings from a request waits a second for a broker that is frozen or away; the sweeper rings again."""

CELERY_BROKER_URL = redis_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 9 * 60
CELERY_TASK_TIME_LIMIT = 10 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 25 * 60,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    **(PATIENT if env.str("PROCESS", default="command") == "worker" else HURRIED),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "accounts.send_message": {"queue": "interactive"},
    "accounts.send_bulk": {"queue": "mail"},
    "invoicing.deliver": {"queue": "mail"},
    "invoicing.render_invoice": {"queue": "render"},
    "invoicing.advance_run": {"queue": "batch"},
    "invoicing.sweep_reminders": {"queue": "batch"},
    "invoicing.remind": {"queue": "batch"},
    "storefront.sweep_endings": {"queue": "batch"},
    "storefront.sweep_renewals": {"queue": "batch"},
    "storefront.check_renewals": {"queue": "batch"},
    "storefront.renew_own": {"queue": "batch"},
    "storefront.sweep_announcements": {"queue": "batch"},
    "storefront.announce_renewals": {"queue": "batch"},
    "storefront.*": {"queue": "interactive"},
}
BILLING_LEASE_SECONDS = int(text("BILLING_LEASE_SECONDS", "20"))
RENDER_LEASE_SECONDS = int(text("RENDER_LEASE_SECONDS", "60"))
MAIL_LEASE_SECONDS = int(text("MAIL_LEASE_SECONDS", "60"))
CELERY_TASK_CREATE_MISSING_QUEUES = True

# The sweepers ring again what was lost; each app adds its own here. A tick that no worker took in time is dropped:
# the next one says the same.
CELERY_BEAT_SCHEDULE = {
    "sweep-messages": {"task": "accounts.sweep_messages", "schedule": 60, "options": {"expires": 60}},
    "sweep-vat-checks": {"task": "accounts.sweep_vat_checks", "schedule": 300, "options": {"expires": 300}},
    "sweep-fulfilment": {"task": "storefront.sweep_fulfilment", "schedule": 5, "options": {"expires": 30}},
    "sweep-auto-renew": {"task": "storefront.sweep_auto_renew", "schedule": 10, "options": {"expires": 30}},
    "sweep-endings": {"task": "storefront.sweep_endings", "schedule": 300, "options": {"expires": 300}},
    "sweep-renewals": {"task": "storefront.sweep_renewals", "schedule": 300, "options": {"expires": 300}},
    "announce-renewals": {"task": "storefront.sweep_announcements", "schedule": crontab(hour="5", minute="10")},
    "compare-subscriptions": {"task": "storefront.compare_subscriptions", "schedule": crontab(hour="3", minute="40")},
    "sweep-outbox": {"task": "kernel.sweep_outbox", "schedule": 15, "options": {"expires": 60}},
    "sweep-billing-runs": {"task": "invoicing.sweep_runs", "schedule": 10, "options": {"expires": 30}},
    "daily-run": {"task": "invoicing.daily_run", "schedule": 60, "options": {"expires": 60}},
    "sweep-reminders": {
        "task": "invoicing.sweep_reminders",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
    "sweep-documents": {"task": "invoicing.sweep_documents", "schedule": 30, "options": {"expires": 30}},
    "sweep-deliveries": {"task": "invoicing.sweep_deliveries", "schedule": 60, "options": {"expires": 60}},
    **{
        f"heartbeat-{queue}": {
            "task": "kernel.heartbeat",
            "schedule": 20,
            "options": {"queue": queue, "expires": 60},
        }
        for queue in QUEUES
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE / "celerybeat-schedule")

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url()}}
