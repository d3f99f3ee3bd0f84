"""What the audit trail holds about one object, with the changed fields in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.utils.text import capfirst

from accounts.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it was (None when it was not told) and what it became."""

    label: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One act with its changes."""

    event: AuditEvent
    changes: list[Change]


def events_of(target: Model) -> QuerySet[AuditEvent]:
    """The acts on the object, newest first; a reseller's and an affiliate's include those on its account."""
    about = Q(target_type=target._meta.label_lower, target_id=str(target.pk))
    if target._meta.model_name in {"reseller", "affiliate"}:
        account = target.account_id  # type: ignore[attr-defined]  # both are the one row of an account
        about |= Q(target_type="accounts.account", target_id=str(account))
    return AuditEvent.objects.filter(about).select_related("by").order_by("-at", "-pk")


def row_of(event: AuditEvent) -> Row:
    """The act as the history page prints it."""
    before: Mapping[str, Any] = event.before or {}
    after: Mapping[str, Any] = event.after or {}
    names = dict.fromkeys((*before, *after))
    return Row(
        event,
        [
            Change(
                _label(event.target_type, name), _text(before[name]) if name in before else None, _text(after.get(name))
            )
            for name in names
        ],
    )


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    return "–" if value is None or value == "" else str(value)


def _label(model: str, name: str) -> str:
    try:
        return capfirst(str(getattr(apps.get_model(model)._meta.get_field(name), "verbose_name", name)))
    except (LookupError, FieldDoesNotExist):
        return capfirst(name.replace("_", " "))
