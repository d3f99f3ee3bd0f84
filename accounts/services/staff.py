"""The distributor's own people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import StaffRole
from accounts.models import User
from accounts.services import audit, emails
from config.kernel.errors import DomainError


class LastStaffAdmin(DomainError):
    """Somebody has to be able to manage BSS."""

    user_message = _("This is the last active member of the group Admin. Make somebody else an admin first.")
    field = "groups"


@transaction.atomic
def save(
    *,
    user: User | None,
    email: str,
    name: str,
    is_active: bool,
    groups: Sequence[Group],
    by: User | None,
    at: datetime,
) -> User:
    """Create or change a member of staff. A new one asks for a password by *Forgot password?*.

    Raises EmailTaken, LastStaffAdmin.
    """
    email = email.strip().lower()
    if emails.is_taken(email, user=user):
        raise emails.EmailTaken
    name = names.clean_text(name)
    chosen = sorted(group.name for group in groups)
    if user is None:
        user = User.objects.create_user(email, None, name=name, is_staff=True, is_active=is_active)
        before: dict[str, Any] | None = None
    else:
        before = {"groups": sorted(user.groups.values_list("name", flat=True)), "active": user.is_active}
        stays = is_active and StaffRole.ADMIN.value in chosen
        others = User.objects.filter(is_staff=True, is_active=True, groups__name=StaffRole.ADMIN.value)
        if StaffRole.ADMIN.value in before["groups"] and not stays and not others.exclude(pk=user.pk).exists():
            raise LastStaffAdmin
        user = emails.change(user=user, email=email, by=by, at=at)
        user.name, user.is_active = name, is_active
        user.save()
    user.groups.set(groups)
    audit.record("staff.saved", target=user, by=by, at=at, before=before, after={"groups": chosen, "active": is_active})
    return user
