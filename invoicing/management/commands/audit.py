"""`manage.py audit`: all invariants against the live database; exit status 1 and the rows if one is broken."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from invoicing.services import audits


class Command(BaseCommand):
    """Check the invariants."""

    help = "Checks all invariants against the database; exit status 1 with the offending rows if one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the audits and print what they found."""
        checked = audits.all_audits()
        broken = audits.run()
        if options["json"]:
            facts = {"ok": not broken, "checked": [one.code for one in checked], "broken": list(map(asdict, broken))}
            self.stdout.write(json.dumps(facts, default=str, indent=2))
        else:
            for one in broken:
                self.stdout.write(self.style.ERROR(f"{one.code}  {one.title}"))
                for row in one.rows:
                    self.stdout.write("      " + "  ".join(f"{name}={value}" for name, value in row.items()))
            self.stdout.write(f"{len(checked) - len(broken)} of {len(checked)} invariants hold.")
        if broken:
            sys.exit(1)
