"""The five staff groups and their permissions, written anew after every migration."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as ModelPermission

from accounts.enums import StaffRole

APPS = ("accounts", "resellers", "affiliates", "invoicing", "storefront")


def wanted(app: str) -> dict[StaffRole, dict[str, str]]:
    """What the app's `permissions.STAFF` grants: group -> model name or "*" -> words; a word may be any codename."""
    if find_spec(f"{app}.permissions") is None:
        return {}
    found: dict[StaffRole, dict[str, str]] = getattr(import_module(f"{app}.permissions"), "STAFF", {})
    return found


def codenames(grants: dict[str, str], permissions: Iterable[ModelPermission]) -> set[int]:
    """The ids of the app's permissions among these that the grants name; a model's own line replaces the "*" line."""
    chosen: set[int] = set()
    for permission in permissions:
        model = permission.content_type.model
        words = grants.get(model, grants.get("*", "")).split()
        act = permission.codename.removesuffix(f"_{model}")
        if act in words or permission.codename in words:
            chosen.add(permission.pk)
    return chosen


def sync() -> None:
    """Make the groups carry exactly what the apps' `permissions.py` say. Runs again without effect."""
    by_app: dict[str, list[ModelPermission]] = {app: [] for app in APPS}
    rows = ModelPermission.objects.filter(content_type__app_label__in=APPS).select_related("content_type")
    for permission in rows:
        by_app[permission.content_type.app_label].append(permission)
    for role in StaffRole:
        group, _created = Group.objects.get_or_create(name=role.value)
        ids: set[int] = set()
        for app, permissions in by_app.items():
            grants = wanted(app).get(role) or ({"*": "view add change"} if role is StaffRole.ADMIN else {})
            ids |= codenames(grants, permissions)
        group.permissions.set(ids)
