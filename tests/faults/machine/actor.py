"""A person at the machine: orders and bills through the services, looks what is not done yet, and checks all of it.

Speaks JSON lines on standard input and output. Like a person it tries again when the database is away.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 -- Django first
from django.db import InterfaceError, OperationalError, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.enums import AccountKind  # noqa: E402
from config.kernel.models import Outbox  # noqa: E402
from invoicing.models import BillingRun, Charge, Invoice, InvoiceFile, InvoiceItem, NumberSeries  # noqa: E402
from invoicing.services import audits, billing_runs  # noqa: E402
from storefront.models import FulfilmentUnit, Tenant  # noqa: E402
from storefront.partner_center.simulator.remote import Remote  # noqa: E402
from storefront.services import fulfilment  # noqa: E402
from tests.integration.invoicing import cast as billing  # noqa: E402
from tests.integration.storefront import partner_cast  # noqa: E402

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
PATIENCE = 60


class Actor:
    """Everything is written in one transaction each, so that trying again does no harm."""

    def __init__(self) -> None:
        self.cast: partner_cast.Cast | None = None
        self.round = 0

    @transaction.atomic
    def begin(self) -> str:
        """Found the distributor, a reseller who orders, and what it orders."""
        billing.organisation()
        self.cast = partner_cast.Cast()
        return "begun"

    @transaction.atomic
    def work(self) -> str:
        """Order for a new end customer and bill a new reseller: an aggregated and a separate invoice."""
        assert self.cast is not None
        self.round += 1
        now = timezone.now()
        customer = partner_cast.account(f"Customer {self.round}", AccountKind.END_CUSTOMER, self.cast.reseller)
        order = self.cast.order(customer, prefix=f"killed{self.round}x{int(now.timestamp() * 1000)}")
        fulfilment.start(order=order, at=now)
        payer = billing.reseller(f"Reseller {self.round}")
        separate = billing.end_customer("Customer", payer, separate_invoices=True)
        for who in (payer, separate):
            billing.sold(payer, who, 2, on=MARCH)
        billing_runs.start(through=APRIL, reseller=payer, by=None, at=now, auto_issue=True)
        return f"round {self.round}"

    def bill_again(self) -> str:
        """One run of the whole distributor: nothing is left to bill."""
        billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)
        return "asked"

    def left(self) -> dict[str, list[str]]:
        """What the machine has still to do; empty when nothing is."""
        waiting = {
            "units": FulfilmentUnit.objects.exclude(state="active").values_list("state", "reason"),
            "runs": BillingRun.objects.exclude(state="done").values_list("state", flat=True),
            "files": Invoice.objects.filter(files=None).values_list("rendering__state", "rendering__attempts"),
            "bells": Outbox.objects.filter(sent_at=None).values_list("topic", flat=True),
        }
        return {name: [str(row) for row in rows] for name, rows in waiting.items() if rows}

    def found(self) -> dict[str, Any]:
        """What there is now, here and at Microsoft, and what the audits say."""
        ledger = Remote(settings.PARTNER_CENTER_URL).ledger()
        files = InvoiceFile.objects.filter(kind="pdf")
        return {
            "here": [Tenant.objects.count(), *[FulfilmentUnit.objects.count()] * 2],
            "at Microsoft": [len(ledger[kind]) for kind in ("customer", "order", "subscription")],
            "documents": [Invoice.objects.count(), len(files), NumberSeries.objects.get().last_number],
            "lines": [InvoiceItem.objects.count(), Charge.objects.filter(schedule__order_on=MARCH).count()],
            "audits": [str(finding) for finding in audits.run()],
        }


def insist(act: Callable[[], Any]) -> Any:
    """Try again while the database is away."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def main() -> None:
    """Do what each line names, and answer with a line."""
    actor = Actor()
    for line in sys.stdin:
        answer = insist(getattr(actor, json.loads(line)))
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
