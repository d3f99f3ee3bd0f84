"""How allauth speaks here: nobody signs up, and its mail is stored and sent like every other mail."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.services import audit, messages, second_factor

OURS: Final = {
    "account/email/password_reset_key": "password_reset",
    "account/email/password_reset": "password_changed",
    "account/email/password_changed": "password_changed",
    "account/email/password_set": "password_changed",
    "mfa/email/totp_activated": "second_factor_changed",
    "mfa/email/totp_deactivated": "second_factor_changed",
    "mfa/email/recovery_codes_generated": "second_factor_changed",
}
MISSING: Final = "second_factor_missing"
"""In the session of somebody who has to set up a second factor before anything else."""


class AccountAdapter(DefaultAccountAdapter):
    """People are invited; what happens to their sign-in is told by messages of ours."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by invitation."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **facts: Any) -> HttpResponse:
        """Note in the session whether a second factor has to be set up first."""
        if second_factor.is_required(user) and not second_factor.is_set_up(user):
            request.session[MISSING] = True
        answer: HttpResponse = super().post_login(request, user, **facts)
        return answer

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The address of the settings, whatever host the request claims to be for."""
        there = urlsplit(super().get_reset_password_from_key_url(key))
        return f"{settings.SITE_URL.rstrip('/')}{there.path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue our own text, in the language of the account."""
        user = User.objects.select_related("account").get(email__iexact=email)
        template = OURS[template_prefix]
        messages.queue(
            template=template,
            to=[user.email],
            context={
                "user": user,
                "link": context.get("password_reset_url", ""),
                "is_set_up": second_factor.is_set_up(user),
            },
            account=user.account,
            by=None,
            at=timezone.now(),
            language=user.account.language if user.account else "en",
            is_secret=template == "password_reset",
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are stored encrypted; a required second factor stays."""

    error_messages: Final = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("Your sign-in must have a second factor. It can be replaced, not removed."),
        "incorrect_code": _("This code is not right. Codes change every 30 seconds: enter the one shown now."),
    }

    def encrypt(self, text: str) -> str:
        """With a key made of SECRET_KEY."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Also what was written under a key of SECRET_KEY_FALLBACKS."""
        return _box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not while the organisation asks for one."""
        return not second_factor.is_required(authenticator.user)

    def get_totp_issuer(self) -> str:
        """The distributor's name, as the app on the phone lists it."""
        organisation = Organisation.objects.filter(pk=1).only("trade_name").first()
        return organisation.trade_name if organisation else "Storefront"


def _box() -> MultiFernet:
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    seeds = [hashlib.sha256(b"second factor|" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(seed)) for seed in seeds])


def record_change(*, signal: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Write to the audit trail what a person did to the own second factor (allauth's signals)."""
    from allauth.mfa.signals import authenticator_added, authenticator_removed

    word = {authenticator_added: "added", authenticator_removed: "removed"}.get(signal, "renewed")
    part = "recovery_codes" if authenticator.type == Authenticator.Type.RECOVERY_CODES else "second_factor"
    audit.record(f"user.{part}_{word}", target=user, account=user.account, by=user, at=timezone.now())
    if part == "second_factor" and word == "added":
        request.session.pop(MISSING, None)
