"""Static files as servers get them: hashed names, every reference resolved."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management import call_command

MANIFEST = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


def test_every_reference_between_static_files_resolves(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": MANIFEST}}

    call_command("collectstatic", interactive=False, verbosity=0)

    manifest = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert {"admin/css/base.css", "admin/js/core.js"} <= set(manifest)
    assert [name for name in manifest.values() if not (tmp_path / name).exists()] == []
