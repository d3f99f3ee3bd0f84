"""Writing credit invoices: rows in the table of invoices with their own number series, in a few statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import structlog
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.models import Account, AuditEvent, Organisation, User
from accounts.services import audit
from config.kernel.public_ids import new_public_id
from invoicing.enums import DocumentType
from invoicing.models import BillingRun, Invoice, InvoiceTax, RunItem
from invoicing.selectors.calculation import Calculation
from invoicing.selectors.credits import CreditDraft
from invoicing.services import bulk, document_rows, documents, numbering, settling, snapshots

log = structlog.get_logger(__name__)
COPIED = (
    *("beneficiary_code", "beneficiary_name", "mode", "tenant_domain", "partner_id", "product_name", "sku"),
    *("service_reference", "order_reference", "price_source"),
)


def issue(
    *,
    drafts: Sequence[CreditDraft],
    on: date,
    by: User | None,
    at: datetime,
    run_items: Mapping[int, int] | None = None,
) -> list[Invoice]:
    """Issue these credit invoices in their order, dated `on` or the last date of their series, and settle with them.

    A credit is never dated before the invoice it corrects (reliability.md I14). `run_items` are the items of the run
    that issues them, by bill-to. The caller holds the locks on the bill-tos; the number series is locked last.
    """
    if not drafts:
        return []
    wanted = max([on, *(draft.corrects.issued_on for draft in drafts)])
    ids = bulk.take_ids({Invoice: len(drafts)})[Invoice]
    series, first, dated = numbering.take_from(document_type=DocumentType.CREDIT, on=wanted, count=len(drafts))
    numbers = {pk: (series.pk, sequence, series.text_of(sequence)) for sequence, pk in enumerate(ids, start=first)}
    named = list(zip(ids, drafts, strict=True))
    seller = Organisation.get()
    document_rows.write(
        invoices=_invoice_rows(named, numbers, run_items or {}, dated, seller=seller, by=by),
        taxes=_tax_rows(named),
        items=_item_rows(named),
        seller=seller,
        at=at,
    )
    documents.ring_for(invoice_ids=ids)
    made = list(Invoice.objects.filter(pk__in=ids).select_related("bill_to", "corrects").order_by("sequence"))
    settling.settle_credits(made, by=by, at=at)
    audit.record_all(_event(credit, by=by, at=at) for credit in made)
    for credit in made:
        log.info("credit_invoice.issued", invoice=credit.number, bill_to=credit.bill_to_id, total=str(credit.total))
    return made


def issue_run_credits(
    *, run: BillingRun, work: Sequence[tuple[RunItem, Calculation]], on: date, at: datetime
) -> list[Invoice]:
    """Issue the credit invoices of these run items: the refunds of charges that earlier invoices carry."""
    drafts = [draft for _item, calculation in work for draft in calculation.credits]
    items = {item.bill_to_id: item.pk for item, _calculation in work}
    return issue(drafts=drafts, on=on, by=run.issue_asked_by, at=at, run_items=items)


def _event(credit: Invoice, *, by: User | None, at: datetime) -> AuditEvent:
    return audit.entry(
        "credit.issued",
        target=credit,
        account=credit.bill_to,
        by=by,
        at=at,
        reason=credit.reason,
        after={"corrects": credit.corrects.number if credit.corrects else "", "gross": str(credit.gross)},
    )


Named = Sequence[tuple[int, CreditDraft]]


def _invoice_rows(
    named: Named,
    numbers: Mapping[int, tuple[int, int, str]],
    run_items: Mapping[int, int],
    on: date,
    *,
    seller: Organisation,
    by: User | None,
) -> Iterator[Sequence[Any]]:
    payers = Account.objects.in_bulk({draft.corrects.bill_to_id for _pk, draft in named})
    notes = _notes(named)
    for pk, draft in named:
        was, totals = draft.corrects, draft.totals
        series, sequence, number = numbers[pk]
        payer = payers[was.bill_to_id]
        payment = snapshots.payment(seller, reference=f"{payer.code} {number}", method="", days=None)
        yield (
            *(pk, new_public_id(), number, series, sequence, DocumentType.CREDIT, was.bill_to_id),
            *(was.beneficiary_id, run_items.get(was.bill_to_id), was.order_reference, on, on, was.currency),
            *(totals.net, totals.tax, totals.gross, was.buyer, payment, payer.language),
            *(notes.get(pk, ""), "", by.pk if by else None, was.pk, draft.reason[:500]),
        )


def _tax_notes(named: Named) -> dict[tuple[int, str, object], str]:
    """The notes of the corrected invoices by tax row: a credit is taxed as they are, with the same words."""
    rows = InvoiceTax.objects.filter(invoice__in={draft.corrects.pk for _pk, draft in named}).exclude(note="")
    return {(row.invoice_id, row.category, row.rate): row.note for row in rows}


def _notes(named: Named) -> dict[int, str]:
    notes = _tax_notes(named)
    return {
        pk: "\n".join(
            sorted(
                {
                    note
                    for row in draft.totals.subtotals
                    if (note := notes.get((draft.corrects.pk, row.category, row.rate), ""))
                }
            )
        )
        for pk, draft in named
    }


def _item_rows(named: Named) -> Iterator[Sequence[Any]]:
    for pk, draft in named:
        for position, part in enumerate(draft.parts, start=1):
            item = draft.items[part.item_id]
            yield (
                *(pk, position, item.bill_to_id, item.beneficiary_id, part.charge_id, item.pk),
                *(getattr(item, name) for name in COPIED),
                *(str(part.kind), DateRange(part.period.start, part.period.end), part.quantity, part.unit_price),
                *(*part.counted, part.net, part.category, part.rate, item.currency),
            )


def _tax_rows(named: Named) -> Iterator[Sequence[Any]]:
    notes = _tax_notes(named)
    for pk, draft in named:
        for row in draft.totals.subtotals:
            note = notes.get((draft.corrects.pk, row.category, row.rate), "")
            yield pk, row.category, row.rate, row.base, row.tax, note
