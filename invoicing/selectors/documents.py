"""Builds the frozen document from an issued invoice, and reads what the pages of invoices show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.einvoice.reading import Said
from invoicing.enums import ChargeKind, RenderState, SplitReason
from invoicing.models import Invoice, InvoiceItem, InvoiceRendering, InvoiceTax
from invoicing.rendering.document import (
    Address,
    Beneficiary,
    Buyer,
    Correction,
    DocumentKind,
    Endpoint,
    Factor,
    InvoiceDocument,
    Layout,
    Line,
    Payment,
    Section,
    Seller,
    Tax,
    section_key,
)

HOURS_A_DAY = 24


def for_document(invoice_id: int) -> Invoice:
    """The invoice with the one it corrects. Raises DoesNotExist."""
    return Invoice.objects.select_related("corrects").get(pk=invoice_id)


def failed_renderings() -> QuerySet[InvoiceRendering]:
    """Renderings that were given up, oldest first, with invoice and bill-to: work for the staff."""
    rows = InvoiceRendering.objects.filter(state=RenderState.FAILED).select_related("invoice__bill_to")
    return rows.order_by("due_at", "pk")


def build(invoice: Invoice, *, taxes: Sequence[InvoiceTax] | None = None) -> InvoiceDocument:
    """The document of an issued invoice, from its own columns only: two queries (items, tax rows unless in hand)."""
    items = InvoiceItem.objects.filter(invoice=invoice).select_related("credits_item").order_by("position")
    if taxes is None:
        taxes = list(InvoiceTax.objects.filter(invoice=invoice))
    return assemble(invoice, list(items), sorted(taxes, key=lambda row: (-row.rate, row.category)))


def assemble(invoice: Invoice, items: Iterable[InvoiceItem], taxes: Iterable[InvoiceTax]) -> InvoiceDocument:
    """The same from rows in hand: no query."""
    return InvoiceDocument(
        kind=DocumentKind.CREDIT if invoice.is_credit else DocumentKind.INVOICE,
        layout=Layout.SEPARATE if invoice.beneficiary_id else Layout.AGGREGATED,
        language=invoice.language,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=None if invoice.is_credit else invoice.due_on,
        currency=invoice.currency,
        seller=seller_of(invoice.seller),
        buyer=buyer_of(invoice.buyer),
        sections=_sections(items),
        taxes=tuple(_tax(row, invoice.currency) for row in taxes),
        net=Money(invoice.net, invoice.currency),
        tax=Money(invoice.tax, invoice.currency),
        gross=Money(invoice.gross, invoice.currency),
        payment=_payment(invoice),
        corrects=_correction(invoice),
        notes=tuple(line for line in invoice.notes.splitlines() if line.strip()),
        split_by=split_by(invoice),
    )


def split_by(invoice: Invoice) -> tuple[str, ...]:
    """Why it stands alone: values of SplitReason, or the sentence of a document from before there were such values."""
    codes = tuple(code for code in invoice.split_reason.split(",") if code)
    return codes if set(codes) <= set(SplitReason.values) else (invoice.split_reason,)


def recorded(invoice_id: int) -> Said:
    """What the database has recorded, summed by the database itself: one query."""
    items = InvoiceItem.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    taxes = InvoiceTax.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    row = Invoice.objects.annotate(
        lines=Subquery(items.annotate(count=Count("pk")).values("count")),
        line_sum=Subquery(items.annotate(sum=Sum("net")).values("sum")),
        tax_sum=Subquery(taxes.annotate(sum=Sum("tax")).values("sum")),
    ).get(pk=invoice_id)
    kind = DocumentKind.CREDIT if row.is_credit else DocumentKind.INVOICE
    sums = row.lines or 0, row.line_sum or Decimal("0.00"), row.tax_sum or Decimal("0.00")
    return Said(row.number, kind.value, row.currency, row.net, row.tax, row.gross, *sums)


def _address(facts: Mapping[str, Any]) -> Address:
    return Address(
        line1=facts.get("address_line1", ""),
        line2=facts.get("address_line2", ""),
        postcode=facts.get("postcode", ""),
        city=facts.get("city", ""),
        region=facts.get("region", ""),
        country=facts.get("country", ""),
    )


def seller_of(facts: Mapping[str, Any]) -> Seller:
    """The distributor from the facts that a document keeps of it."""
    return Seller(
        legal_name=facts["legal_name"],
        trade_name=facts.get("trade_name", ""),
        address=_address(facts),
        vat_number=facts.get("vat_number", ""),
        register_entry=facts.get("register_entry", ""),
        email=facts.get("email", ""),
        phone=facts.get("phone", ""),
        accent_colour=facts.get("accent_colour", ""),
        endpoint=_endpoint(facts),
    )


def buyer_of(facts: Mapping[str, Any]) -> Buyer:
    """The bill-to from the facts that a document keeps of it."""
    return Buyer(
        facts["code"],
        facts["name"],
        _address(facts),
        facts.get("vat_number", ""),
        _endpoint(facts),
        facts.get("buyer_reference", ""),
    )


def _endpoint(facts: Mapping[str, Any]) -> Endpoint | None:
    return Endpoint(facts["peppol_scheme"], facts["peppol_id"]) if facts.get("peppol_id") else None


def _payment(invoice: Invoice) -> Payment:
    facts = invoice.payment
    days = facts.get("days")
    return Payment(
        account_holder=facts.get("account_holder") or invoice.seller["legal_name"],
        iban=facts.get("iban", ""),
        bic=facts.get("bic", ""),
        bank_name=facts.get("bank_name", ""),
        reference=facts.get("reference") or f"{invoice.buyer['code']} {invoice.number}",
        method=facts.get("method", ""),
        days=None if days is None else int(days),
    )


def _correction(invoice: Invoice) -> Correction | None:
    if invoice.corrects is None:
        return None
    return Correction(invoice.corrects.number, invoice.corrects.issued_on, invoice.reason)


def _tax(row: InvoiceTax, currency: str) -> Tax:
    return Tax(row.category, Decimal(row.rate), Money(row.base, currency), Money(row.tax, currency), row.note)


def _sections(items: Iterable[InvoiceItem]) -> tuple[Section, ...]:
    groups: dict[tuple[str, str], list[InvoiceItem]] = {}
    for item in items:
        groups.setdefault((item.mode, item.beneficiary_code), []).append(item)
    sections = [_section(group) for group in groups.values()]
    return tuple(sorted(sections, key=lambda section: section_key(section.beneficiary)))


def _section(items: list[InvoiceItem]) -> Section:
    first = items[0]
    beneficiary = Beneficiary(
        code=first.beneficiary_code,
        name=first.beneficiary_name,
        mode=first.mode,
        partner_id=_all_of(item.partner_id for item in items),
        tenant_domain=_all_of(item.tenant_domain for item in items),
    )
    net = sum((item.net for item in items), Decimal("0.00"))
    return Section(beneficiary, tuple(line(item) for item in items), Money(net, first.currency))


def _all_of(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def line(item: InvoiceItem) -> Line:
    """One line as it is printed. A whole period needs no word for its kind; every other kind names itself."""
    kind = "" if item.kind in (ChargeKind.CYCLE, ChargeKind.STUB) else str(ChargeKind(item.kind).label)
    return Line(
        position=item.position,
        product=item.product_name,
        sku=item.sku,
        service_reference=item.service_reference,
        order_reference=item.order_reference,
        period=Period(item.period.lower, item.period.upper) if item.period else None,
        quantity=Decimal(item.quantity),
        unit_price=item.unit_price,
        factor=factor_of(item),
        net=Money(item.net, item.currency),
        price_source=item.price_source,
        kind=kind,
        tax_category=item.tax_category,
        tax_rate=Decimal(item.tax_rate),
        credited=line(item.credits_item) if item.credits_item_id is not None and item.credits_item else None,
        tenant_domain=item.tenant_domain,
        partner_id=item.partner_id,
    )


def factor_of(item: InvoiceItem) -> Factor:
    """The stored factor as it was counted: the charge keeps it in lowest terms, the period knows the days.

    6 of 30 days is stored as 1/5; on paper it has to be 6/30, so that a reader can count it again.
    """
    part, whole, unit = item.factor_numerator, item.factor_denominator, factor_unit(item)
    days = (item.period.upper - item.period.lower).days if item.period else 0
    if unit == "days" and part != whole and part > 0 and days % part == 0:
        times = days // part
        return Factor(part * times, whole * times, unit)
    return Factor(part, whole, unit)


def factor_unit(item: InvoiceItem) -> str:
    """What the factor counts: hours only for refunds by the hour, whose factor is not that of the days given back."""
    credited = item.credits_item
    if credited is not None and credited.period:
        hours = (credited.period.upper - credited.period.lower).days * HOURS_A_DAY
        return "hours" if item.factor_denominator == hours else "days"
    if item.kind != ChargeKind.REFUND or not item.period:
        return "days"
    by_day = item.factor_numerator in (item.factor_denominator, (item.period.upper - item.period.lower).days)
    return "days" if by_day else "hours"
