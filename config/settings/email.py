"""Mail goes out through `EMAIL_URL`, else into `var/mail/`; BSS › Messages shows every one."""

from __future__ import annotations

from config.env import STATE, env

vars().update(env.email_url("EMAIL_URL", default="filemail://"))
EMAIL_FILE_PATH = str(STATE / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@localhost")
# What links in mails begin with: a worker sees no request.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
# Files of more than this together do not go into a mail, but behind links that work for so many days.
MAIL_ATTACHMENT_BYTES = 10 * 1024 * 1024
MAIL_ATTACHMENTS = 20
DOCUMENT_LINK_DAYS = env.int("DOCUMENT_LINK_DAYS", default=30)
