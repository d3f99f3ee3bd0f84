"""`manage.py bill`: one billing run of what is due, previewed and issued (architecture.md §5)."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from config.kernel.errors import DomainError
from invoicing.models import BillingRun
from invoicing.selectors import runs as selectors
from invoicing.selectors.certificates import certificate_of
from invoicing.selectors.due import waiting_for_renewal
from invoicing.selectors.invoices import invoices_of_run
from invoicing.services import billing_runs, run_work
from invoicing.services.issuing import check_seller
from invoicing.services.run_work import Progress

PAUSE_SECONDS = 0.2
PREVIEWS = 3


class Command(BaseCommand):
    """Bill what is due through a date."""

    help = "One billing run of what is due through a date (inclusive), previewed and issued."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--through", required=True, help="bill what is due through this date, e.g. 2026-12-01")
        parser.add_argument("--reseller", metavar="CODE", help="only this reseller, by its account code")
        parser.add_argument("--invoice-date", help="the date on the invoices; the date billed through by default")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--dry-run", action="store_true", help="calculate and print, keep nothing")
        kind.add_argument("--preview", action="store_true", help="stop before issuing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the run, do the workers' part until it is through, print the result."""
        through = _day(options["through"])
        wanted = _day(options["invoice_date"]) if options["invoice_date"] else None
        reseller = _reseller(options["reseller"]) if options["reseller"] else None
        try:
            if not options["dry_run"] and not options["preview"]:
                check_seller()
            if options["dry_run"]:
                with transaction.atomic():
                    facts = _facts(_previewed(through, wanted, reseller))
                    transaction.set_rollback(True)
                facts["run"] = None
            else:
                run = _previewed(through, wanted, reseller)
                facts = _facts(run if options["preview"] else _issued(run))
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(facts, indent=2) if options["json"] else _words(facts))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"{text} is not a date; write it like 2026-12-01."
        raise CommandError(msg) from error


def _reseller(code: str) -> Account:
    found = Account.objects.filter(code=code).first()
    if found is None:
        msg = f"There is no account {code}."
        raise CommandError(msg)
    return found


def _previewed(through: date, invoice_on: date | None, reseller: Account | None) -> BillingRun:
    run = billing_runs.start(through=through, invoice_on=invoice_on, reseller=reseller, by=None, at=timezone.now())
    return _drive(run)


def _issued(run: BillingRun) -> BillingRun:
    """Issue; when orders changed something meanwhile, preview what changed again, a few times."""
    for _turn in range(PREVIEWS):
        run = _drive(billing_runs.issue(run=run, by=None, at=timezone.now()))
        if run.finished_at is not None:
            break
        run = _drive(billing_runs.preview(run=run, by=None, at=timezone.now()))
    return run


def _drive(run: BillingRun) -> BillingRun:
    """Do the next chunk until the stage is over; when workers are on it too, look on and wait."""
    while (progress := run_work.advance(run_id=run.pk, at=timezone.now())) is not Progress.OVER:
        if progress is Progress.BUSY:
            time.sleep(PAUSE_SECONDS)
    run.refresh_from_db()
    return run


def _facts(run: BillingRun) -> dict[str, Any]:
    progress = selectors.progress_of(run)
    totals = selectors.totals_of(run)
    renewals = waiting_for_renewal(on=run.through)
    return {
        "run": run.public_id,
        "state": run.state,
        "through": run.through.isoformat(),
        "invoice_date": run.invoice_on.isoformat(),
        "counts": {
            "accounts": progress.total,
            "invoices": sum(row.documents for row in totals),
            "lines": sum(row.lines for row in totals),
            **progress.by_state,
        },
        "totals": {
            row.currency: {"net": str(row.net.amount), "tax": str(row.tax.amount), "gross": str(row.gross.amount)}
            for row in totals
        },
        "invoices": list(invoices_of_run(run).values_list("number", flat=True)),
        "errors": [
            {"account": item.bill_to.code, "name": item.bill_to.name, "state": item.state, "reason": item.reason}
            for item in selectors.stopped_items(run)
        ],
        "certificate": _certificate(run),
        "warnings": [f"{renewals} services are past their term's end without a renewal and are held."] * bool(renewals),
    }


def _certificate(run: BillingRun) -> dict[str, Any] | None:
    """What a finished run proves; None before it is finished."""
    found = certificate_of(run)
    if found is None:
        return None
    return {"complete": found.is_complete, "sums": found.sums, "unequal": found.unequal, "left": found.left}


def _words(facts: dict[str, Any]) -> str:
    counts = facts["counts"]
    lines = [f"Run {facts['run'] or 'not kept'}: {facts['state']}, billed through {facts['through']}"]
    lines.append(f"{counts['accounts']} accounts, {counts['invoices']} invoices, {counts['lines']} lines")
    for currency, row in facts["totals"].items():
        lines.append(f"{currency}: net {row['net']}, tax {row['tax']}, gross {row['gross']}")
    lines += [", ".join(facts["invoices"])] * bool(facts["invoices"])
    lines += [f"! {row['account']} {row['name']} ({row['state']}): {row['reason']}" for row in facts["errors"]]
    if (certificate := facts["certificate"]) is not None:
        lines.append(
            "Certified: charges = lines = tax table = documents" if not certificate["unequal"] else "! UNEQUAL"
        )
        lines += [f"! left: {row['account']} {row['name']}: {row['reason']}" for row in certificate["left"]]
    lines += [f"! {text}" for text in facts["warnings"]]
    return "\n".join(lines)
