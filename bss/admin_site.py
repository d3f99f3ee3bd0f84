"""The operators' site: stock Django admin in our skin, with its own object and its own sign-in through allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from bss.navigation import navigation


class BssAdminSite(AdminSite):
    """BSS. Only staff of the distributor come in; the sidebar is ordered by work, not by app."""

    site_header = _("BSS")
    site_title = _("BSS")
    index_title = _("Work")
    enable_nav_sidebar = True
    empty_value_display = "–"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """The frame's facts: navigation with counts, for people who are in."""
        context = super().each_context(request)
        if self.has_permission(request):
            context["bss_navigation"] = navigation(request, self)
            organisation = Organisation.objects.filter(pk=1).only("trade_name").first()
            context["bss_organisation"] = organisation.trade_name if organisation else ""
        return context


site = BssAdminSite(name="bss")
site.login = secure_admin_login(site.login)  # type: ignore[method-assign]  # allauth's documented way
