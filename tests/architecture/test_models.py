"""What every table must have, read from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.db.models import CheckConstraint, Q
from django_countries.fields import CountryField

from tests.architecture.source import LAYERS

OURS = [model for model in apps.get_models() if model._meta.app_label in LAYERS and model._meta.managed]


SYSTEM_ACTS = {
    "storefront.Order.executed_at": "an order within its credit is executed without a person",
    "invoicing.BillingRun.issue_asked_at": "scheduled runs and the command have no person",
}


def mentioned(node: object) -> set[str]:
    """The fields that a condition asks about."""
    if isinstance(node, Q):
        return {name for child in node.children for name in mentioned(child)}
    if isinstance(node, tuple):
        return {str(node[0]).partition("__")[0]}
    return set()


def is_person(field: models.Field | None) -> bool:
    return field is not None and field.null and getattr(field.related_model, "__name__", "") == "User"


def evidence_pairs() -> Iterator[tuple[type[models.Model], str, str]]:
    """Each nullable `x_at` with a nullable `x_by`: a fact that may not have happened yet, and who did it."""
    for model in OURS:
        fields = {field.name: field for field in model._meta.local_fields}
        for name, field in fields.items():
            partner = f"{name.removesuffix('_at')}_by"
            if (
                f"{model._meta.label}.{name}" not in SYSTEM_ACTS
                and name.endswith("_at")
                and field.null
                and is_person(fields.get(partner))
            ):
                yield model, name, partner


@pytest.mark.parametrize(("model", "moment", "person"), list(evidence_pairs()), ids=str)
def test_moment_and_person_are_bound_by_a_constraint(model: type[models.Model], moment: str, person: str) -> None:
    bound = [
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) and {moment, person} <= mentioned(constraint.condition)
    ]

    assert bound, f"{model._meta.label}: nothing holds {moment} and {person} together"


def is_history(model: type[models.Model]) -> bool:
    """Whether the rows are pghistory's copies of rows that were guarded when they were written."""
    return hasattr(model, "pgh_id")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_lists_say_their_order_themselves(model: type[models.Model]) -> None:
    assert list(model._meta.ordering) == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_states_and_kinds_are_guarded_by_the_database(model: type[models.Model]) -> None:
    guarded = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
        for name in mentioned(constraint.condition)
    }
    columns = {
        field.name
        for field in model._meta.local_fields
        if field.choices and not isinstance(field, CountryField) and not is_history(model)
    }

    assert columns - guarded == set()


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    out = StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=out)

    assert "No changes detected" in out.getvalue()
