"""The documents that due lines make, and a fingerprint that says whether two calculations are the same. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.enums import ChargeKind, SplitReason
from invoicing.grouping import Beneficiary, Group, GroupKey, alphabetical, groups_of
from invoicing.rating import Rated
from invoicing.tax import Treatment
from invoicing.totals import TaxedAmount, Totals, totals_of


@dataclass(frozen=True, slots=True)
class Texts:
    """What the line prints, copied as it stands on the schedule."""

    product_name: str
    mode: str
    sku: str = ""
    service_reference: str = ""
    order_reference: str = ""
    tenant_domain: str = ""
    partner_id: str = ""
    price_source: str = ""


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line to be: a charge that exists (`charge_id`), or one that issuing will cut (None)."""

    beneficiary: Beneficiary
    treatment: Treatment
    currency: str
    rated: Rated
    texts: Texts
    schedule_id: int | None
    change_id: int | None
    charge_id: int | None = None
    supplied_on: date | None = None
    """For a refund: the first day of what it takes back, so that both stand on one invoice."""

    @property
    def net(self) -> Decimal:
        """The net amount in cents."""
        return self.rated.net

    @property
    def period_start(self) -> date:
        """The first day of the supply, which says the month of supply."""
        return self.supplied_on or self.rated.period.start

    @property
    def line_order(self) -> tuple[object, ...]:
        """By product, service, then time; the rest makes the order total."""
        return (
            alphabetical(self.texts.product_name),
            self.texts.service_reference,
            self.schedule_id or 0,
            self.rated.period.start,
            self.rated.kind is ChargeKind.REFUND,
            str(self.rated.kind),
            self.rated.seq,
            self.charge_id or 0,
        )

    @property
    def identity(self) -> list[object]:
        """What makes it the same line in two calculations, cut or not."""
        return [
            self.schedule_id or f"charge {self.charge_id}",
            self.rated.seq,
            str(self.rated.kind),
            self.rated.period.start.isoformat(),
            self.rated.period.end.isoformat(),
            self.rated.quantity,
            f"{self.rated.unit_price.normalize():f}",
            str(self.rated.net),
            self.treatment.category,
            f"{self.treatment.rate.normalize():f}",
            self.treatment.note,
        ]


@dataclass(frozen=True, slots=True)
class Draft:
    """One invoice as it would be issued."""

    group: Group
    lines: tuple[DueLine, ...]
    totals: Totals
    split_by: tuple[SplitReason, ...]
    """Why its lines do not stand together with others of the same beneficiary, or of the aggregated invoice."""


def drafts_of(
    lines: Iterable[DueLine], *, bill_to: int, separate: Collection[int], by_supply_month: bool = False
) -> list[Draft]:
    """The invoices of one bill-to, in the order in which they get their numbers."""
    groups = groups_of(lines, bill_to=bill_to, separate=separate, by_supply_month=by_supply_month)
    return [_draft(group, _split_by(group.key, groups)) for group in groups]


def _split_by(key: GroupKey, groups: Sequence[Group]) -> tuple[SplitReason, ...]:
    """What differs between the group and others that could share its document."""
    keys = [group.key for group in groups if group.key.separate_for == key.separate_for]
    same_currency = [other for other in keys if other.currency == key.currency]
    same_tax = [other for other in same_currency if other.exemption == key.exemption]
    found = (
        (SplitReason.CURRENCY, len({other.currency for other in keys})),
        (SplitReason.TREATMENT, len({other.exemption for other in same_currency})),
        (SplitReason.MONTH, len({other.supply_month for other in same_tax})),
    )
    return tuple(reason for reason, kinds in found if kinds > 1)


def _draft(group: Group, split_by: tuple[SplitReason, ...]) -> Draft:
    lines = tuple(line for line in group.lines if isinstance(line, DueLine))
    totals = totals_of(TaxedAmount(line.net, line.treatment.category, line.treatment.rate) for line in lines)
    return Draft(group, lines, totals, split_by)


def fingerprint(drafts: Sequence[Draft], corrections: Sequence[list[object]] = ()) -> str:
    """SHA-256 over what the documents say, except names and dates of issue: equal when the results are equal."""
    content: list[object] = [
        [
            draft.group.separate_for.id if draft.group.separate_for else None,
            draft.group.key.currency,
            str(draft.totals.net),
            str(draft.totals.tax),
            [line.identity for line in draft.lines],
        ]
        for draft in drafts
    ]
    content += corrections
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest() if content else ""


def waiting_discounts(drafts: Iterable[Draft]) -> list[DueLine]:
    """The discounts that do not fit: on a document that would be below zero, those that came last.

    A discount stands whole or waits whole; the older ones stand as long as the document stays at zero or above.
    """
    waiting = []
    for draft in drafts:
        left = draft.totals.net
        discounts = [line for line in draft.lines if line.rated.kind is ChargeKind.DISCOUNT]
        for line in sorted(discounts, key=lambda line: (line.period_start, line.charge_id or 0), reverse=True):
            if left < 0:
                left -= line.net
                waiting.append(line)
    return waiting
