"""Runs the invariants of all apps against the live database, as `manage.py audit` and the tests do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from config.kernel.audits import Audit

ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A broken invariant with the rows that break it (at most 50 of them)."""

    code: str
    title: str
    rows: list[dict[str, Any]]


def all_audits() -> list[Audit]:
    """The invariants that the installed apps list in their `audits` modules, by number."""
    found: list[Audit] = []
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.audits") is not None:
            found += getattr(import_module(f"{app.name}.audits"), "AUDITS", [])
    return sorted(found, key=lambda audit: audit.code)


def run(*, only: Sequence[str] = ()) -> list[AuditFinding]:
    """Check every invariant (or the named ones); an empty list means that all of them hold.

    One read-only snapshot, so that a run under way is seen entirely or not at all.
    """
    findings = []
    with transaction.atomic(), connection.cursor() as cursor:
        for audit in all_audits():
            if only and audit.code not in only:
                continue
            cursor.execute(audit.sql)
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(ROWS_SHOWN)]
            if rows:
                findings.append(AuditFinding(audit.code, audit.title, rows))
    return findings
