"""How far the tax of the same lines may differ when they stand on more or fewer documents (product.md §11.4). Pure.

Tax is rounded once per document, category and rate, by half a cent at most. So n separate invoices differ from one
aggregated one by at most 0.005 × (n + 1); the net never differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from invoicing.totals import ZERO, Totals

HALF_A_CENT: Final = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class RoundingDifference:
    """One tax category and rate in two ways to document the same lines: its base, its tax each way, and the bound."""

    category: str
    rate: Decimal
    base: Decimal
    before: Decimal
    after: Decimal
    documents: int

    @property
    def amount(self) -> Decimal:
        """How much more tax the second way has."""
        return self.after - self.before

    @property
    def bound(self) -> Decimal:
        """The most that it can differ by: half a cent for every document that rounds, both ways together."""
        return HALF_A_CENT * self.documents


def rounding_of(before: Sequence[Totals], after: Sequence[Totals]) -> list[RoundingDifference]:
    """The tax of the same lines in two ways, by category and rate. Raises ValueError when the bases differ."""
    one, other = _by_rate(before), _by_rate(after)
    if {key: base for key, (base, _tax, _n) in one.items()} != {key: base for key, (base, _tax, _n) in other.items()}:
        msg = "the two ways do not document the same lines"
        raise ValueError(msg)
    return [
        RoundingDifference(*key, base, tax, other[key][1], count + other[key][2])
        for key, (base, tax, count) in sorted(one.items())
    ]


def _by_rate(documents: Sequence[Totals]) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal, int]]:
    found: defaultdict[tuple[str, Decimal], tuple[Decimal, Decimal, int]] = defaultdict(lambda: (ZERO, ZERO, 0))
    for totals in documents:
        for row in totals.subtotals:
            base, tax, count = found[row.category, row.rate]
            found[row.category, row.rate] = base + row.base, tax + row.tax, count + 1
    return dict(found)
