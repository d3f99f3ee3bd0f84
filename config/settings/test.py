"""Settings of the test environment."""

from config.settings.base import *
from config.settings.celery import *
from config.settings.database import *
from config.settings.email import *
from config.settings.partner_center import *
from config.settings.security import *

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
