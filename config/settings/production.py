"""Settings of servers: everything private comes from the environment, everything goes over HTTPS."""

from config.env import env, require

require("SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PARTNER_CENTER_URL")

from config.settings.base import *  # noqa: E402 -- the check comes first
from config.settings.celery import *  # noqa: E402
from config.settings.database import *  # noqa: E402
from config.settings.email import *  # noqa: E402
from config.settings.logging import *  # noqa: E402
from config.settings.partner_center import *  # noqa: E402
from config.settings.security import *  # noqa: E402
from config.settings.storage import *  # noqa: E402
from config.settings.vies import *  # noqa: E402 -- as above

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrftoken"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # sign-ins are counted by the visitor's address, not the proxy's
