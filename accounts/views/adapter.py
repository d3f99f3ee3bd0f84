"""How allauth speaks here: nobody signs up, and its mail is stored and sent like every other mail."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.services import messages

OURS: Final = {
    "account/email/password_reset_key": "password_reset",
    "account/email/password_reset": "password_changed",
    "account/email/password_changed": "password_changed",
    "account/email/password_set": "password_changed",
}


class AccountAdapter(DefaultAccountAdapter):
    """People are invited; a forgotten password and its confirmation are messages of ours."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue our own text for the events of a password; the rest (second factor) as allauth writes it."""
        template = OURS.get(template_prefix)
        if template is None:
            super().send_mail(template_prefix, email, context)
            return
        user = User.objects.select_related("account").filter(email__iexact=email).first()
        messages.queue(
            template=template,
            to=[email],
            context={"user": user, "link": context.get("password_reset_url", "")},
            account=user.account if user else None,
            by=None,
            at=timezone.now(),
            language=user.account.language if user and user.account else "en",
            is_secret=template == "password_reset",
        )
