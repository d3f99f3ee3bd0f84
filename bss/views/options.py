"""System options: the organisation, the Storefront's switches and billing on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BooleanField, BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.services import options
from bss.forms.options import BillingOptions, OrganisationForm, StorefrontOptions
from invoicing.models import BillingSettings
from invoicing.selectors.daily_runs import since_of


def system_options(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show and save all options; the audit trail keeps what changed. Admin only."""
    if not request.user.has_perm("accounts.change_organisation"):
        raise PermissionDenied
    organisation = Organisation.objects.filter(pk=1).first() or Organisation(pk=1)
    settings = BillingSettings.objects.filter(pk=1).first() or BillingSettings(pk=1)
    data = request.POST or None
    forms: list[StorefrontOptions | OrganisationForm | BillingOptions] = [
        StorefrontOptions(data, instance=organisation, prefix="storefront"),
        OrganisationForm(data, instance=organisation, prefix="organisation"),
        BillingOptions(data, instance=settings, prefix="billing"),
    ]
    valid = [form.is_valid() for form in forms]
    if request.method == "POST" and all(valid):
        by: Any = request.user
        settings.daily_since = since_of(settings, at=timezone.now())
        with transaction.atomic():
            options.save(
                row=organisation, changed=[*forms[0].changed_data, *forms[1].changed_data], by=by, at=timezone.now()
            )
            options.save(row=settings, changed=forms[2].changed_data, by=by, at=timezone.now())
        messages.success(request, _("The options are saved."))
        return redirect("bss:system_options")
    facts = {**context, "title": _("System options"), "forms": forms, "sections": sections(forms)}
    return TemplateResponse(request, "bss/options.html", facts, status=200 if request.method == "GET" else 422)


@dataclass(frozen=True, slots=True)
class Section:
    """A card of the page: fields that belong together."""

    heading: str
    explanation: str
    switches: list[BoundField]
    fields: list[BoundField]


def sections(forms: Sequence[StorefrontOptions | OrganisationForm | BillingOptions]) -> list[Section]:
    """The groups of all forms in order, switches before what is typed."""
    cards = []
    for form in forms:
        for heading, explanation, names in form.groups:
            bound = [form[name] for name in names]
            switches = [one for one in bound if isinstance(one.field, BooleanField)]
            fields = [one for one in bound if one not in switches]
            cards.append(Section(str(heading), str(explanation), switches, fields))
    return cards
