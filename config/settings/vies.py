"""Where VAT numbers are checked: VIES, a simulator, or nowhere: then their form and check digits decide."""

from __future__ import annotations

from urllib.parse import urlsplit

from config.env import env

VIES_URL = env.str("VIES_URL", default="")
VIES_HOSTS = [urlsplit(VIES_URL).netloc] if VIES_URL else []

# Seconds: a worker waits for VIES so long; the answer is unknown then, and the sweeper asks again.
VIES_CONNECT_SECONDS = env.float("VIES_CONNECT_SECONDS", default=3.0)
VIES_READ_SECONDS = env.float("VIES_READ_SECONDS", default=10.0)
