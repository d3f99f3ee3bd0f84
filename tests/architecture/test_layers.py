"""An app stands only on what is below it: in its imports, and in its foreign keys."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from django.apps import apps
from django.db import models

from tests.architecture.source import LAYERS, ROOT


def layer(model: type[models.Model]) -> int:
    """How high the model's app is; Django's own and third-party tables are below everything."""
    label = model._meta.app_label
    return LAYERS.index(label) if label in LAYERS else -1


def upward_relations(found: list[type[models.Model]]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name} points up to {field.related_model._meta.label}"
        for model in found
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if isinstance(field.related_model, type) and layer(field.related_model) > layer(model) >= 0
    ]


def test_foreign_keys_never_point_up() -> None:
    assert upward_relations(apps.get_models(include_auto_created=True)) == []


def test_the_check_sees_a_key_that_points_up() -> None:
    account, reseller = apps.get_model("accounts.Account"), apps.get_model("resellers.Reseller")

    assert layer(account) < layer(reseller)
    assert any(field.related_model is account for field in reseller._meta.local_fields)


def test_import_contracts_hold() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None

    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
