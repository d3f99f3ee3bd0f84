"""What an invoice says, frozen: the one thing that the PDF, the page and the XML read.

Dates are dates in the seller's time zone, periods are half-open `[start, end)`, amounts are exact and in
`InvoiceDocument.currency`. Amounts of a credit invoice are positive; its kind says which way they count
(documents.md §1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from config.kernel.money import Money
from config.kernel.periods import Period


class DocumentKind(Enum):
    """The type of the document; the value is its code in EN 16931 (BT-3)."""

    INVOICE = "380"
    CREDIT = "381"


class Layout(Enum):
    """One section per beneficiary, or one beneficiary in the head (product.md §11.3)."""

    AGGREGATED = "aggregated"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is an ISO 3166-1 alpha-2 code."""

    line1: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a company receives e-invoices in the Peppol network: an id in a scheme of the EAS code list (0088: GLN)."""

    scheme: str
    id: str


@dataclass(frozen=True, slots=True)
class Seller:
    """The distributor, as it was when the document was issued."""

    legal_name: str
    trade_name: str
    address: Address
    vat_number: str = ""
    register_entry: str = ""
    email: str = ""
    phone: str = ""
    accent_colour: str = "#0a5a94"
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """The bill-to: whom the document is addressed to, always. `reference` is what it wants to be quoted (BT-10)."""

    code: str
    name: str
    address: Address
    vat_number: str = ""
    endpoint: Endpoint | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """Who uses what a section lists. `mode` is the purchase mode: personal, affiliate or end_customer."""

    code: str
    name: str
    mode: str
    partner_id: str = ""
    tenant_domain: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """The share of a full billing cycle that a line charges, as it was counted: 12 of 31 days.

    Kept as two numbers: 10/30 must not turn into 1/3 on paper. `unit` is "days" or "hours".
    """

    part: int = 1
    whole: int = 1
    unit: str = "days"

    @property
    def is_full(self) -> bool:
        """The line charges a whole cycle."""
        return self.part == self.whole


@dataclass(frozen=True, slots=True)
class Line:
    """One charge. `net` = quantity × unit price × factor, rounded once, half up."""

    position: int
    product: str
    sku: str
    service_reference: str
    order_reference: str
    period: Period | None
    quantity: Decimal
    unit_price: Decimal
    factor: Factor
    net: Money
    price_source: str = ""
    kind: str = ""
    tax_category: str = "S"
    tax_rate: Decimal = Decimal(0)
    tenant_domain: str = ""
    partner_id: str = ""
    credited: Line | None = None
    """The issued line that this line of a credit invoice takes back."""


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one beneficiary and their sum."""

    beneficiary: Beneficiary
    lines: tuple[Line, ...]
    net: Money


@dataclass(frozen=True, slots=True)
class Tax:
    """One row of the VAT table: category (EN 16931 BT-118), rate in per cent, its base and its amount."""

    category: str
    rate: Decimal
    base: Money
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """How the amount is paid: bank data of the seller, the reference to quote, the term in days."""

    account_holder: str
    iban: str = ""
    bic: str = ""
    bank_name: str = ""
    reference: str = ""
    method: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """The invoice that a credit invoice corrects (EN 16931 BT-25, BT-26), and why."""

    number: str
    issued_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """A debit or credit invoice as issued. Two equal documents give two equal files."""

    kind: DocumentKind
    layout: Layout
    language: str
    number: str
    issued_on: date
    due_on: date | None
    currency: str
    seller: Seller
    buyer: Buyer
    sections: tuple[Section, ...]
    taxes: tuple[Tax, ...]
    net: Money
    tax: Money
    gross: Money
    payment: Payment
    corrects: Correction | None = None
    notes: tuple[str, ...] = ()
    split_by: tuple[str, ...] = ()
    """Why its lines do not stand on an invoice with others of the same day."""

    @property
    def line_count(self) -> int:
        """The number of lines in all sections."""
        return sum(len(section.lines) for section in self.sections)

    @property
    def service_period(self) -> Period | None:
        """From the first to the last day that any line covers; None when no line has a period."""
        periods = [line.period for section in self.sections for line in section.lines if line.period]
        if not periods:
            return None
        return Period(min(period.start for period in periods), max(period.end for period in periods))


SECTION_ORDER = {"personal": 0, "affiliate": 1, "end_customer": 2}


def section_key(beneficiary: Beneficiary) -> tuple[int, str, str]:
    """The order of sections: own use, affiliates A–Z, end customers A–Z (product.md §11.3)."""
    return SECTION_ORDER.get(beneficiary.mode, 9), beneficiary.name.casefold(), beneficiary.code
