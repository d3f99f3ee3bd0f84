"""Reads back what an e-invoice says, line by line in constant memory: for the check before it is released."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import iterparse

ONCE: Final = {
    ("ExchangedDocument", "ID"): "number",
    ("ExchangedDocument", "TypeCode"): "kind",
    ("ApplicableHeaderTradeSettlement", "InvoiceCurrencyCode"): "currency",
    ("SpecifiedTradeSettlementHeaderMonetarySummation", "TaxBasisTotalAmount"): "net",
    ("SpecifiedTradeSettlementHeaderMonetarySummation", "TaxTotalAmount"): "tax",
    ("SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount"): "gross",
    ("Invoice", "ID"): "number",
    ("CreditNote", "ID"): "number",
    ("Invoice", "InvoiceTypeCode"): "kind",
    ("CreditNote", "CreditNoteTypeCode"): "kind",
    ("Invoice", "DocumentCurrencyCode"): "currency",
    ("CreditNote", "DocumentCurrencyCode"): "currency",
    ("LegalMonetaryTotal", "TaxExclusiveAmount"): "net",
    ("TaxTotal", "TaxAmount"): "tax",
    ("LegalMonetaryTotal", "TaxInclusiveAmount"): "gross",
}
SUMMED: Final = {
    ("SpecifiedTradeSettlementLineMonetarySummation", "LineTotalAmount"): "line",
    ("InvoiceLine", "LineExtensionAmount"): "line",
    ("CreditNoteLine", "LineExtensionAmount"): "line",
    ("ApplicableTradeTax", "CalculatedAmount"): "tax_row",
    ("TaxSubtotal", "TaxAmount"): "tax_row",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What the XML says: its head, its totals, and the sums of its lines and tax rows."""

    number: str
    kind: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    lines: int
    line_sum: Decimal
    tax_sum: Decimal


def read(xml: bytes) -> Said:
    """The head, totals and sums of a CII or UBL document. Raises KeyError when one of them is missing."""
    once: dict[str, str] = {}
    sums = {"line": Decimal("0.00"), "tax_row": Decimal("0.00")}
    lines = 0
    for place, text in _leaves(xml):
        if place in ONCE:
            once.setdefault(ONCE[place], text)
        elif place in SUMMED:
            sums[SUMMED[place]] += Decimal(text)
            lines += SUMMED[place] == "line"
    return Said(
        number=once["number"],
        kind=once["kind"],
        currency=once["currency"],
        net=Decimal(once["net"]),
        tax=Decimal(once["tax"]),
        gross=Decimal(once["gross"]),
        lines=lines,
        line_sum=sums["line"],
        tax_sum=sums["tax_row"],
    )


def _leaves(xml: bytes) -> Iterator[tuple[tuple[str, str], str]]:
    """Every text with the local names of its element and of the one around it."""
    path: list[str] = [""]
    for event, element in iterparse(BytesIO(xml), events=("start", "end")):  # noqa: S314 -- XML that we wrote ourselves
        if event == "start":
            path.append(element.tag.rpartition("}")[2])
            continue
        if element.text:
            yield (path[-2], path[-1]), element.text
        path.pop()
        element.clear()
