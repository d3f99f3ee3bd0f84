"""One document of every kind that an e-invoice has to say lawfully."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from config.kernel.money import Money, round_half_up
from config.kernel.periods import Period
from invoicing.rendering.document import Address, Buyer, Endpoint, Factor, InvoiceDocument, Line, Section, Tax
from tests.golden.invoicing import samples

BERLIN = Buyer("R-0009", "Spree Systemhaus GmbH", Address("Ufer 1", "", "10115", "Berlin", "", "DE"), "DE136695976")
OUTSIDE_EU = Buyer("R-0010", "Helvetia Informatik AG", Address("Gasse 2", "", "8001", "Zürich", "", "CH"))


def taxed(document: InvoiceDocument, category: str, rate: str, reason: str = "") -> InvoiceDocument:
    """The document with all its lines in another category."""
    sections = tuple(
        replace(
            section,
            lines=tuple(replace(line, tax_category=category, tax_rate=Decimal(rate)) for line in section.lines),
        )
        for section in document.sections
    )
    tax = round_half_up(document.net.amount * Decimal(rate) / 100)
    row = Tax(category, Decimal(rate), document.net, samples.eur(tax), reason)
    total = samples.eur(document.net.amount + tax)
    return replace(document, sections=sections, taxes=(row,), tax=samples.eur(tax), gross=total)


def mixed(*sections: Section, **changes: object) -> InvoiceDocument:
    """A document whose lines keep their own rates."""
    document = samples.document(*sections, **changes)
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for section in sections:
        for line in section.lines:
            key = line.tax_category, line.tax_rate
            bases[key] = bases.get(key, Decimal("0.00")) + line.net.amount
    rows = tuple(
        Tax(category, rate, samples.eur(base), samples.eur(round_half_up(base * rate / 100)))
        for (category, rate), base in sorted(bases.items())
    )
    tax = sum((row.amount.amount for row in rows), Decimal("0.00"))
    return replace(document, taxes=rows, tax=samples.eur(tax), gross=samples.eur(document.net.amount + tax))


def at(line: Line, rate: str) -> Line:
    """The line at another rate."""
    return replace(line, tax_rate=Decimal(rate))


def lowered(line: Line) -> Line:
    """The line with a price below zero: a discount."""
    return replace(line, unit_price=-line.unit_price, net=Money(-line.net.amount, line.net.currency), kind="Discount")


def two_rates() -> InvoiceDocument:
    """Cyprus: 19 and 5 per cent on one invoice."""
    return mixed(
        samples.section(
            samples.OWN, at(samples.line(1, "E3", 7, "30.655"), "19"), at(samples.line(2, "Manual", 3, "9.99"), "5")
        )
    )


def with_refund() -> InvoiceDocument:
    """A charge, what is given back of another one, and a discount."""
    return samples.document(
        samples.section(
            samples.BAKERY,
            samples.line(1, "Microsoft 365 E3", 10, "30.65"),
            replace(samples.line(2, "Microsoft 365 E3", -4, "30.65", factor=Factor(17, 30)), kind="Refund"),
            lowered(samples.line(3, "Loyalty discount", 1, "25.00")),
        )
    )


def supply_month() -> InvoiceDocument:
    """The lines of one month of supply."""
    october = Period(date(2026, 10, 1), date(2026, 11, 1))
    return samples.document(samples.section(samples.OWN, samples.line(1, "E3", 5, "30.65", period=october)))


def in_network(document: InvoiceDocument) -> InvoiceDocument:
    """Both sides receive e-invoices."""
    return replace(
        document,
        seller=replace(document.seller, endpoint=Endpoint("9933", "EL000990011")),
        buyer=replace(document.buyer, endpoint=Endpoint("0088", "4035811991021"), reference="PO-77/2026"),
    )


KINDS: dict[str, Callable[[], InvoiceDocument]] = {
    "aggregated": samples.aggregated,
    "separate": samples.separate,
    "credit": samples.credit,
    "credit_el": lambda: samples.credit(language="el"),
    "separate_de": lambda: samples.separate(language="de"),
    "reverse_charge": lambda: taxed(samples.aggregated(buyer=BERLIN), "AE", "0", "Art. 196 Directive 2006/112/EC"),
    "reverse_charge_credit": lambda: taxed(samples.credit(buyer=BERLIN), "AE", "0"),
    "intra_community": lambda: taxed(samples.separate(buyer=BERLIN), "K", "0"),
    "exempt": lambda: taxed(samples.separate(), "E", "0", "Exempt: law 2859/2000, article 22"),
    "export": lambda: taxed(samples.separate(buyer=OUTSIDE_EU), "G", "0"),
    "outside": lambda: taxed(samples.separate(buyer=OUTSIDE_EU), "O", "0"),
    "zero_rated": lambda: taxed(samples.separate(), "Z", "0"),
    "two_rates": two_rates,
    "with_refund": with_refund,
    "supply_month": supply_month,
    "nothing_owed": lambda: samples.document(samples.section(samples.OWN, samples.line(1, "Free trial", 3, "0.00"))),
    "with_notes": lambda: samples.separate(notes=("Thank you.", "Please quote the reference <&> «»\x00\ufffe")),
    "without_iban": lambda: replace(samples.separate(), payment=replace(samples.PAYMENT, iban="", bic="")),
    "direct_debit": lambda: replace(samples.separate(), payment=replace(samples.PAYMENT, method="Direct debit")),
}
