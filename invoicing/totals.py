"""Totals of one document: net by addition, tax once per category and rate, gross by addition (EN 16931 BR-CO-10…17).

Pure. All amounts are in the document's one currency, in cents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from config.kernel.money import round_half_up

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """The net of one line, and how it is taxed: an EN 16931 category and a rate in percent."""

    net: Decimal
    category: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One row of the tax table: the sum of net lines of a category and rate, and the tax on that sum."""

    category: str
    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What the foot of the document says."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    subtotals: tuple[TaxSubtotal, ...]


def tax_of(base: Decimal, rate: Decimal) -> Decimal:
    """Tax on a base at a rate in percent, half up to the cent."""
    return round_half_up(base * rate / 100)


def totals_of(lines: Iterable[TaxedAmount]) -> Totals:
    """Sum the lines; tax is rounded once per category and rate, never per line (reliability.md I01–I04)."""
    bases: defaultdict[tuple[str, Decimal], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        bases[line.category, line.rate] += line.net
    subtotals = tuple(
        TaxSubtotal(category, rate, base, tax_of(base, rate)) for (category, rate), base in sorted(bases.items())
    )
    net = sum((row.base for row in subtotals), ZERO)
    tax = sum((row.tax for row in subtotals), ZERO)
    return Totals(net=net, tax=tax, gross=net + tax, subtotals=subtotals)
