"""Asking for a new password."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

from accounts.models import User
from accounts.services import messages


class ForgottenPassword(ResetPasswordForm):
    """Takes as long for an address that nobody has: the mail is written, then dropped (reliability.md S31)."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Mail the link, to those who are users; return the address."""
        if not self.users:
            messages.compose(template="password_reset", context={"user": User(email="nobody@example.org"), "link": ""})
        email: str = super().save(request, **kwargs)
        return email
