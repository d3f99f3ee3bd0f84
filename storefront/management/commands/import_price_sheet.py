"""Import Microsoft's licence price sheet (architecture §5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from storefront.services import price_sheets
from storefront.services.price_sheets import COUNTED, SheetReport

SHOWN = 20


class Command(BaseCommand):
    """`manage.py import_price_sheet FILE [--dry-run] [--json]`; exit status 1 when the sheet is refused."""

    help = "Import Microsoft's licence price sheet: all of it, or nothing when a row cannot be trusted."

    def add_arguments(self, parser: CommandParser) -> None:
        """One file, and how to treat it."""
        parser.add_argument("file", help="the CSV file as Partner Center delivers it")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--accept-removals", action="store_true", help="apply even if most offers of a market disappear"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report."""
        path = Path(options["file"])
        at = timezone.now()
        accept = options["accept_removals"]
        try:
            with path.open("rb") as stream:
                if options["dry_run"]:
                    report = price_sheets.examine(stream=stream, name=path.name, at=at, accept_removals=accept)
                else:
                    report, _row = price_sheets.import_file(
                        stream=stream, name=path.name, by=None, at=at, accept_removals=accept
                    )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        applied = not options["dry_run"] and not report.errors
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(applied=applied), ensure_ascii=False, indent=2))
        else:
            self._tell(report, applied=applied)
        if report.errors:
            raise SystemExit(1)

    def _tell(self, report: SheetReport, *, applied: bool) -> None:
        counts = ", ".join(f"{report.counts.get(change.value, 0)} {change.value}" for change in COUNTED)
        self.stdout.write(f"{report.name}: {report.rows} rows for {report.month:%B %Y}: {counts}")
        for kind, issues in (("error", report.errors), ("warning", report.warnings)):
            for issue in issues[:SHOWN]:
                place = f"line {issue.line}" if issue.line else "file"
                column = f", {issue.column}" if issue.column else ""
                value = f" ({issue.value})" if issue.value else ""
                self.stdout.write(f"{kind}: {place}{column}: {issue.message}{value}")
            if len(issues) > SHOWN:
                self.stdout.write(f"… and {len(issues) - SHOWN} more {kind}s (--json lists them)")
        self.stdout.write("Applied." if applied else "Not applied: nothing was changed.")
