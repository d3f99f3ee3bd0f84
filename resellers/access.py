"""The base of every reseller page: signed in, of an account with a Storefront, allowed by role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from accounts.enums import StorefrontRole
from accounts.models import Account, Organisation, User
from accounts.permissions import Permission
from config.kernel.clock import local_date
from resellers.models import Reseller
from resellers.selectors import reseller_of


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the Storefront's menu: the app that owns the page adds it in its AppConfig.ready."""

    name: str
    label: Any
    url: str
    order: int
    permission: Permission | None = None


MENU: list[MenuEntry] = []
FRAME: list[Callable[[User], dict[str, Any]]] = []


def add_to_menu(*entries: MenuEntry) -> None:
    """Register menu entries, kept in their order; a second registration of a name replaces the first."""
    names = {entry.name for entry in entries}
    MENU[:] = sorted([*(old for old in MENU if old.name not in names), *entries], key=lambda entry: entry.order)


def add_to_frame(facts: Callable[[User], dict[str, Any]]) -> None:
    """Let an upper app add facts to every page's frame (the basket's count); it gives the signed-in user's own only."""
    if facts not in FRAME:
        FRAME.append(facts)


def role_of(user: User) -> str:
    """The user's role in words."""
    if user.is_account_admin:
        return str(_("Admin"))
    return ", ".join(str(StorefrontRole(role).label) for role in user.roles) or str(_("No role yet"))


def zone_words(name: str) -> str:
    """ "Athens" of "Europe/Athens"."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


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

    def shell(self) -> dict[str, Any]:
        """The facts of the frame (templates/base/reseller.html). Upper apps register menu entries in `MENU`."""
        entries = [item for item in MENU if item.permission is None or self.may(item.permission)]
        facts = {
            "nav": [
                {"label": item.label, "url": reverse(item.url), "current": item.name == self.nav} for item in entries
            ],
            "account_name": self.account.name,
            "account_code": self.account.code,
            "vat_number": self.account.vat_number,
            "role": role_of(self.user),
            "time_zone": zone_words(self.organisation.time_zone) if self.organisation else "",
            "user_name": self.user.name,
            "user_email": self.user.email,
            "user_menu": [
                {"label": _("Your sign-in"), "url": reverse("security"), "icon": "lock"},
            ],
            "sign_out_url": reverse("account_logout"),
        }
        for more in FRAME:
            facts.update(more(self.user))
        return facts

    def page(self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
        """Render a Storefront page with its frame."""
        facts = {"organisation": self.organisation, "shell": self.shell(), "account": self.account}
        return render(self.request, template, {**facts, **(context or {})}, status=status)

    @cached_property
    def organisation(self) -> Organisation | None:
        """The distributor, for the frame."""
        return Organisation.objects.filter(pk=1).first()

    def day_of(self, at: datetime) -> date:
        """The date of a moment at the distributor."""
        return local_date(at, self.organisation.time_zone if self.organisation else settings.TIME_ZONE)

    def may(self, permission: Permission) -> bool:
        """Whether the user may do the act."""
        return self.user.may(permission)
