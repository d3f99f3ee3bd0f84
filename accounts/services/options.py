"""The one-row settings of the product, saved with their audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from accounts.models import User
from accounts.services import audit


@transaction.atomic
def save(*, row: Model, changed: Sequence[str], by: User | None, at: datetime) -> None:
    """Save a settings row and write down what changed. Defaults changed here never rewrite existing accounts (M2)."""
    stored = type(row)._default_manager.filter(pk=row.pk).first()
    row.save()
    if changed or stored is None:
        audit.record(
            "options.saved",
            target=row,
            by=by,
            at=at,
            before={name: str(getattr(stored, name)) for name in changed} if stored else None,
            after={name: str(getattr(row, name)) for name in changed},
        )
