"""What the reseller's pages of invoices read. Every function takes the reseller's account: there is no unscoped one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, DecimalField, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, JSONObject

from accounts.enums import PurchaseMode
from accounts.models import Account
from config.kernel.money import Money
from invoicing.enums import DocumentType, FileKind, InvoiceStatus
from invoicing.models import Invoice, InvoiceFile, InvoiceItem, InvoiceTax, PaymentAllocation, Reminder

SOON: Final = timedelta(days=30)
AMOUNT: Final = DecimalField(max_digits=14, decimal_places=2)
NOTHING: Final = Value(Decimal("0.00"), output_field=AMOUNT)
MOST_CHOICES: Final = 500


class Tab(Enum):
    """The saved views of the list."""

    ALL = "all"
    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDITS = "credits"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader looks for: a text, and for whom. `who` is a purchase mode or the public id of an account."""

    query: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts per tab within the filters, and sums (gross) over everything."""

    counts: Mapping[Tab, int]
    open: Money
    open_count: int
    overdue: Money
    overdue_count: int
    soon: Money
    soon_count: int
    unused_credit: Money


def invoices_of(account: Account) -> QuerySet[Invoice]:
    """All documents addressed to the account."""
    return Invoice.objects.filter(bill_to=account)


def tab_condition(tab: Tab, on: date) -> Q:
    """Which documents a tab shows on a day (the distributor's date)."""
    debit = Q(document_type=DocumentType.DEBIT)
    return {
        Tab.ALL: Q(pk__isnull=False),
        Tab.OPEN: debit & Q(balance__open_amount__gt=0),
        Tab.OVERDUE: debit & Q(balance__open_amount__gt=0, due_on__lt=on),
        Tab.PAID: debit & Q(balance__open_amount=0),
        Tab.CREDITS: Q(document_type=DocumentType.CREDIT),
    }[tab]


def filter_condition(filters: Filters) -> Q:
    """The documents that hold the text, and at least one line for whom was chosen."""
    lines = InvoiceItem.objects.filter(invoice=OuterRef("pk"))
    condition = Q(pk__isnull=False)
    if filters.who in PurchaseMode.values:
        condition &= Q(Exists(lines.filter(mode=filters.who)))
    elif filters.who:
        condition &= Q(Exists(lines.filter(beneficiary__public_id=filters.who)))
    if filters.query:
        inside = (
            Q(beneficiary_name__icontains=filters.query)
            | Q(order_reference__icontains=filters.query)
            | Q(service_reference__icontains=filters.query)
            | Q(product_name__icontains=filters.query)
        )
        condition &= Q(number__icontains=filters.query) | Q(Exists(lines.filter(inside)))
    return condition


def figures(account: Account, *, filters: Filters, on: date) -> Figures:
    """Counts and sums in one query."""
    wanted = filter_condition(filters)
    facts: dict[str, Any] = {f"count_{tab.value}": Count("pk", filter=wanted & tab_condition(tab, on)) for tab in Tab}
    soon = tab_condition(Tab.OPEN, on) & Q(due_on__gte=on, due_on__lte=on + SOON)
    parts = {
        "open": tab_condition(Tab.OPEN, on),
        "overdue": tab_condition(Tab.OVERDUE, on),
        "soon": soon,
        "unused": tab_condition(Tab.CREDITS, on) & Q(balance__open_amount__gt=0),
    }
    for name, condition in parts.items():
        facts[name] = Coalesce(Sum("balance__open_amount", filter=condition), NOTHING)
        facts[f"{name}_count"] = Count("pk", filter=condition)
    row = invoices_of(account).aggregate(**facts)
    return Figures(
        counts={tab: row[f"count_{tab.value}"] for tab in Tab},
        open=Money(row["open"], account.currency),
        open_count=row["open_count"],
        overdue=Money(row["overdue"], account.currency),
        overdue_count=row["overdue_count"],
        soon=Money(row["soon"], account.currency),
        soon_count=row["soon_count"],
        unused_credit=Money(row["unused"], account.currency),
    )


def listed(account: Account, *, tab: Tab, filters: Filters, on: date) -> QuerySet[Invoice]:
    """The documents of a tab with all that a row prints, newest first; what is owed, earliest due first."""
    found = invoices_of(account).filter(tab_condition(tab, on), filter_condition(filters))
    users = (
        InvoiceItem.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("mode")
        .annotate(users=Count("beneficiary", distinct=True), first=Min("beneficiary_name"))
        .values(json=JSONObject(mode="mode", users="users", first="first"))
    )
    order = ("due_on", "pk") if tab in (Tab.OPEN, Tab.OVERDUE) else ("-issued_on", "-pk")
    return (
        found.select_related("balance", "corrects")
        .annotate(users=ArraySubquery(users), credited=credited_of())
        .order_by(*order)
    )


def credited_of() -> Coalesce:
    """What of an invoice was settled by credit invoices."""
    settled = PaymentAllocation.objects.filter(invoice=OuterRef("pk"), credit__isnull=False).order_by()
    total = settled.values("invoice").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=AMOUNT), NOTHING)


def one_of(account: Account, public_id: str) -> QuerySet[Invoice]:
    """The one document of the account with this public id, with what its page prints beside lines, tax and payments."""
    files = InvoiceFile.objects.filter(invoice=OuterRef("pk")).order_by("kind")
    text = {name: Cast(name, CharField()) for name in ("rate", "base", "tax")}
    tax = InvoiceTax.objects.filter(invoice=OuterRef("pk")).order_by("pk")
    taxes = tax.values(json=JSONObject(category="category", note="note", **text))
    reminders = Reminder.objects.filter(invoice=OuterRef("pk")).order_by("step")
    corrections = Invoice.objects.filter(corrects=OuterRef("pk")).order_by("pk")
    return (
        invoices_of(account)
        .filter(public_id=public_id)
        .select_related("balance", "corrects", "rendering", "beneficiary")
        .annotate(
            credited=credited_of(),
            file_made_at=Subquery(files.filter(kind=FileKind.PDF).values("made_at")),
            file_kinds=ArraySubquery(files.values("kind")),
            tax_rows=ArraySubquery(taxes),
            reminded=ArraySubquery(reminders.values("letter__at")),
            corrected_by=ArraySubquery(corrections.values(json=JSONObject(number="number", public_id="public_id"))),
        )
    )


def taxes_of(invoice: Invoice) -> list[InvoiceTax]:
    """The tax rows that came with `one_of`; amounts travel as text, JSON numbers would be floats."""
    rows: list[dict[str, str]] = invoice.tax_rows  # type: ignore[attr-defined]  # annotated by one_of
    exact = [{name: Decimal(row[name]) for name in ("rate", "base", "tax")} for row in rows]
    return [
        InvoiceTax(invoice=invoice, category=row["category"], note=row["note"], **amounts)
        for row, amounts in zip(rows, exact, strict=True)
    ]


def settlements(invoice: Invoice) -> list[PaymentAllocation]:
    """What settled an invoice, or what a credit invoice was used for, oldest first."""
    side = {"credit": invoice} if invoice.is_credit else {"invoice": invoice}
    rows = PaymentAllocation.objects.filter(**side).select_related("payment", "credit", "invoice")
    return list(rows.order_by("at", "pk"))


def status_of(invoice: Invoice, on: date) -> InvoiceStatus:
    """The state of a document read by `listed` or `one_of`."""
    credited: Decimal = getattr(invoice, "credited", Decimal(0))
    return invoice.status(open_amount=invoice.balance.open_amount, on=on, credited=credited)


def paid_of(invoice: Invoice) -> Decimal:
    """What of a document read by `one_of` is settled: by money for an invoice, against invoices for a credit."""
    credited: Decimal = getattr(invoice, "credited", Decimal(0))
    return invoice.gross - invoice.balance.open_amount - credited


def beneficiaries(account: Account) -> list[Account]:
    """For whom the account may have documents: its sub-customers by kind and name, at most 500 (search finds more)."""
    return list(account.sub_customers.order_by("kind", F("name_key"), "pk")[:MOST_CHOICES])
