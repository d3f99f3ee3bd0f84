"""From the frozen document to HTML: every text, number and date of the page, written in the buyer's language.

The template prints what stands here; escaping is the template engine's, for every text without exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from invoicing.rendering import qr
from invoicing.rendering.document import (
    Beneficiary,
    Buyer,
    DocumentKind,
    InvoiceDocument,
    Layout,
    Line,
    Section,
    Seller,
    Tax,
)
from invoicing.rendering.paper import Paper, iban, plain
from invoicing.rendering.splitting import split_notes
from invoicing.rendering.taxation import category_word, notes_of

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
TONES = {"personal": "own", "affiliate": "affiliate", "end_customer": "customer"}
INK_BLUE = "#0a5a94"

Fact = tuple[str, str, bool]


@dataclass
class Page:
    """What the template prints: only finished texts, no values left to format."""

    language: str
    title: str
    number: str
    stamp: str
    accent: str
    seller: dict[str, str]
    buyer: dict[str, Any]
    addressed: str
    foot: list[str]
    facts: list[Fact]
    due: dict[str, Any]
    lines_title: str
    sections: list[dict[str, Any]]
    taxes: list[dict[str, str]]
    net: str
    tax: str
    gross: str
    gross_label: str
    line_count: int
    overview: list[dict[str, Any]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    for_: dict[str, str] | None = None


def html(document: InvoiceDocument) -> str:
    """The whole document as HTML. The same document gives the same text."""
    with translation.override(document.language):
        page = build(document, Paper(document.language))
        context = {"page": {**page.__dict__, "for": page.for_}}
        return str(get_template("pdf/invoice.html").render(context))


def build(document: InvoiceDocument, paper: Paper) -> Page:
    """Write every text of the page in the active language."""
    is_credit = document.kind is DocumentKind.CREDIT
    aggregated = document.layout is Layout.AGGREGATED
    several = len(document.sections) > 1
    return Page(
        language=paper.locale.language,
        title=_("Credit invoice") if is_credit else _("Invoice"),
        number=plain(document.number),
        stamp=f"{document.issued_on.isoformat()}T00:00:00Z",
        accent=accent_of(document.seller),
        seller=names_of(document.seller),
        buyer={"name": plain(document.buyer.name), "lines": buyer_lines(document.buyer, paper)},
        addressed=_("Credit to") if is_credit else _("Invoice to"),
        foot=foot_of(document.seller, paper),
        facts=_facts(document, paper),
        due=_credited(document, paper) if is_credit else _due(document, paper),
        lines_title=_("Lines by beneficiary") if aggregated else _("Lines"),
        sections=[_section(section, paper, bar=aggregated) for section in document.sections],
        taxes=[_tax(tax, paper) for tax in document.taxes],
        net=paper.money(document.net),
        tax=paper.money(document.tax),
        gross=paper.money(document.gross),
        gross_label=_("Total credited") if is_credit else _("Total, gross"),
        line_count=document.line_count,
        overview=[_overview(section, paper) for section in document.sections] if aggregated and several else [],
        notes=_notes(document, paper),
        for_=None if aggregated or not document.sections else _for(document),
    )


def mode_word(mode: str) -> str:
    """The purchase mode as people read it; a mode this version does not know is printed as it is."""
    words = {"personal": _("My company"), "affiliate": _("Affiliate"), "end_customer": _("End customer")}
    return words.get(mode, mode)


def accent_of(seller: Seller) -> str:
    """The seller's colour, when it is one."""
    return seller.accent_colour if HEX_COLOUR.fullmatch(seller.accent_colour) else INK_BLUE


def names_of(seller: Seller) -> dict[str, str]:
    """The seller's legal name, and the one it trades under."""
    return {"name": plain(seller.legal_name), "brand": plain(seller.trade_name or seller.legal_name)}


def buyer_lines(buyer: Buyer, paper: Paper) -> list[str]:
    """Address and VAT number of the addressee."""
    lines = paper.address(buyer.address)
    if buyer.vat_number:
        lines.append(_("VAT number %(number)s") % {"number": plain(buyer.vat_number)})
    return lines


def foot_of(seller: Seller, paper: Paper) -> list[str]:
    """The lines at the foot of every page."""
    vat = _("VAT number %(number)s") % {"number": seller.vat_number} if seller.vat_number else ""
    first = [seller.legal_name, ", ".join(paper.address(seller.address))]
    rows = (first, [vat, seller.register_entry], [seller.email, seller.phone])
    return [" · ".join(plain(part) for part in parts if part) for parts in rows if any(parts)]


def _facts(document: InvoiceDocument, paper: Paper) -> list[Fact]:
    is_credit = document.kind is DocumentKind.CREDIT
    facts: list[Fact] = [
        (_("Credit invoice number") if is_credit else _("Invoice number"), plain(document.number), True),
        (_("Date of issue"), paper.day(document.issued_on), False),
    ]
    if document.corrects:
        facts.append((_("Corrects invoice"), plain(document.corrects.number), True))
        facts.append((pgettext("of the corrected invoice", "Issued"), paper.day(document.corrects.issued_on), False))
    if period := document.service_period:
        facts.append((_("Service period"), paper.long_period(period), False))
    if document.due_on and not is_credit:
        facts.append((_("Due"), paper.day(document.due_on), False))
    facts.append((_("Your account"), plain(document.buyer.code), False))
    facts.append((_("Type"), _type(document), False))
    return facts


def _type(document: InvoiceDocument) -> str:
    if document.layout is Layout.SEPARATE:
        return pgettext("type of an invoice", "Separate")
    count = len(document.sections)
    return ngettext("Aggregated, %(count)s beneficiary", "Aggregated for %(count)s beneficiaries", count) % {
        "count": count
    }


def _due(document: InvoiceDocument, paper: Paper) -> dict[str, Any]:
    payment = document.payment
    due: dict[str, Any] = {"label": _("Amount due"), "amount": paper.money(document.gross), "rows": [], "text": ""}
    if not document.gross:
        due["text"] = _("Nothing to pay. This invoice documents what was supplied.")
        return due
    if document.due_on:
        due["by"] = _("by %(date)s") % {"date": paper.day(document.due_on)}
    rows: list[Fact] = [(_("Pay to"), plain(payment.account_holder), False)]
    if payment.iban:
        rows.append((_("IBAN"), iban(payment.iban), False))
    bank = " · ".join(plain(part) for part in (payment.bic, payment.bank_name) if part)
    if bank:
        rows.append((_("BIC") if payment.bic else _("Bank"), bank, False))
    rows.append((_("Reference"), plain(payment.reference), True))
    if terms := _terms(document):
        rows.append((_("Terms"), terms, False))
    return {**due, "rows": rows, "qr": _code(document)}


def _terms(document: InvoiceDocument) -> str:
    payment = document.payment
    days = ""
    if payment.days is not None:
        days = ngettext("%(count)s day", "%(count)s days", payment.days) % {"count": payment.days}
    method = _(payment.method) if payment.method else ""  # stored as the word of its enum
    return ", ".join(plain(part) for part in (method, days) if part)


def _code(document: InvoiceDocument) -> SafeString:
    """The QR code: paths of numbers made by segno, no text of anybody inside."""
    return mark_safe(qr.svg(document.payment, document.gross))  # noqa: S308 -- generated from a bit matrix


def _credited(document: InvoiceDocument, paper: Paper) -> dict[str, Any]:
    due: dict[str, Any] = {
        "label": _("Amount credited"),
        "amount": paper.money(document.gross),
        "by": _("in your favour"),
    }
    rows: list[Fact] = []
    if document.corrects:
        rows.append((_("Corrects"), plain(document.corrects.number), True))
        if document.corrects.reason:
            rows.append((_("Reason"), plain(document.corrects.reason), False))
        rows.append((_("Settlement"), _("set off against the corrected invoice first"), False))
    text = _("The amount is set off against your open invoices.")
    return {**due, "rows": rows, "text": text}


def _facts_of(beneficiary: Beneficiary) -> list[str]:
    return [plain(part) for part in (beneficiary.code, beneficiary.tenant_domain) if part]


def _partner_id(beneficiary: Beneficiary) -> str:
    if beneficiary.partner_id:
        return _("MPN ID %(id)s") % {"id": plain(beneficiary.partner_id)}
    return _("no MPN ID")


def _for(document: InvoiceDocument) -> dict[str, str]:
    beneficiary = document.sections[0].beneficiary
    labels = {
        "personal": _("For your own use"),
        "affiliate": _("For your affiliate"),
        "end_customer": _("For your end customer"),
    }
    note = _("You are the addressee of this document; your end customer does not receive it.")
    return {
        "tone": TONES.get(beneficiary.mode, "own"),
        "label": labels.get(beneficiary.mode, _("For")),
        "name": plain(beneficiary.name),
        "facts": " · ".join([*_facts_of(beneficiary), _partner_id(beneficiary)]),
        "note": note if beneficiary.mode == "end_customer" else "",
    }


def _overview(section: Section, paper: Paper) -> dict[str, Any]:
    beneficiary = section.beneficiary
    return {
        "tone": TONES.get(beneficiary.mode, "own"),
        "mode": mode_word(beneficiary.mode),
        "name": plain(beneficiary.name),
        "partner_id": plain(beneficiary.partner_id) or _("none"),
        "count": len(section.lines),
        "net": paper.money(section.net),
    }


def _section(section: Section, paper: Paper, *, bar: bool) -> dict[str, Any]:
    beneficiary = section.beneficiary
    return {
        "bar": bar,
        "tone": TONES.get(beneficiary.mode, "own"),
        "mode": mode_word(beneficiary.mode),
        "name": plain(beneficiary.name),
        "facts": " · ".join(_facts_of(beneficiary)),
        "partner_id": _partner_id(beneficiary),
        "net": paper.money(section.net),
        "lines": [_line(line, paper) for line in section.lines],
        "notes": factor_notes(section, paper),
    }


def _line(line: Line, paper: Paper) -> dict[str, str]:
    kind = _(line.kind) if line.kind else ""  # the word of its enum
    facts = (kind, line.sku, line.service_reference, line.order_reference)
    return {
        "product": plain(line.product),
        "facts": " · ".join(plain(part) for part in facts if part),
        "period": paper.period(line.period) if line.period else "",
        "quantity": paper.quantity(line.quantity),
        "unit_price": paper.unit_price(line.unit_price, line.net.currency),
        "factor": paper.factor(line.factor),
        "net": paper.money(line.net),
    }


def counted(line: Line) -> str:
    """What the factor counts, in words: 12 of 31 days."""
    part, whole = line.factor.part, line.factor.whole
    if line.factor.unit == "hours":
        return _("%(part)s of %(whole)s hours") % {"part": part, "whole": whole}
    return _("%(part)s of %(whole)s days") % {"part": part, "whole": whole}


def formula(line: Line, paper: Paper) -> str:
    """The amount as it is recomputed by hand: 5 × €12.00 × 12/31 = €23.23."""
    parts = [paper.quantity(line.quantity), paper.unit_price(line.unit_price, line.net.currency)]
    if not line.factor.is_full:
        parts.append(paper.factor(line.factor))
    return f"{' × '.join(parts)} = {paper.money(line.net)}"


def factor_notes(section: Section, paper: Paper) -> list[str]:
    """One sentence per factor of the section that is not 1, with the sum of its first line."""
    first: dict[str, Line] = {}
    for line in section.lines:
        if not line.factor.is_full:
            first.setdefault(paper.factor(line.factor), line)
    return [f"{factor}: {counted(line)}; {formula(line, paper)}" for factor, line in first.items()]


def _tax(tax: Tax, paper: Paper) -> dict[str, str]:
    facts = {"rate": paper.percent(tax.rate), "base": paper.money(tax.base), "amount": paper.money(tax.amount)}
    return {**facts, "category": f"{category_word(tax.category)} ({plain(tax.category)})"}


def split_notes_of(document: InvoiceDocument, paper: Paper) -> list[str]:
    """Why its lines do not stand on an invoice with others, in the active language."""
    period = document.service_period
    category = category_word(document.taxes[0].category) if document.taxes else ""
    month = period.start if period else None
    return split_notes(document.split_by, currency=document.currency, category=category, month=month, paper=paper)


def _notes(document: InvoiceDocument, paper: Paper) -> list[tuple[str, str]]:
    return [*notes_of(document), *(("", note) for note in split_notes_of(document, paper))]


def legal_notes(document: InvoiceDocument) -> list[tuple[str, str]]:
    """The notes as the document prints them, in its own language whatever the reader's: (words to stand out, text)."""
    with translation.override(document.language):
        return _notes(document, Paper(document.language))
