"""PostgreSQL. `DATABASE_URL` is the role of web and workers, `DATABASE_OWNER_URL` the one that migrates."""

from __future__ import annotations

from config.env import env

DATABASES = {
    "default": {**env.db("DATABASE_URL"), "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
}
