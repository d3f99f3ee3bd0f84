"""Gap-free, chronological numbers: one series per document type and year, a block taken at once, the lock last."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import F

from config.kernel.errors import DomainError
from invoicing.enums import DocumentType
from invoicing.models import BillingSettings, NumberSeries


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
    """Take `count` numbers for documents of one date; return the series and the first number.

    The series' row stays locked until the transaction ends: nobody gets a later number before it commits, and a
    rollback gives the numbers back. Raises SeriesMovedOn when the series holds a later date already.
    """
    series = _series(document_type, on)
    if series.last_date > on:
        raise SeriesMovedOn
    return series, _taken(series, on, count)


def take_from(*, document_type: DocumentType, on: date, count: int) -> tuple[NumberSeries, int, date]:
    """Take numbers dated `on`, or the last date of the series when that is later; return also the date."""
    series = _series(document_type, on)
    dated = max(on, series.last_date)
    return series, _taken(series, dated, count), dated


def _taken(series: NumberSeries, on: date, count: int) -> int:
    first = series.last_number + 1
    series.last_number, series.last_date = series.last_number + count, on
    NumberSeries.objects.filter(pk=series.pk).update(last_number=F("last_number") + count, last_date=on)
    return first


def _series(document_type: DocumentType, on: date) -> NumberSeries:
    """The locked series of the date's year, made when it is the first of its kind."""
    series = _locked(document_type, on.year)
    if series is not None:
        return series
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
    return NumberSeries.objects.select_for_update().get(document_type=document_type, year=on.year)


def _locked(document_type: DocumentType, year: int) -> NumberSeries | None:
    assert connection.in_atomic_block
    return NumberSeries.objects.select_for_update().filter(document_type=document_type, year=year).first()
