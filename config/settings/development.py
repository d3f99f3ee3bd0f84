"""Settings of a machine that people try things on: `./run demo`, `./run manage`."""

from config.env import env
from config.settings.base import *
from config.settings.celery import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import *
from config.settings.partner_center import *
from config.settings.security import *
from config.settings.storage import *
from config.settings.vies import *

ENVIRONMENT = env.str("ENVIRONMENT_NAME", default="development")
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
