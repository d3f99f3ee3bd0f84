"""The page of a person's own sign-in: address, password, second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View

from accounts.forms.emails import ChangeEmail
from accounts.models import User
from accounts.services import emails, second_factor
from config.kernel.errors import DomainError


class Security(LoginRequiredMixin, View):
    """What protects the sign-in, each with its way to change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        user: Any = request.user
        found = {one.type: one.wrap() for one in Authenticator.objects.filter(user=user)}
        codes = found.get(Authenticator.Type.RECOVERY_CODES)
        facts = {
            "has_second_factor": Authenticator.Type.TOTP in found,
            "is_required": second_factor.is_required(user),
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
        }
        return render(request, "accounts/security.html", facts)


@method_decorator(reauthentication_required, name="dispatch")
class NewEmail(LoginRequiredMixin, View):
    """Ask for another address; the password was asked for shortly before."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return render(request, "accounts/email.html", {"form": ChangeEmail()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mail the link; what is said tells nothing about other people's addresses."""
        user: Any = request.user
        form = ChangeEmail(request.POST)
        if form.is_valid():
            limited: HttpResponse | None = ratelimit.consume_or_429(request, action="manage_email", user=user)
            if limited:
                return limited
            email = form.cleaned_data["email"]
            try:
                emails.ask(user=user, email=email, at=timezone.now())
            except DomainError as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.info(
                    request,
                    _(
                        "A link is on its way to %(email)s. No mail within minutes? The address may belong to another"
                        " user; ask your administrator."
                    )
                    % {"email": email},
                )
                return redirect("security")
        return render(request, "accounts/email.html", {"form": form}, status=422)


class ConfirmEmail(View):
    """Behind the link of that mail: a button, so that a mail scanner that opens links changes nothing."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask."""
        try:
            wish = emails.open_change(token=token, at=timezone.now())
        except emails.ChangeIsOver as refusal:
            return self._over(request, refusal)
        return render(request, "accounts/email_confirm.html", {"wish": wish})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Change it."""
        try:
            user: User = emails.confirm(token=token, at=timezone.now())
        except emails.ChangeIsOver as refusal:
            return self._over(request, refusal)
        messages.success(request, _("From now on you sign in as %(email)s.") % {"email": user.email})
        return redirect("security")

    def _over(self, request: HttpRequest, refusal: DomainError) -> HttpResponse:
        return render(request, "accounts/email_over.html", {"refusal": refusal}, status=410)
