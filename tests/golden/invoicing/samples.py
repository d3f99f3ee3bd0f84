"""Frozen documents that the golden tests render: invented companies, exact amounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from config.kernel.money import Money, round_half_up
from config.kernel.periods import Period
from invoicing.rendering.document import (
    Address,
    Beneficiary,
    Buyer,
    Correction,
    DocumentKind,
    Factor,
    InvoiceDocument,
    Layout,
    Line,
    Payment,
    Section,
    Seller,
    Tax,
)

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
OCTOBER_STUB = Period(date(2026, 10, 20), date(2026, 11, 1))
FULL = Factor()

SELLER = Seller(
    legal_name="Aegean Cloud Distribution S.A.",
    trade_name="Aegean Cloud Distribution",
    address=Address("Leoforos Kymaton 40", "", "176 74", "Athens", "", "GR"),
    vat_number="EL000990011",
    register_entry="General commercial register 000990011000",
    email="billing@aegean-cloud.example.com",
    phone="+30 210 000 0900",
)
PAYMENT = Payment(
    account_holder="Aegean Cloud Distribution S.A.",
    iban="GR1601101250000000012300695",
    bic="ETHNGRAA",
    bank_name="National Bank",
    reference="R-0005 INV-2026-000412",
    method="Bank transfer",
    days=60,
)
THERMAIKOS = Buyer(
    "R-0005",
    "Thermaikos Digital Works SA",
    Address("Perdikas Street 41", "", "546 22", "Thessaloniki", "Central Macedonia", "GR"),
    "EL000327278",
)
OWN = Beneficiary("R-0005", "Thermaikos Digital Works SA", "personal", "", "thermaikos-dw.onmicrosoft.com")
HOSTING = Beneficiary(
    "A-00007", "Thermaikos Digital Works SA – Hosting Pylaia", "affiliate", "", "pylaia.onmicrosoft.com"
)
DESKTOP = Beneficiary("A-00009", "Thermaikos Digital Works SA – Managed Desktop", "affiliate")
BAKERY = Beneficiary("C-00031", "Αρτοποιείο «Η Γωνία»", "end_customer", "9900185", "igonia.onmicrosoft.com")
HOTELS = Beneficiary(
    "C-00018", "Xenia Rodon Boutique Hotels S.A.", "end_customer", "9900185", "xeniarodon.onmicrosoft.com"
)
CLINIC = Beneficiary("C-00044", "Κλινική Φανταστικός Ορίζοντας Μονοπρόσωπη Ι.Κ.Ε.", "end_customer", "9900185")


def eur(amount: str | Decimal) -> Money:
    return Money(Decimal(amount).quantize(Decimal("0.01")), "EUR")


def line(
    position: int,
    product: str,
    quantity: int,
    price: str,
    *,
    period: Period = NOVEMBER,
    factor: Factor = FULL,
    **more: str,
) -> Line:
    net = round_half_up(quantity * Fraction(Decimal(price)) * Fraction(factor.part, factor.whole))
    return Line(
        position=position,
        product=product,
        sku=more.pop("sku", "CFQ7TTC0LCHC:0002"),
        service_reference=more.pop("service_reference", f"S-{position:05d}"),
        order_reference=more.pop("order_reference", "O-2026-00790"),
        period=period,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        factor=factor,
        net=Money(net, "EUR"),
        price_source="Price list EU Gold, version 2026-10",
        tax_rate=Decimal(24),
        **more,
    )


def section(beneficiary: Beneficiary, *lines: Line) -> Section:
    return Section(beneficiary, lines, Money(sum((item.net.amount for item in lines), Decimal("0.00")), "EUR"))


def document(
    *sections: Section, rate: str = "24", category: str = "S", reason: str = "", **changes: object
) -> InvoiceDocument:
    net = sum((part.net.amount for part in sections), Decimal("0.00"))
    tax = round_half_up(net * Decimal(rate) / 100)
    values: dict[str, object] = {
        "kind": DocumentKind.INVOICE,
        "layout": Layout.AGGREGATED,
        "language": "en",
        "number": "INV-2026-000412",
        "issued_on": date(2026, 11, 1),
        "due_on": date(2026, 12, 31),
        "currency": "EUR",
        "seller": SELLER,
        "buyer": THERMAIKOS,
        "sections": sections,
        "taxes": (Tax(category, Decimal(rate), eur(net), eur(tax), reason),),
        "net": eur(net),
        "tax": eur(tax),
        "gross": eur(net + tax),
        "payment": PAYMENT,
    }
    values |= changes
    values["payment"] = replace(PAYMENT, reference=f"R-0005 {values['number']}")
    return InvoiceDocument(**values)  # type: ignore[arg-type]


def aggregated(**changes: object) -> InvoiceDocument:
    return document(
        section(
            OWN,
            line(1, "Microsoft 365 Business Premium", 15, "17.29"),
            line(2, "Aegean Backup 365", 15, "2.47", sku="ACD-BK-365", order_reference="O-2026-00655"),
        ),
        section(
            HOSTING,
            line(3, "Microsoft 365 Business Basic", 56, "5.50", period=Period(date(2026, 11, 14), date(2026, 12, 14))),
        ),
        section(DESKTOP, line(4, "Microsoft 365 E3 (no Teams)", 40, "23.95")),
        section(
            BAKERY,
            line(5, "Aegean Managed Backup", 5, "12.00", period=OCTOBER_STUB, factor=Factor(12, 31), sku="ACD-MB"),
            line(6, "Aegean Managed Backup", 5, "12.00", sku="ACD-MB"),
            line(
                7, "Microsoft 365 Business Standard", 6, "11.01", period=Period(date(2026, 11, 20), date(2026, 12, 20))
            ),
        ),
        section(
            HOTELS,
            line(8, "Microsoft 365 Business Basic", 60, "5.50"),
            line(9, "Microsoft 365 Business Premium", 48, "17.29"),
        ),
        section(
            CLINIC, line(10, "Microsoft 365 E3", 24, "30.65", period=Period(date(2026, 11, 22), date(2026, 12, 22)))
        ),
        **changes,
    )


def reverse_charge(**changes: object) -> InvoiceDocument:
    """To a buyer in another EU state, for one month of supply."""
    december = Period(date(2026, 12, 1), date(2027, 1, 1))
    buyer = replace(
        THERMAIKOS,
        name="Rhein IT GmbH",
        vat_number="DE136695976",
        address=Address(line1="Domplatz 1", postcode="50667", city="Köln", country="DE"),
    )
    lines = (
        line(1, "Microsoft 365 Business Premium", 15, "17.29", period=december),
        line(2, "Aegean Managed Backup", 20, "12.00", period=december),
    )
    untaxed = tuple(replace(each, tax_category="AE", tax_rate=Decimal(0)) for each in lines)
    facts: dict[str, object] = {"buyer": buyer, "split_by": ("month",), **changes}
    return document(section(OWN, *untaxed), rate="0", category="AE", reason="Reverse charge", **facts)


def separate(**changes: object) -> InvoiceDocument:
    return document(
        section(
            BAKERY,
            line(
                1,
                "Aegean Managed Backup",
                20,
                "12.00",
                period=Period(date(2026, 10, 12), date(2026, 11, 1)),
                factor=Factor(20, 31),
            ),
            line(2, "Aegean Managed Backup", 20, "12.00"),
            line(3, "Microsoft 365 Business Premium", 38, "17.29"),
            line(4, "Microsoft Teams Rooms Basic", 2, "0.00"),
        ),
        **{"layout": Layout.SEPARATE, "number": "INV-2026-000413", **changes},
    )


def credit(**changes: object) -> InvoiceDocument:
    return document(
        section(
            BAKERY,
            line(
                1,
                "Microsoft 365 E3",
                10,
                "30.65",
                period=Period(date(2026, 11, 16), date(2026, 12, 16)),
                factor=Factor(120, 168, "hours"),
            ),
            line(2, "Microsoft 365 Business Basic", 4, "5.50", period=Period(date(2026, 11, 18), date(2026, 12, 18))),
        ),
        **{
            "kind": DocumentKind.CREDIT,
            "layout": Layout.SEPARATE,
            "number": "CRN-2026-000034",
            "issued_on": date(2026, 11, 19),
            "due_on": None,
            "corrects": Correction("INV-2026-000419", date(2026, 11, 18), "Fewer seats within the cancellation window"),
            **changes,
        },
    )


def long(lines: int, per_customer: int = 6) -> InvoiceDocument:
    sections = []
    for first in range(0, lines, per_customer):
        customer = Beneficiary(
            f"C-{first:05d}", f"Customer {first // per_customer + 1:04d} Ltd", "end_customer", "9900185"
        )
        many = range(first + 1, min(first + per_customer, lines) + 1)
        sections.append(section(customer, *(line(at, f"Product {at:05d}", at % 9 + 1, "11.35") for at in many)))
    return document(*sections)
