"""Issued invoices for tests of documents and pages: rows as issuing writes them, without billing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.enums import AccountKind, PurchaseMode
from accounts.models import Account, Organisation
from config.kernel.money import round_half_up
from invoicing.enums import ChargeKind, DocumentType
from invoicing.models import Invoice, InvoiceBalance, InvoiceItem, InvoiceTax, NumberSeries
from invoicing.services import snapshots
from resellers.models import Reseller

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOVEMBER = (date(2026, 11, 1), date(2026, 12, 1))
PRODUCT = "Microsoft 365 E3"


@dataclass(frozen=True)
class Row:
    """One line: who uses it, what, how many, at which price."""

    beneficiary: Account
    product: str = PRODUCT
    quantity: int = 5
    price: str = "12.00"
    factor: tuple[int, int] = (1, 1)
    period: tuple[date, date] = NOVEMBER
    kind: str = ChargeKind.CYCLE


def organisation() -> Organisation:
    made, _ = Organisation.objects.get_or_create(
        pk=1,
        defaults={
            "legal_name": "Aegean Cloud Distribution S.A.",
            "trade_name": "Aegean Cloud Distribution",
            "address_line1": "Leoforos Kymaton 40",
            "city": "Athens",
            "postcode": "176 74",
            "country": "GR",
            "vat_number": "EL000990011",
            "register_entry": "GEMI 000990011000",
            "email": "billing@aegean-cloud.example.com",
            "phone": "+30 210 000 0900",
            "iban": "GR1601101250000000012300695",
            "bic": "ETHNGRAA",
        },
    )
    return made


def account(name: str, code: str, *, kind: str = AccountKind.RESELLER, bill_to: Account | None = None) -> Account:
    made = Account.objects.create(
        code=code,
        kind=kind,
        name=name,
        name_key=name.casefold(),
        country="GR",
        city="Thessaloniki",
        postcode="546 22",
        address_line1="Perdikas Street 41",
        vat_number="EL000327278",
        currency="EUR",
        bill_to=bill_to,
        created_at=NOON,
    )
    if kind == AccountKind.RESELLER:
        Reseller.objects.create(account=made)
    return made


@transaction.atomic
def issue(
    bill_to: Account,
    rows: Sequence[Row],
    *,
    separate: bool = False,
    corrects: Invoice | None = None,
    issued_on: date = date(2026, 11, 1),
    due_on: date | None = None,
    open_amount: str | None = None,
) -> Invoice:
    """One invoice with its items, tax row and balance, numbered next in its series."""
    document_type = DocumentType.CREDIT if corrects else DocumentType.DEBIT
    prefix = "CRN" if corrects else "INV"
    series, _ = NumberSeries.objects.get_or_create(
        document_type=document_type,
        year=2026,
        defaults={"key": f"{prefix}-2026", "prefix": prefix, "last_date": issued_on},
    )
    series.last_number += 1
    series.save(update_fields=["last_number"])
    amounts = [net_of(row) for row in rows]
    net = sum(amounts, Decimal("0.00"))
    tax = round_half_up(net * 24 / 100)
    due = due_on or issued_on + timedelta(days=30)
    number = series.text_of(series.last_number)
    company = organisation()
    invoice = Invoice.objects.create(
        number=number,
        series=series,
        sequence=series.last_number,
        document_type=document_type,
        bill_to=bill_to,
        beneficiary=rows[0].beneficiary if separate else None,
        corrects=corrects,
        reason="Fewer seats" if corrects else "",
        issued_on=issued_on,
        due_on=due,
        currency="EUR",
        net=net,
        tax=tax,
        gross=net + tax,
        seller=snapshots.seller(company),
        buyer=snapshots.buyer(bill_to),
        payment=snapshots.payment(company, reference=f"{bill_to.code} {number}", method="bank transfer", days=30),
        issued_at=NOON,
    )
    InvoiceItem.objects.bulk_create(
        item_of(invoice, at, row, amount) for at, (row, amount) in enumerate(zip(rows, amounts, strict=True), start=1)
    )
    InvoiceTax.objects.bulk_create([InvoiceTax(invoice=invoice, category="S", rate=24, base=net, tax=tax)])
    InvoiceBalance.objects.create(
        invoice=invoice,
        bill_to=bill_to,
        currency="EUR",
        document_type=document_type,
        due_on=due,
        open_amount=Decimal(open_amount) if open_amount is not None else net + tax,
    )
    return invoice


def net_of(row: Row) -> Decimal:
    return round_half_up(row.quantity * Fraction(Decimal(row.price)) * Fraction(*row.factor))


def item_of(invoice: Invoice, position: int, row: Row, net: Decimal) -> InvoiceItem:
    user = row.beneficiary
    mode = PurchaseMode.of(user.kind)
    corrected = invoice.corrects.items.filter(beneficiary=user).first() if invoice.corrects else None
    return InvoiceItem(
        invoice=invoice,
        position=position,
        credits_item=corrected,
        bill_to=invoice.bill_to,
        beneficiary=user,
        beneficiary_code=user.code,
        beneficiary_name=user.name,
        mode=mode,
        tenant_domain=f"{user.code.lower()}.onmicrosoft.com",
        partner_id="9900185" if mode == PurchaseMode.END_CUSTOMER else "",
        product_name=row.product,
        sku="CFQ7TTC0LCHC:0002",
        service_reference=f"S-{position:05d}",
        order_reference="O-2026-00790",
        price_source="Price list EU Gold, version 2026-10",
        kind=row.kind,
        period=DateRange(*row.period),
        quantity=row.quantity,
        unit_price=Decimal(row.price),
        factor_numerator=row.factor[0],
        factor_denominator=row.factor[1],
        net=net,
        tax_category="S",
        tax_rate=24,
        currency="EUR",
    )
