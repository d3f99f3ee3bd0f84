"""The operators' site: stock Django admin in our skin, with its own object and its own sign-in through allauth."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from bss.navigation import navigation
from config.kernel.clock import local_date

KEPT: Final = "bss_organisation"


def organisation_of(request: HttpRequest) -> Organisation | None:
    """The distributor, read once for a page; None before it is set up."""
    if not hasattr(request, KEPT):
        setattr(request, KEPT, Organisation.objects.filter(pk=1).first())
    found: Organisation | None = getattr(request, KEPT)
    return found


def today_of(request: HttpRequest) -> date:
    """The distributor's date of the request; until it is set up, by `TIME_ZONE`."""
    organisation = organisation_of(request)
    return local_date(timezone.now(), organisation.time_zone if organisation else settings.TIME_ZONE)


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
            organisation = organisation_of(request)
            context["organisation"] = organisation  # what the base templates would read a second time
            context["bss_organisation"] = organisation.trade_name if organisation else ""
            now = timezone.now()
            today = local_date(now, organisation.time_zone) if organisation else now.date()
            context["bss_navigation"] = navigation(request, self, on=today)
            context["bss_roles"] = ", ".join(sorted(group.name for group in request.user.groups.all()))
            context["bss_environment"] = settings.ENVIRONMENT
        return context

    def get_urls(self) -> list[Any]:
        """With the pages that belong to no model."""
        from bss.views.exports import exports_page
        from bss.views.open_items import open_items
        from bss.views.options import system_options
        from bss.views.reminders import today_page

        def options(request: HttpRequest) -> HttpResponse:
            return system_options(request, self.each_context(request))

        def items(request: HttpRequest) -> HttpResponse:
            return open_items(request, self.each_context(request))

        def reminders(request: HttpRequest) -> HttpResponse:
            return today_page(request, self.each_context(request))

        def exports(request: HttpRequest) -> HttpResponseBase:
            return exports_page(request, self.each_context(request))

        return [
            path("exports/", self.admin_view(exports), name="exports"),
            path("reminders/", self.admin_view(reminders), name="reminders"),
            path("options/", self.admin_view(options), name="system_options"),
            path("open-items/", self.admin_view(items), name="open_items"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The work queue and the figures."""
        from bss.selectors.home import home
        from bss.selectors.work import KINDS

        wanted = request.GET.get("kind", "")
        only = wanted if wanted in {kind.key for kind in KINDS} else ""
        facts = home(at=timezone.now(), only=only, organisation=organisation_of(request))
        tabs = [{"label": _("All"), "url": "?", "count": facts.waiting, "current": not only}]
        tabs += [
            {
                "label": part.kind.label,
                "url": f"?kind={part.kind.key}",
                "count": part.count,
                "current": only == part.kind.key,
            }
            for part in facts.work
            if part.count or only == part.kind.key
        ]
        return super().index(request, {**(extra_context or {}), "home": facts, "tabs": tabs, "title": _("Home")})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The sidebar is ordered by work: an app has no page of its own."""
        return redirect(f"{self.name}:index")


site = BssAdminSite(name="bss")
site.login = secure_admin_login(site.login)  # type: ignore[method-assign]  # allauth's documented way
