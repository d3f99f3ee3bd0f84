"""Writing what a chunk of run items makes: charges, invoices and all that hangs on them, in a few statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy

from accounts.models import Account, Organisation
from config.kernel.errors import DomainError
from config.kernel.public_ids import new_public_id
from invoicing.drafting import Draft, DueLine
from invoicing.enums import DocumentType
from invoicing.models import Charge, Invoice, NumberSeries, RunItem
from invoicing.rating import next_invoice_on
from invoicing.selectors.calculation import Calculation
from invoicing.selectors.chunks import Frame
from invoicing.selectors.due import Dues
from invoicing.services import bulk, document_rows, numbering, snapshots

NEEDED = ("legal_name", "address_line1", "city", "postcode", "country", "vat_number", "iban", "register_entry", "email")
CHARGE_FIELDS = (
    *("id", "public_id", "bill_to", "beneficiary", "schedule", "change", "kind", "period", "quantity", "unit_price"),
    *("factor_numerator", "factor_denominator", "net", "currency", "invoice_on", "text", "cut_at", "cut_by"),
)
MOVE_CURSORS = """
    UPDATE invoicing_billingschedule s SET charged_through = v.through, next_invoice_on = v.next
    FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS v(id, through, next) WHERE s.id = v.id
"""


class OrganisationIncomplete(DomainError):
    """An invoice needs the distributor's own legal data first (product.md M10)."""

    user_message = gettext_lazy("Complete the organisation first: %(missing)s.")


@dataclass(frozen=True, slots=True)
class _Document:
    """One draft on its way into the tables."""

    id: int
    draft: Draft
    item: RunItem
    payer: Account


def missing_of_seller(organisation: Organisation | None) -> list[str]:
    """What of the distributor's own data an invoice still needs, in words (product.md M10)."""
    missing = [name for name in NEEDED if not getattr(organisation, name, None)]
    return [str(Organisation._meta.get_field(name).verbose_name) for name in missing]  # type: ignore[union-attr]


def check_seller() -> None:
    """Raise OrganisationIncomplete unless the seller's data on an invoice would be complete."""
    missing = missing_of_seller(Organisation.objects.filter(pk=1).first())
    if missing:
        raise OrganisationIncomplete(missing=", ".join(missing))


def issue_documents(
    *, frame: Frame, dues: Dues, work: Sequence[tuple[RunItem, Calculation]], at: datetime
) -> list[int]:
    """Issue the documents of these items, dated as the frame says, and return the invoices' ids in number order.

    The caller holds the locks of the run, the items and the bill-tos, and rings for the renderings; the number series
    is locked last. Five statements, whatever the number of lines. Raises SeriesMovedOn, and nothing is kept then.
    """
    drafts = [(item, calculation, draft) for item, calculation in work for draft in calculation.drafts]
    fresh = [line for _item, calculation in work for line in calculation.lines if line.charge_id is None]
    if not drafts:
        return []
    moving = (MOVE_CURSORS, _cursors(dues, fresh))
    ids = bulk.take_ids({Charge: len(fresh), Invoice: len(drafts)}, while_doing=moving)
    charge_ids = {id(line): number for line, number in zip(fresh, ids[Charge], strict=True)}
    documents = [
        _Document(number, draft, item, calculation.payer)
        for number, (item, calculation, draft) in zip(ids[Invoice], drafts, strict=True)
    ]
    bulk.copy_rows(Charge, CHARGE_FIELDS, _charge_rows(documents, charge_ids, at))
    series, first = numbering.take(document_type=DocumentType.DEBIT, on=frame.on, count=len(documents))
    numbers = {document.id: first + place for place, document in enumerate(documents)}
    document_rows.write(
        invoices=_invoice_rows(frame, documents, series, numbers),
        taxes=_tax_rows(documents),
        items=_item_rows(dues, documents, charge_ids),
        seller=frame.seller,
        at=at,
    )
    return [document.id for document in documents]


def _charge_rows(documents: Sequence[_Document], charge_ids: dict[int, int], at: datetime) -> Iterator[Sequence[Any]]:
    for document in documents:
        for line in document.draft.lines:
            if line.charge_id is None:
                yield (
                    *(charge_ids[id(line)], new_public_id(), document.payer.pk, line.beneficiary.id),
                    *(line.schedule_id, line.change_id, *_amounts(line), line.currency),
                    *(line.rated.invoice_on, "", at, None),
                )


def _amounts(line: DueLine) -> tuple[Any, ...]:
    rated = line.rated
    return (
        *(str(rated.kind), DateRange(rated.period.start, rated.period.end), rated.quantity, rated.unit_price),
        *(*rated.printed, rated.net),
    )


def _cursors(dues: Dues, fresh: Sequence[DueLine]) -> list[list[Any]]:
    """What is to be remembered on each schedule: its id, until when it is charged, and when it is due again."""
    through: dict[int, date] = {}
    for line in fresh:
        if line.schedule_id is not None:
            through[line.schedule_id] = max(line.rated.period.end, through.get(line.schedule_id, date.min))
    charged = [row for rows in dues.schedules.values() for row in rows if row.pk in through]
    upcoming = [next_invoice_on(row.terms, through[row.pk]) for row in charged]
    return [[row.pk for row in charged], [through[row.pk] for row in charged], upcoming]


def _invoice_rows(
    frame: Frame, documents: Sequence[_Document], series: NumberSeries, numbers: dict[int, int]
) -> Iterator[Sequence[Any]]:
    for document in documents:
        draft, payer = document.draft, document.payer
        alone, sequence = draft.group.separate_for, numbers[document.id]
        number = series.text_of(sequence)
        notes = sorted({line.treatment.note for line in draft.lines if line.treatment.note})
        orders = {line.texts.order_reference for line in draft.lines}
        due_on = frame.on + timedelta(days=payer.reseller.payment_days)
        yield (
            *(document.id, new_public_id(), number, series.pk, sequence, DocumentType.DEBIT, payer.pk),
            *(alone.id if alone else None, document.item.pk, orders.pop() if len(orders) == 1 else ""),
            *(frame.on, due_on, draft.group.key.currency, draft.totals.net, draft.totals.tax, draft.totals.gross),
            *(snapshots.buyer(payer), _payment(frame.seller, payer, number), payer.language, "\n".join(notes)),
            *(",".join(draft.split_by), frame.run.issue_asked_by_id, None, ""),
        )


def _payment(organisation: Organisation, payer: Account, number: str) -> dict[str, object]:
    settings = payer.reseller
    return snapshots.payment(
        organisation,
        reference=f"{payer.code} {number}",
        method=settings.get_payment_method_display(),
        days=settings.payment_days,
    )


def _item_rows(dues: Dues, documents: Sequence[_Document], charge_ids: dict[int, int]) -> Iterator[Sequence[Any]]:
    for document in documents:
        for position, line in enumerate(document.draft.lines, start=1):
            texts = line.texts
            yield (
                *(document.id, position, document.payer.pk, line.beneficiary.id),
                *(line.charge_id or charge_ids[id(line)], None, dues.accounts[line.beneficiary.id].code),
                *(line.beneficiary.name, texts.mode, texts.tenant_domain, texts.partner_id, texts.product_name),
                *(texts.sku, texts.service_reference, texts.order_reference, texts.price_source),
                *(*_amounts(line), line.treatment.category, line.treatment.rate, line.currency),
            )


def _tax_rows(documents: Sequence[_Document]) -> Iterator[Sequence[Any]]:
    for document in documents:
        notes = {(line.treatment.category, line.treatment.rate): line.treatment.note for line in document.draft.lines}
        for row in document.draft.totals.subtotals:
            yield document.id, row.category, row.rate, row.base, row.tax, notes[row.category, row.rate]
