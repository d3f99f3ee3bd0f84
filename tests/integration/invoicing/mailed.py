"""Issued documents with stored files, as the renderer leaves them, ready to be mailed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import Account
from invoicing.models import Delivery, Invoice, InvoiceFile
from invoicing.services import deliveries
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON
from tests.integration.invoicing.runs import APRIL

ADDRESS = "bills@rhodes.example"


def payer(name: str = "Rhodes IT", *, email: str = ADDRESS, **more: object) -> Account:
    """A reseller with one separately invoiced end customer and one service of its own."""
    cast.organisation()
    if not cast.TaxRule.objects.exists():
        cast.vat()
    return cast.reseller(name, account_facts={"email": email, **more})


def billed(bill_to: Account, separate: int = 1) -> list[Invoice]:
    """The documents of a run: one of its own use, and one for each separately invoiced customer."""
    cast.sold(bill_to, bill_to, 2, on=APRIL)
    for number in range(separate):
        customer = cast.end_customer(f"Acme {number}", bill_to, separate_invoices=True)
        cast.sold(bill_to, customer, 3, on=APRIL)
    run = cast.bill(APRIL)
    return list(Invoice.objects.filter(run_item__run=run, bill_to=bill_to).order_by("number"))


def stored(invoice: Invoice, data: bytes = b"%PDF-1.7 a file") -> InvoiceFile:
    """Its file, as the renderer stores it."""
    name = default_storage.save(f"invoices/{invoice.public_id}/{invoice.number}.pdf", ContentFile(data))
    facts = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "made_at": NOON}
    return InvoiceFile.objects.create(invoice=invoice, kind="pdf", file=name, **facts)


def ready(invoices: Iterable[Invoice]) -> None:
    """Their files are stored one after the other, and each rings."""
    for invoice in invoices:
        with transaction.atomic():
            stored(invoice, f"%PDF-1.7 {invoice.number}".encode())
            deliveries.queue(invoice_id=invoice.pk, at=NOON)


def mailed(invoices: Iterable[Invoice]) -> list[Delivery]:
    """What the workers do with them: each is asked for, whatever the others have done."""
    made = [deliveries.deliver(invoice_id=invoice.pk, at=NOON) for invoice in invoices]
    return [delivery for delivery in made if delivery]
