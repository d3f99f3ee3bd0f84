"""The register of a number series as CSV: one row a number, in order, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.kernel.spreadsheets import Cell, Table, csv_lines
from invoicing.models import NumberSeries
from invoicing.selectors.registers import register_of

HEAD = ("number", "date", "type", "account", "name", "about", "corrects", "currency", "net", "tax", "gross")
CHUNK = 2000


def lines(series: NumberSeries) -> Iterator[str]:
    """The lines of the file; amounts with a point, dates in ISO form, names made harmless for spreadsheets."""
    return csv_lines(Table("register", HEAD, _rows(series)))


def _rows(series: NumberSeries) -> Iterator[Sequence[Cell]]:
    for row in register_of(series).iterator(chunk_size=CHUNK):
        yield (
            *(row.number, row.issued_on, row.document_type, row.bill_to.code),
            *(row.buyer.get("name", row.bill_to.name), row.beneficiary.name if row.beneficiary else None),
            *(row.corrects.number if row.corrects else None, row.currency, row.net, row.tax, row.gross),
        )
