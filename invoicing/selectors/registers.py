"""The register of a number series: every number in order, and the proof that none is missing and none goes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Max, Q, QuerySet, Sum, Window
from django.db.models.functions import Lag

from config.kernel.money import Money
from invoicing.models import Invoice, NumberSeries

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What the register proves: as many documents as the last number says, no gap, no date that goes back."""

    count: int
    last_number: int
    highest: int
    gaps: list[tuple[int, int]]
    """Sequences without a document: the first and the last that are missing."""
    backwards: list[tuple[str, date, date]]
    """Numbers with an earlier date than the one before: number, its date, the date before."""

    @property
    def is_gap_free(self) -> bool:
        """Every number from 1 to the last stands on exactly one document."""
        return not self.gaps and self.count == self.last_number == self.highest

    @property
    def is_chronological(self) -> bool:
        """No later number has an earlier date."""
        return not self.backwards


def register_of(series: NumberSeries) -> QuerySet[Invoice]:
    """The documents of a series in the order of their numbers."""
    return (
        Invoice.objects.filter(series=series).select_related("bill_to", "beneficiary", "corrects").order_by("sequence")
    )


def proof_of(series: NumberSeries) -> Proof:
    """Walk the series once for the count, the gaps and the dates; three queries whatever its length."""
    rows = Invoice.objects.filter(series=series)
    facts = rows.aggregate(count=Count("pk"), highest=Max("sequence"))
    walk = rows.annotate(
        before=Window(Lag("sequence", default=0), order_by="sequence"),
        day_before=Window(Lag("issued_on"), order_by="sequence"),
    )
    gaps = walk.filter(~Q(sequence=F("before") + 1)).order_by("sequence").values_list("before", "sequence")[:SHOWN]
    back = walk.filter(issued_on__lt=F("day_before")).order_by("sequence")
    return Proof(
        count=facts["count"],
        last_number=series.last_number,
        highest=facts["highest"] or 0,
        gaps=[(before + 1, found - 1) for before, found in gaps],
        backwards=list(back.values_list("number", "issued_on", "day_before")[:SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class RegisterTotal:
    """The sums of a series in one currency."""

    documents: int
    net: Money
    tax: Money
    gross: Money


def totals_of(series: NumberSeries) -> list[RegisterTotal]:
    """The sums of the series per currency."""
    rows = Invoice.objects.filter(series=series).values_list("currency").order_by("currency")
    found = rows.annotate(n=Count("pk"), net_=Sum("net"), tax_=Sum("tax"), gross_=Sum("gross"))
    return [
        RegisterTotal(count, *(Money(Decimal(amount), currency) for amount in amounts))
        for currency, count, *amounts in found
    ]
