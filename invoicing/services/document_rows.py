"""The rows of documents: invoices and credit invoices with all that hangs on them, then their lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from psycopg.types.json import Jsonb

from accounts.models import Organisation
from invoicing.models import Invoice, InvoiceItem, InvoiceTax
from invoicing.services import bulk, snapshots

CALCULATION_VERSION: Final = 1
INVOICE_FIELDS: Final = (
    *("id", "public_id", "number", "series", "sequence", "document_type", "bill_to", "beneficiary", "run_item"),
    *("order_reference", "issued_on", "due_on", "currency", "net", "tax", "gross", "buyer", "payment"),
    *("language", "notes", "split_reason", "issued_by", "corrects", "reason"),
)
TAX_FIELDS: Final = ("invoice", "category", "rate", "base", "tax", "note")
ITEM_FIELDS: Final = (
    *("invoice", "position", "bill_to", "beneficiary", "charge", "credits_item", "beneficiary_code"),
    *("beneficiary_name", "mode", "tenant_domain", "partner_id", "product_name", "sku", "service_reference"),
    *("order_reference", "price_source", "kind", "period", "quantity", "unit_price", "factor_numerator"),
    *("factor_denominator", "net", "tax_category", "tax_rate", "currency"),
)
Rows = Iterable[Sequence[Any]]

DOCUMENTS: Final = """
    WITH documents AS (
        INSERT INTO invoicing_invoice ({invoice}, seller, calculation_version, issued_at)
        SELECT {invoice}, %(seller)s, %(version)s, %(at)s
        FROM jsonb_populate_recordset(NULL::invoicing_invoice, %(invoices)s)
        RETURNING id, bill_to_id, currency, document_type, due_on, gross
    ), taxes AS (
        INSERT INTO invoicing_invoicetax ({tax})
        SELECT {tax} FROM jsonb_populate_recordset(NULL::invoicing_invoicetax, %(taxes)s)
    ), balances AS (
        INSERT INTO invoicing_invoicebalance (invoice_id, bill_to_id, currency, document_type, due_on, open_amount)
        SELECT id, bill_to_id, currency, document_type, due_on, gross FROM documents
    )
    INSERT INTO invoicing_invoicerendering (invoice_id, state, attempts, due_at, last_error, renderer)
    SELECT id, 'waiting', 0, %(at)s, '', '' FROM documents
"""


def write(*, invoices: Rows, taxes: Rows, items: Rows, seller: Organisation, at: datetime) -> None:
    """Write documents in two statements however many they are: tax tables, open amounts and renderings go with them.

    `invoices`, `taxes` and `items` are rows of INVOICE_FIELDS, TAX_FIELDS and ITEM_FIELDS; what is open at first is the
    gross amount. The caller rings for the renderings.
    """
    named = {
        "invoice": ", ".join(bulk.columns(Invoice, INVOICE_FIELDS)),
        "tax": ", ".join(bulk.columns(InvoiceTax, TAX_FIELDS)),
    }
    values: dict[str, Any] = {
        "invoices": bulk.as_rows(Invoice, INVOICE_FIELDS, invoices),
        "taxes": bulk.as_rows(InvoiceTax, TAX_FIELDS, taxes),
        "seller": Jsonb(snapshots.seller(seller)),
        "version": CALCULATION_VERSION,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS.format(**named), values)
    bulk.copy_rows(InvoiceItem, ITEM_FIELDS, items)
