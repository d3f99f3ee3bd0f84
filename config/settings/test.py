"""Settings of the tests: the owner makes the test database, the tests then run as the app role (`tests/plugins`)."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ["DATABASE_ROLE"] = "owner"
os.environ.setdefault("PROCESS", "command")

from config.env import redis_database
from config.settings.base import *
from config.settings.celery import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import *
from config.settings.partner_center import *
from config.settings.security import *
from config.settings.storage import *
from config.settings.vies import *

DATABASES["default"]["TEST"] = {
    "NAME": os.environ.get("TEST_DATABASE", "test_storefront"),
    "TEMPLATE": os.environ.get("TEST_TEMPLATE"),
}
TEST_REDIS = int(os.environ.get("TEST_REDIS", "15"))
CELERY_BROKER_URL = redis_database(TEST_REDIS)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage", "OPTIONS": {}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
