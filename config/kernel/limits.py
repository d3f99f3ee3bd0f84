"""How often something may happen: counted in the cache, per key and window. A cache that is away limits nothing."""

from __future__ import annotations

import hashlib

import structlog
from django.core.cache import cache

log = structlog.get_logger(__name__)


def allows(key: str, *, most: int, seconds: int) -> bool:
    """Count one more of `key`; say whether that is still within `most` in the running window of so many seconds."""
    name = f"limit:{hashlib.sha256(key.encode()).hexdigest()}"
    try:
        cache.add(name, 0, timeout=seconds)
        return int(cache.incr(name)) <= most
    except ValueError:  # the window ended between the two calls: a new one begins
        return True
    except Exception as error:
        log.warning("limit.not_counted", error=str(error))
        return True
