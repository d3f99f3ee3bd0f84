"""Bank files as their pages show them, and what their transfers may pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from accounts.models import Account
from config.kernel.money import Money
from invoicing.bank.files import Plan, Transfer
from invoicing.bank.matching import Book, Open, plain
from invoicing.enums import BankImportState, BankRowState, DocumentType
from invoicing.models import BankImport, BankRow, BankRowPart, InvoiceBalance, NumberSeries

Key = tuple[date, Decimal, str, str, str]


def text_of(transfer: Transfer) -> str:
    """Where numbers and codes are looked for."""
    return plain(f"{transfer.reference} {transfer.payer}")


def book_for(transfers: Sequence[Transfer]) -> Book:
    """All that these transfers may pay: what they name, and what has their amounts. Three queries."""
    debits = NumberSeries.objects.filter(document_type=DocumentType.DEBIT)
    series = {(prefix, year): pk for pk, prefix, year in debits.values_list("pk", "prefix", "year")}
    codes = list(Account.objects.resellers().values_list("code", "pk"))
    finder = Book.of((), codes, series)
    texts = [text_of(transfer) for transfer in transfers]
    named: dict[int, set[int]] = {}
    for text in texts:
        for prefix, year, number in finder.numbers(text):
            named.setdefault(series[prefix, year], set()).add(number)
    coded = {pk for text in texts for pk in finder.coded(text)}
    is_open = Q(open_amount__gt=0)
    wanted = is_open & (Q(bill_to__in=coded) | Q(open_amount__in={transfer.amount for transfer in transfers}))
    for pk, numbers in named.items():
        wanted |= Q(invoice__series=pk, invoice__sequence__in=[number for number in numbers if number < 2**31])
    rows = InvoiceBalance.objects.filter(wanted, document_type=DocumentType.DEBIT).order_by("due_on", "invoice_id")
    names = ("invoice_id", "bill_to_id", "invoice__series__prefix", "invoice__series__year", "invoice__sequence")
    invoices = (
        Open(pk, bill_to, (prefix, year), sequence, currency, open_amount)
        for pk, bill_to, prefix, year, sequence, currency, open_amount in rows.values_list(
            *names, "currency", "open_amount"
        )
    )
    return Book.of(invoices, codes, series)


def booked_keys(account: str, days: set[date]) -> set[Key]:
    """What makes the booked transfers of these value dates unique."""
    rows = BankRow.objects.filter(account=account, value_on__in=days, state=BankRowState.BOOKED)
    return set(rows.values_list("value_on", "amount", "currency", "reference", "bank_id"))


def remembered_plan(*, account: str, layout: str) -> Plan | None:
    """How the last file with these columns of this account was read without an error."""
    earlier = BankImport.objects.filter(account=account, layout=layout, errors=[]).exclude(plan={})
    found = earlier.order_by("-created_at", "-pk").values_list("plan", flat=True).first()
    return Plan.of_json(found) if found else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A file in figures. `total` and `rest` are of the transfers that will be, or were, booked, by currency."""

    counts: Mapping[str, int]
    totals: Sequence[Money]
    rest: Sequence[Money]

    @property
    def transfers(self) -> int:
        """All transfers of the file."""
        return sum(self.counts.values())

    @property
    def undecided(self) -> int:
        """Transfers that a person still has to look at."""
        return self.counts[BankRowState.OPEN]

    @property
    def to_book(self) -> int:
        """Transfers that become payments."""
        return self.counts[BankRowState.READY]


def summary(bank_import: BankImport) -> Summary:
    """Counts by state, and the sums of what is booked."""
    rows = bank_import.rows.order_by()
    counts = Counter(dict(rows.values_list("state").annotate(Count("pk"))))
    kept = rows.filter(state__in=[BankRowState.READY, BankRowState.BOOKED])
    totals = dict(kept.values_list("currency").annotate(Sum("amount")))
    parts = BankRowPart.objects.filter(row__in=kept).order_by().values_list("row__currency").annotate(Sum("amount"))
    settled = dict(parts)
    zero = Decimal("0.00")
    return Summary(
        counts,
        [Money(amount, currency) for currency, amount in sorted(totals.items())],
        [Money(amount - settled.get(currency, zero), currency) for currency, amount in sorted(totals.items())],
    )


def rows_of(bank_import: BankImport, *, state: str = "") -> QuerySet[BankRow]:
    """The transfers in the order of the file, with what they settle."""
    parts = Prefetch("parts", BankRowPart.objects.select_related("invoice").order_by("invoice__due_on", "invoice_id"))
    rows = bank_import.rows.select_related("bill_to", "payment").prefetch_related(parts).order_by("line")
    return rows.filter(state=state) if state in BankRowState.values else rows


def same_file(*, account: str, sha256: str) -> BankImport | None:
    """The same bytes of the same account, unless they were put away."""
    rows = BankImport.objects.filter(account=account, sha256=sha256).exclude(state=BankImportState.DISCARDED)
    return rows.defer("content").first()
