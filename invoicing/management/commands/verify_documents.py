"""`manage.py verify_documents`: renders a sample of documents again and compares; exit status 1 on a difference."""

from __future__ import annotations

import json
import secrets
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invoicing.models import BillingRun
from invoicing.services import verification


class Command(BaseCommand):
    """Compare stored files with their hashes and with what would be made today."""

    help = (
        "Reads the files of a sample of invoices, compares them with their hashes and the database, renders them "
        "again and compares the bytes. Exit status 1 with the differences if there is one. Files that another "
        "version of the renderer made are named; their bytes cannot be compared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--sample", type=int, default=20, metavar="N", help="how many documents (default: 20)")
        parser.add_argument("--all", action="store_true", help="every document that has a file")
        parser.add_argument("--run", metavar="ID", help="only documents of this billing run (public id, or latest)")
        parser.add_argument("--number", action="append", default=[], help="only this document; may be repeated")
        parser.add_argument("--seed", type=int, help="draw the same sample as an earlier call")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw the sample, compare, print."""
        seed = secrets.randbelow(10**6) if options["seed"] is None else options["seed"]
        ids = verification.sample(
            size=None if options["all"] else options["sample"],
            seed=seed,
            run=_run(options["run"]),
            numbers=options["number"],
        )
        found = list(verification.differences(invoice_ids=ids))
        faults = [one for one in found if one.is_fault]
        if options["json"]:
            facts = {"ok": not faults, "checked": len(ids), "seed": seed, "differences": list(map(asdict, found))}
            self.stdout.write(json.dumps(facts, indent=2))
        else:
            for one in found:
                style = self.style.ERROR if one.is_fault else self.style.WARNING
                self.stdout.write(style(f"{one.number}  {one.what}: {one.detail}"))
            self.stdout.write(f"{len(ids)} documents checked (seed {seed}), {len(faults)} differences.")
        if faults:
            sys.exit(1)


def _run(wanted: str | None) -> BillingRun | None:
    if wanted is None:
        return None
    runs = BillingRun.objects.order_by("-pk")
    run = runs.first() if wanted == "latest" else runs.filter(public_id=wanted).first()
    if run is None:
        raise CommandError(f"There is no billing run {wanted}.")
    return run
