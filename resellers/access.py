"""The base of every reseller page: signed in, of an account with a Storefront, allowed by role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.generic import View

from accounts.models import Account, User
from accounts.permissions import Permission
from resellers.models import Reseller
from resellers.selectors import reseller_of


class ResellerView(AccessMixin, View):
    """Sets `reseller`, `account` and `user`, or sends away: to sign-in, to BSS (staff), or 403 by role.

    `permission` is the act the page is for; None is open to every Storefront user. `nav` names the menu entry.
    """

    permission: Permission | None = None
    nav: str = ""
    reseller: Reseller
    account: Account
    user: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who is there before the page runs."""
        user = request.user
        if not isinstance(user, User) or not user.is_authenticated:
            return self.handle_no_permission()
        reseller = reseller_of(user)
        if reseller is None:
            if user.is_staff:
                return redirect("/bss/")
            raise PermissionDenied
        self.user, self.reseller, self.account = user, reseller, reseller.account
        if self.permission is not None and not user.may(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, permission: Permission) -> bool:
        """Whether the user may do the act."""
        return self.user.may(permission)
