"""Lines and totals of a credit invoice: what is taken back of issued lines, taxed as they were. Pure.

A credit has positive amounts; the credit of a discount, itself a negative line, is negative. Tax is the difference of
the tax on all that was credited by then and before: over all credits it is never more than the invoice's own tax, and
equal to it once everything is credited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from config.kernel.money import round_half_up
from config.kernel.periods import Period
from invoicing.enums import ChargeKind
from invoicing.proration import line_net
from invoicing.totals import TaxSubtotal, Totals, tax_of

ZERO = Decimal("0.00")
Category = tuple[str, Decimal]


class OverCredited(ValueError):
    """More than the line has left."""


@dataclass(frozen=True, slots=True)
class Line:
    """An issued line and what is left of it: `room` is net, `units` those that were not given back as a whole."""

    item_id: int
    position: int
    quantity: int
    unit_price: Decimal
    factor: tuple[int, int]
    period: Period
    net: Decimal
    category: str
    rate: Decimal
    kind: ChargeKind
    room: Decimal
    units: int

    @property
    def is_untouched(self) -> bool:
        """Nothing of it was credited."""
        return self.room == self.net and self.units == self.quantity


@dataclass(frozen=True, slots=True)
class Part:
    """What a credit takes of one line, as it will be printed. `charge_id` is the refund behind an automatic one."""

    item_id: int
    kind: ChargeKind
    period: Period
    quantity: int
    unit_price: Decimal
    counted: tuple[int, int]
    net: Decimal
    category: str
    rate: Decimal
    charge_id: int | None = None


def by_quantity(line: Line, units: int) -> Part:
    """So many units for the whole period; the last ones take the cents that rounding has left. Raises OverCredited."""
    if not 0 < units <= line.units:
        raise OverCredited
    net = line_net(units, line.unit_price, Fraction(*line.factor))
    return _part(line, quantity=units, net=_fitting(line, net, is_last=units == line.units))


def by_period(line: Line, period: Period, units: int) -> Part:
    """Some days of the line's period for so many units, in actual days. Raises OverCredited."""
    if not (line.period.start <= period.start and period.end <= line.period.end and 0 < units <= line.units):
        raise OverCredited
    if period == line.period:
        return by_quantity(line, units)
    factor = Fraction(*line.factor) * Fraction(period.days, line.period.days)
    net = _fitting(line, line_net(units, line.unit_price, factor), is_last=False)
    return _part(line, quantity=units, net=net, period=period, counted=(factor.numerator, factor.denominator))


def by_amount(line: Line, amount: Decimal) -> Part:
    """An amount in cents off the line. Raises OverCredited."""
    if not 0 < amount <= line.room:
        raise OverCredited
    return _part(
        line, quantity=1, unit_price=amount, counted=(1, 1), net=round_half_up(amount), kind=ChargeKind.DISCOUNT
    )


def rest(line: Line) -> Part | None:
    """All that is left of the line; None when nothing is."""
    if line.is_untouched:
        return _part(line, quantity=line.quantity, net=line.net)
    if not line.room:
        return None
    sign = 1 if line.room > 0 else -1
    return _part(line, quantity=sign, unit_price=abs(line.room), counted=(1, 1), net=line.room, kind=ChargeKind.REFUND)


def _fitting(line: Line, net: Decimal, *, is_last: bool) -> Decimal:
    if is_last and line.room - net and abs(line.room - net) <= Decimal("0.01") * max(1, line.quantity):
        return line.room
    if net > line.room:
        raise OverCredited
    return net


def _part(
    line: Line,
    *,
    quantity: int,
    net: Decimal,
    unit_price: Decimal | None = None,
    counted: tuple[int, int] | None = None,
    period: Period | None = None,
    kind: ChargeKind | None = None,
) -> Part:
    return Part(
        item_id=line.item_id,
        kind=kind or line.kind,
        period=period or line.period,
        quantity=quantity,
        unit_price=line.unit_price if unit_price is None else unit_price,
        counted=counted or line.factor,
        net=net,
        category=line.category,
        rate=line.rate,
    )


def totals_of(parts: Iterable[Part], credited: Mapping[Category, Decimal]) -> Totals:
    """The totals of a credit; `credited` are the bases that earlier credits of the same invoice have."""
    bases: defaultdict[Category, Decimal] = defaultdict(lambda: ZERO)
    for part in parts:
        bases[part.category, part.rate] += part.net
    subtotals = []
    for (category, rate), base in sorted(bases.items()):
        before = credited.get((category, rate), ZERO)
        subtotals.append(TaxSubtotal(category, rate, base, tax_of(before + base, rate) - tax_of(before, rate)))
    net = sum((row.base for row in subtotals), ZERO)
    tax = sum((row.tax for row in subtotals), ZERO)
    return Totals(net=net, tax=tax, gross=net + tax, subtotals=tuple(subtotals))
