"""The page behind the link of an invitation."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.forms.invitations import ChoosePassword
from accounts.services import contacts


@method_decorator(never_cache, name="dispatch")
class AcceptInvitation(View):
    """Show who invites and ask for a password; a link that is over says so with status 410."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The form."""
        return self._page(request, token, None)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Set the password and sign in."""
        limited: HttpResponse | None = ratelimit.consume_or_429(request, action="reset_password_from_key")
        if limited:
            return limited
        return self._page(request, token, request.POST)

    def _page(self, request: HttpRequest, token: str, data: object) -> HttpResponse:
        now = timezone.now()
        try:
            invitation = contacts.open_invitation(token=token, at=now)
            form = ChoosePassword(data, user=invitation.user)
            if data is not None and form.is_valid():
                user = contacts.accept(token=token, password=form.cleaned_data["password"], at=now)
                messages.success(request, _("Welcome. Your password is set and you are signed in."))
                answer: HttpResponse = perform_login(request, Login(user=user, redirect_url="/"))
                return answer
        except contacts.LinkIsOver as refusal:
            return render(request, "accounts/invitation_over.html", {"refusal": refusal}, status=410)
        facts = {"form": form, "invitation": invitation}
        return render(request, "accounts/invitation.html", facts, status=200 if data is None else 422)
