"""Gap-free, chronological numbers: one series per document type and year, a block taken at once, the lock last."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import connection

from config.kernel.errors import DomainError
from invoicing.enums import DocumentType
from invoicing.models import BillingSettings, NumberSeries

TAKE: Final = """
    UPDATE invoicing_numberseries SET last_number = last_number + %s, last_date = %s
    WHERE document_type = %s AND year = %s AND last_date <= %s RETURNING *
"""


class SeriesMovedOn(DomainError):
    """Another transaction numbered a later date meanwhile; the caller starts again with that date."""

    user_message = "The series has moved on to a later date; try again."


def key_of(document_type: DocumentType, year: int, settings: BillingSettings) -> str:
    """The key of a series, e.g. INV-2026."""
    prefix = settings.credit_prefix if document_type is DocumentType.CREDIT else settings.invoice_prefix
    return f"{prefix}-{year}"


def date_for(document_type: DocumentType, wanted: date) -> date:
    """The invoice date that numbers allow: the wanted one, never before the last of its year's series."""
    last = NumberSeries.objects.filter(document_type=document_type, year=wanted.year).values_list(
        "last_date", flat=True
    )
    return max([wanted, *last])


def take(*, document_type: DocumentType, on: date, count: int) -> tuple[NumberSeries, int]:
    """Take `count` numbers for documents of one date by one UPDATE; return the series and the first number.

    The series' row stays locked until the transaction ends: nobody gets a later number before it commits, and a
    rollback gives the numbers back. Raises SeriesMovedOn when the series holds a later date already.
    """
    series = _taken(document_type, on, count)
    if series is None:
        _ensure_series(document_type, on)
        series = _taken(document_type, on, count)
    if series is None:
        raise SeriesMovedOn
    return series, series.last_number - count + 1


def take_from(*, document_type: DocumentType, on: date, count: int) -> tuple[NumberSeries, int, date]:
    """Take numbers dated `on`, or the last date of the series when that is later; return also the date."""
    try:
        return *take(document_type=document_type, on=on, count=count), on
    except SeriesMovedOn:
        locked = NumberSeries.objects.select_for_update().get(document_type=document_type, year=on.year)
        return *take(document_type=document_type, on=locked.last_date, count=count), locked.last_date


def _taken(document_type: DocumentType, on: date, count: int) -> NumberSeries | None:
    """The series, moved on and locked; None when there is none yet or it holds a later date."""
    assert connection.in_atomic_block
    return next(iter(NumberSeries.objects.raw(TAKE, [count, on, str(document_type), on.year, on])), None)


def _ensure_series(document_type: DocumentType, on: date) -> None:
    """Make the series of the date's year unless it is there."""
    settings = BillingSettings.get()
    NumberSeries.objects.bulk_create(
        [
            NumberSeries(
                key=key_of(document_type, on.year, settings),
                document_type=document_type,
                year=on.year,
                prefix=settings.credit_prefix if document_type is DocumentType.CREDIT else settings.invoice_prefix,
                width=settings.number_width,
                last_date=on,
            )
        ],
        ignore_conflicts=True,
    )
