"""Short names for check constraints that many tables share."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q


def known_values(name: str, field: str, choices: type[models.TextChoices]) -> CheckConstraint:
    """The column holds a value of the enum."""
    return CheckConstraint(name=name, condition=Q(**{f"{field}__in": sorted(choices.values)}))


def both_or_neither(name: str, first: str, second: str) -> CheckConstraint:
    """A fact and its evidence: both columns are set, or none."""
    return CheckConstraint(
        name=name,
        condition=Q(**{f"{first}__isnull": True, f"{second}__isnull": True})
        | Q(**{f"{first}__isnull": False, f"{second}__isnull": False}),
    )


def not_negative(name: str, field: str) -> CheckConstraint:
    """The number is zero or more (or unknown)."""
    return CheckConstraint(name=name, condition=Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0}))
