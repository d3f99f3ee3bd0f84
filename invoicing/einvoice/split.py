"""The split of an invoice as CSV: one row per line, with the stable ids of whom and what it is for.

Dates are ISO 8601 and both count, numbers have a point, amounts are in the currency of the row. Texts that a
spreadsheet would take for a formula are marked (reliability.md S17).
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import Final

from config.kernel.spreadsheets import safe_text
from invoicing.einvoice import terms
from invoicing.einvoice.markup import clean
from invoicing.rendering.document import Beneficiary, InvoiceDocument, Line

FILE_NAME: Final = "split.csv"
HEADER: Final = (
    *("number", "position", "beneficiary", "beneficiary_name", "purchase_mode", "tenant", "partner_id"),
    *("subscription", "order", "sku", "product", "period_from", "period_to", "quantity", "unit_price"),
    *("factor_part", "factor_whole", "factor_unit", "currency", "net", "tax_category", "tax_rate"),
)


def serialise(document: InvoiceDocument) -> bytes:
    """The split in UTF-8; the same document gives the same bytes."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for beneficiary, line in terms.lines(document):
        writer.writerow(_row(document.number, beneficiary, line))
    return out.getvalue().encode()


def _row(number: str, beneficiary: Beneficiary, line: Line) -> list[str]:
    texts = (
        *(beneficiary.code, beneficiary.name, beneficiary.mode, line.tenant_domain or beneficiary.tenant_domain),
        *(line.partner_id or beneficiary.partner_id, line.service_reference, line.order_reference),
        *(line.sku, line.product),
    )
    days = (line.period.start.isoformat(), line.period.last_day.isoformat()) if line.period else ("", "")
    return [
        *(safe_text(clean(number)), str(line.position), *(safe_text(clean(text)) for text in texts), *days),
        *(terms.number(line.quantity), terms.number(line.unit_price)),
        *(str(line.factor.part), str(line.factor.whole), line.factor.unit, line.net.currency),
        *(terms.amount(line.net.amount), line.tax_category, terms.number(line.tax_rate)),
    ]
