"""The register of a number series as CSV: one row a number, in order, written while it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from config.kernel.spreadsheets import safe_text
from invoicing.models import NumberSeries
from invoicing.selectors.registers import register_of

HEAD = ("number", "date", "type", "account", "name", "about", "corrects", "currency", "net", "tax", "gross")
CHUNK = 2000


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def lines(series: NumberSeries) -> Iterator[str]:
    """The lines of the file; amounts with a point, dates in ISO form, names made harmless for spreadsheets."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(HEAD)
    for row in register_of(series).iterator(chunk_size=CHUNK):
        yield writer.writerow(
            [
                *(row.number, row.issued_on.isoformat(), row.document_type),
                *(row.bill_to.code, safe_text(row.buyer.get("name", row.bill_to.name))),
                safe_text(row.beneficiary.name if row.beneficiary else ""),
                row.corrects.number if row.corrects else "",
                *(row.currency, row.net, row.tax, row.gross),
            ]
        )
