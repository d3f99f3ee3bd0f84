"""`manage.py export_documents`: the files of a run with register and checksums (architecture.md §5)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel.errors import DomainError
from invoicing.enums import FINISHED_RUNS
from invoicing.models import BillingRun
from invoicing.selectors.exports import Scope
from invoicing.services import archives


class Command(BaseCommand):
    """Write the documents of a billing run into a folder."""

    help = "Write all files of a billing run, a register (CSV) and checksums into a folder; complete, or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--run", required=True, metavar="ID|latest", help="the id of a run, or latest")
        parser.add_argument("--to", required=True, metavar="DIR", help="the folder; it is made when missing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check that nothing is missing, then write."""
        run = _run(options["run"])
        folder = Path(options["to"])
        try:
            archive = archives.archive_of(Scope(run=run).invoices())
            count = archives.write_folder(archive, folder)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Run {run.public_id}: {len(archive.invoices)} documents, {count} files in {folder}")


def _run(wanted: str) -> BillingRun:
    runs = BillingRun.objects.order_by("-finished_at", "-pk")
    if wanted == "latest":
        found = runs.filter(state__in=FINISHED_RUNS, items__invoices__isnull=False).first()
    else:
        found = runs.filter(public_id=wanted).first() or (
            runs.filter(pk=wanted).first() if wanted.isdecimal() else None
        )
    if found is None:
        msg = f"There is no billing run {wanted}." if wanted != "latest" else "No billing run has issued anything yet."
        raise CommandError(msg)
    return found
