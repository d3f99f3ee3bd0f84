"""What the document says in the terms of EN 16931 (BT and BG numbers), the same for CII and UBL.

Decisions where the standard leaves a choice:
- A price is never negative (BR-27), a quantity may be: what is taken back, or a discount, is a line of negative
  quantity. A document level allowance (BG-20) could not say for whom, for which tenant and period it stands, and the
  lines would no longer add up to the sections on paper.
- The price is that of a whole cycle, as on paper. What a factor leaves out (12 of 31 days) is an allowance of the line
  (BG-27) or, on a line of negative quantity, a charge (BG-28), so that every line is exact to the cent:
  net = quantity × price - allowance + charge.
- The bill-to's code stands for the buyer reference (BT-10) when it has named none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.names import vat_prefix
from config.kernel.money import round_half_up
from invoicing.einvoice.markup import clean
from invoicing.rendering import layout
from invoicing.rendering.document import Beneficiary, DocumentKind, InvoiceDocument, Layout, Line, Tax
from invoicing.rendering.taxation import notes_of, tax_notes

EN16931: Final = "urn:cen.eu:en16931:2017"
UNIT: Final = "C62"
"""UN/ECE recommendation 20: one, a piece."""
VAT: Final = "VAT"
INVOICED_OBJECT: Final = "130"
"""UNTDID 1001: the reference is an invoiced object identifier (BT-128)."""
OUTSIDE: Final = "O"
TAXED: Final = ("S", "Z")
SUPPLIED_ABROAD: Final = "K"
EXEMPTION_CODES: Final = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", OUTSIDE: "VATEX-EU-O"}
SEPA_TRANSFER, TRANSFER, DIRECT_DEBIT, UNDEFINED = "58", "30", "49", "1"
"""UNTDID 4461."""


@dataclass(frozen=True, slots=True)
class Charged:
    """The arithmetic of a line: `net` = `quantity` × `price` + `adjustment`, to the cent; the price is never negative.

    An adjustment below zero is an allowance (BT-136), above zero a charge (BT-141); `reason` says why.
    """

    quantity: Decimal
    price: Decimal
    adjustment: Decimal
    net: Decimal
    reason: str


def charged(line: Line) -> Charged:
    """The line with its sign on the quantity."""
    product = line.quantity * line.unit_price * line.factor.part
    quantity = line.quantity if not product else abs(line.quantity).copy_sign(product)
    price = abs(line.unit_price)
    net = line.net.amount
    adjustment = net - round_half_up(quantity * price)
    reason = "" if not adjustment else _("Adjustment") if line.factor.is_full else layout.counted(line)
    return Charged(quantity, price, adjustment, net, reason)


def lines(document: InvoiceDocument) -> Iterator[tuple[Beneficiary, Line]]:
    """All lines in print order, each with who uses what it lists."""
    return ((section.beneficiary, line) for section in document.sections for line in section.lines)


def attributes(beneficiary: Beneficiary, line: Line) -> list[tuple[str, str]]:
    """BG-32: for whom the line is. The names are the same in every language: programs look for them."""
    found = [
        ("Beneficiary", beneficiary.name),
        ("Beneficiary code", beneficiary.code),
        ("Purchase mode", beneficiary.mode),
        ("Tenant domain", line.tenant_domain or beneficiary.tenant_domain),
        ("MPN ID", line.partner_id or beneficiary.partner_id),
    ]
    if not line.factor.is_full:
        found.append(("Factor", f"{line.factor.part}/{line.factor.whole} {line.factor.unit}"))
    return [(name, value) for name, value in found if clean(value)]


def line_note(line: Line) -> str:
    """BT-127: the kind of the charge, and what its factor counts."""
    parts = [_(line.kind) if line.kind else "", "" if line.factor.is_full else layout.counted(line)]
    return ", ".join(part for part in parts if part)


def amount(value: Decimal) -> str:
    """An amount of the document with two decimals (BR-DEC)."""
    return f"{round_half_up(value):f}"


def number(value: Decimal) -> str:
    """A quantity, price or rate without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def vat_number(text: str, country: str) -> str:
    """BT-31, BT-48: a VAT number with the prefix of its country (BR-CO-09); Greece, country GR, writes EL."""
    compact = re.sub(r"[\s.]", "", text).upper()
    if not compact:
        return ""
    prefix = vat_prefix(country) or country
    if compact.startswith("GR") and prefix == "EL":
        compact = prefix + compact[2:]
    return compact if compact[:2].isalpha() else f"{prefix}{compact}"


def shows_vat_numbers(document: InvoiceDocument) -> bool:
    """A document about what VAT does not concern names no VAT numbers (BR-O-02)."""
    return all(tax.category != OUTSIDE for tax in document.taxes)


def exemption(tax: Tax) -> tuple[str, str]:
    """BT-121 and BT-120: code and text of why no VAT is charged; empty for taxed rows (BR-S-10, BR-Z-10).

    The words "Reverse charge" are those of Art. 226 (11a) of the VAT directive, in the document's language.
    """
    if tax.category in TAXED:
        return "", ""
    words = [part for note in tax_notes([tax]) for part in note if part]
    return EXEMPTION_CODES.get(tax.category, ""), " ".join(words)


def notes(document: InvoiceDocument) -> list[str]:
    """BT-22: the reason of a credit invoice, and the notes that do not stand beside the VAT they explain."""
    told = tax_notes(tax for tax in document.taxes if tax.category not in TAXED)
    others = [" ".join(part for part in note if part) for note in notes_of(document) if note not in told]
    return [note for note in [document.corrects.reason if document.corrects else "", *others] if note.strip()]


def payment_terms(document: InvoiceDocument) -> str:
    """BT-20, in words; a credit invoice is not paid but set off."""
    if document.kind is DocumentKind.CREDIT:
        return _("The amount is set off against your open invoices.")
    days = document.payment.days
    return "" if days is None else ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def payment_code(document: InvoiceDocument) -> str:
    """BT-81: how it is paid; "" for a credit invoice and when nothing is owed. A transfer needs an account (BR-61)."""
    if document.kind is DocumentKind.CREDIT or not document.gross:
        return ""
    if document.payment.method == "Direct debit":
        return DIRECT_DEBIT
    if not document.payment.iban:
        return UNDEFINED
    return SEPA_TRANSFER if document.currency == "EUR" else TRANSFER


def iban(document: InvoiceDocument) -> str:
    """BT-84: the seller's account, without spaces, where the buyer transfers the amount."""
    return "".join(document.payment.iban.split()) if payment_code(document) in (SEPA_TRANSFER, TRANSFER) else ""


def buyer_reference(document: InvoiceDocument) -> str:
    """BT-10: what the buyer wants to be quoted, else the code of its account."""
    return document.buyer.reference or document.buyer.code


def delivered_to(document: InvoiceDocument) -> tuple[str, str]:
    """BT-70 and BT-80: to whom it is supplied and, within the EU without VAT, in which country (BR-IC-12)."""
    alone = document.layout is Layout.SEPARATE and document.sections
    name = document.sections[0].beneficiary.name if alone else document.buyer.name
    abroad = any(tax.category == SUPPLIED_ABROAD for tax in document.taxes)
    return name, document.buyer.address.country if abroad else ""


def trade_name(document: InvoiceDocument) -> str:
    """BT-28: the name the seller trades under, when it is not its legal one."""
    seller = document.seller
    return seller.trade_name if seller.trade_name != seller.legal_name else ""


def invoicing_period(document: InvoiceDocument) -> tuple[date, date] | None:
    """BT-73 and BT-74: the first and the last day of the invoicing period; both count."""
    period = document.service_period
    return (period.start, period.last_day) if period else None
