"""The figures of a certificate: what a run has billed, counted four ways, and what it has left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Case, Count, F, QuerySet, Sum, When

from accounts.models import Account
from config.kernel.money import round_half_up
from invoicing.enums import DocumentType
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem, InvoiceTax, RunCertificate
from invoicing.selectors.due import unbilled_schedules, uninvoiced_of

EQUAL: Final = (
    ("charges", "lines", "count"),
    ("charges_net", "lines_net", "net"),
    ("lines_net", "bases", "net"),
    ("bases", "documents_net", "net"),
    ("taxes", "documents_tax", "tax"),
)


def sums_of(run: BillingRun) -> list[dict[str, Any]]:
    """Counts and sums of the run per currency: charges, lines, tax table, documents. Amounts as text; four queries."""
    rows: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    own = {"invoice__run_item__run": run}
    charges = Charge.objects.filter(invoice_item__invoice__run_item__run=run)
    for currency, count, net in charges.values_list("currency").annotate(n=Count("pk"), total=Sum("net")):
        rows[currency] |= {"charges": count, "charges_net": net}
    for row in _signed(InvoiceItem.objects.filter(**own), "invoice__", lines_net="net", count="lines"):
        rows[row.pop("of")] |= row
    for row in _signed(InvoiceTax.objects.filter(**own), "invoice__", bases="base", taxes="tax"):
        rows[row.pop("of")] |= row
    documents = Invoice.objects.filter(run_item__run=run)
    names = {"documents_net": "net", "documents_tax": "tax", "gross": "gross"}
    for row in _signed(documents, "", count="documents", **names):
        rows[row.pop("of")] |= row
    return [{"currency": currency, **_texts(row)} for currency, row in sorted(rows.items())]


def _signed(rows: QuerySet[Any], invoice: str, *, count: str = "", **sums: str) -> Iterable[dict[str, Any]]:
    """Sums per currency in which credits count negative; `of` is the currency."""
    is_credit = When(**{f"{invoice}document_type": DocumentType.CREDIT}, then=-1)
    sign = Case(is_credit, default=1)
    totals = {name: Sum(F(field) * sign) for name, field in sums.items()}
    counted = {count: Count("pk")} if count else {}
    return list(rows.values(of=F(f"{invoice}currency")).annotate(**counted, **totals))


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(round_half_up(value)) for name, value in row.items()}


def unequal(sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pairs of figures that should be equal and are not."""
    return [
        {"currency": row["currency"], "of": kind, "first": one, "second": other}
        | {"first_value": row.get(one), "second_value": row.get(other)}
        for row in sums
        for one, other, kind in EQUAL
        if row.get(one) != row.get(other)
    ]


def left_of(run: BillingRun) -> list[dict[str, Any]]:
    """What was due by the run's day and is in no document: by account, with the reason. Zero amounts are not missed."""
    charges = uninvoiced_of(run).exclude(net=0).values_list("bill_to_id", "currency")
    services = unbilled_schedules(run).values_list("bill_to_id", "currency")
    found: dict[int, dict[str, Any]] = {}
    for bill_to, currency, count, net in charges.annotate(n=Count("pk"), total=Sum("net")):
        found[bill_to] = {"currency": currency, "charges": count, "net": str(net), "services": 0}
    for bill_to, currency, count in services.annotate(n=Count("pk")):
        known = found.setdefault(bill_to, {"currency": currency, "charges": 0, "net": "0.00"})
        known["services"] = count
    items = {item.bill_to_id: item for item in run.items.filter(bill_to__in=found)}
    accounts = Account.objects.filter(pk__in=found).order_by("code")
    return [
        {
            "account": account.code,
            "name": account.name,
            "state": items[account.pk].state if account.pk in items else "",
            "reason": items[account.pk].reason if account.pk in items else "",
            **found[account.pk],
        }
        for account in accounts
    ]


def certificate_of(run: BillingRun) -> RunCertificate | None:
    """The certificate of a finished run, None before."""
    return RunCertificate.objects.filter(run=run).first()
