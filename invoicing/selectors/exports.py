"""What leaves for spreadsheets and ledgers: headers, lines, bookings, and the register of files. All of it streams.

Amounts of credit invoices are negative in headers and lines, so that columns add up; a booking has both sides.
Dates are the distributor's; amounts are in the currency of the row. Ids are those that never change: account codes,
public ids, tenant domains, subscription and SKU.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from django.db.models import Case, Count, DecimalField, F, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Account
from config.kernel.spreadsheets import Cell, Table
from invoicing.enums import DocumentType, FileKind
from invoicing.models import BillingRun, Invoice, InvoiceFile, InvoiceItem, InvoiceTax

CHUNK: Final = 2000
AMOUNT: Final = DecimalField(max_digits=16, decimal_places=2)
HEADERS: Final = (
    *("number", "type", "invoice_date", "due_date", "account", "account_id", "account_name", "vat_number"),
    *("end_customer", "end_customer_id", "end_customer_name", "corrects", "currency", "net", "tax", "gross", "open"),
    *("payment_reference", "document_id"),
)
LINES: Final = (
    *("number", "type", "invoice_date", "position", "account", "account_id", "end_customer", "end_customer_id"),
    *("end_customer_name", "purchase_mode", "tenant", "partner_id", "subscription", "order", "sku", "product", "kind"),
    *("period_from", "period_to", "quantity", "unit_price", "factor_part", "factor_whole", "currency", "net"),
    *("tax_category", "tax_rate"),
)
BOOKINGS: Final = (
    *("account", "account_id", "account_name", "vat_number", "currency", "tax_code", "tax_category", "tax_rate"),
    *("documents", "debit_net", "debit_tax", "debit", "credit_net", "credit_tax", "credit", "balance"),
)
REGISTER: Final = (
    *("file", "number", "type", "invoice_date", "account", "account_name", "end_customer", "currency", "net", "tax"),
    *("gross", "size", "sha256"),
)


class Extract(Enum):
    """What is extracted."""

    HEADERS = "headers"
    LINES = "lines"
    BOOKINGS = "bookings"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents: of a run, of a bill-to, issued from the first to the last day (both included)."""

    run: BillingRun | None = None
    bill_to: Account | None = None
    first: date | None = None
    last: date | None = None

    def invoices(self) -> QuerySet[Invoice]:
        """The documents, invoices and credit invoices alike."""
        wanted = {
            "run_item__run": self.run,
            "bill_to": self.bill_to,
            "issued_on__gte": self.first,
            "issued_on__lte": self.last,
        }
        return Invoice.objects.filter(**{name: value for name, value in wanted.items() if value is not None})


def table_of(extract: Extract, invoices: QuerySet[Invoice]) -> Table:
    """The extract of these documents; nothing is read before it is written."""
    ours = Invoice.objects.filter(pk__in=invoices.order_by().values("pk"))
    head, rows = {
        Extract.HEADERS: (HEADERS, _headers(ours)),
        Extract.LINES: (LINES, _lines(ours)),
        Extract.BOOKINGS: (BOOKINGS, _bookings(ours)),
    }[extract]
    return Table(extract.value, head, rows)


def _headers(invoices: QuerySet[Invoice]) -> Iterator[Sequence[Cell]]:
    found = invoices.select_related("bill_to", "beneficiary", "corrects", "balance").order_by("number")
    for row in found.iterator(chunk_size=CHUNK):
        sign, user = _sign(row), row.beneficiary
        yield (
            *(row.number, row.document_type, row.issued_on, None if row.is_credit else row.due_on),
            *(row.bill_to.code, row.bill_to.public_id, row.buyer["name"], row.buyer.get("vat_number", "")),
            *((user.code, user.public_id, user.name) if user else (None, None, None)),
            *(row.corrects.number if row.corrects else None, row.currency),
            *(sign * row.net, sign * row.tax, sign * row.gross, sign * row.balance.open_amount),
            *(row.payment.get("reference", ""), row.public_id),
        )


def _lines(invoices: QuerySet[Invoice]) -> Iterator[Sequence[Cell]]:
    items = InvoiceItem.objects.filter(invoice__in=invoices).select_related("invoice__bill_to", "beneficiary")
    for row in items.order_by("invoice__number", "position").iterator(chunk_size=CHUNK):
        period, payer, user = row.period, row.invoice.bill_to, row.beneficiary
        yield (
            *(row.invoice.number, row.invoice.document_type, row.invoice.issued_on, row.position),
            *(payer.code, payer.public_id, row.beneficiary_code, user.public_id, row.beneficiary_name, row.mode),
            *(row.tenant_domain, row.partner_id, row.service_reference, row.order_reference, row.sku),
            *(row.product_name, row.kind, period.lower, date.fromordinal(period.upper.toordinal() - 1)),
            *(row.quantity, row.unit_price, row.factor_numerator, row.factor_denominator, row.currency),
            *(_sign(row.invoice) * row.net, row.tax_category, row.tax_rate),
        )


def _sign(invoice: Invoice) -> int:
    return -1 if invoice.is_credit else 1


def _side(document_type: DocumentType, field: str) -> Coalesce:
    """The sum of a column over the documents of one type."""
    chosen = Case(When(invoice__document_type=document_type, then=F(field)), output_field=AMOUNT)
    return Coalesce(Sum(chosen), Value(Decimal("0.00")), output_field=AMOUNT)


def _bookings(invoices: QuerySet[Invoice]) -> Iterator[Sequence[Cell]]:
    """One row per account, currency and tax code: invoices on the debit side, credit invoices on the credit side."""
    keys = ("invoice__bill_to__code", "invoice__currency", "category", "rate")
    rows = InvoiceTax.objects.filter(invoice__in=invoices).values(
        *keys, "invoice__bill_to__public_id", "invoice__bill_to__name", "invoice__bill_to__vat_number"
    )
    sums = rows.annotate(
        documents=Count("invoice", distinct=True),
        debit_net=_side(DocumentType.DEBIT, "base"),
        debit_tax=_side(DocumentType.DEBIT, "tax"),
        credit_net=_side(DocumentType.CREDIT, "base"),
        credit_tax=_side(DocumentType.CREDIT, "tax"),
    )
    for row in sums.order_by(*keys).iterator(chunk_size=CHUNK):
        debit, credit = row["debit_net"] + row["debit_tax"], row["credit_net"] + row["credit_tax"]
        rate = row["rate"].normalize()
        yield (
            *(row["invoice__bill_to__code"], row["invoice__bill_to__public_id"], row["invoice__bill_to__name"]),
            *(row["invoice__bill_to__vat_number"], row["invoice__currency"], f"{row['category']}{rate:f}"),
            *(row["category"], row["rate"], row["documents"], row["debit_net"], row["debit_tax"], debit),
            *(row["credit_net"], row["credit_tax"], credit, debit - credit),
        )


def files_of(invoices: Sequence[int]) -> QuerySet[InvoiceFile]:
    """The files of these documents in the order of their numbers, with what the register says."""
    found = InvoiceFile.objects.filter(invoice__in=invoices).select_related("invoice__bill_to", "invoice__beneficiary")
    return found.order_by("invoice__number", "kind")


def without_pdf(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Those whose PDF is not made."""
    made = InvoiceFile.objects.filter(kind=FileKind.PDF)
    return invoices.exclude(pk__in=made.values("invoice"))


def register_row(file: InvoiceFile) -> Sequence[Cell]:
    """One file in the register that comes with it."""
    row = file.invoice
    user = row.beneficiary
    return (
        *(name_of(file), row.number, row.document_type, row.issued_on, row.bill_to.code, row.buyer["name"]),
        *(user.name if user else None, row.currency, row.net, row.tax, row.gross, file.size, file.sha256),
    )


def name_of(file: InvoiceFile) -> str:
    """The file's name in an archive: its number, without what a path could be made of."""
    stem = "".join(char if char.isalnum() or char in "-_" else "_" for char in file.invoice.number)
    return f"{stem}.{FileKind(file.kind).ending}"
