"""What differs between two bills of one reseller, service by service, and what of it somebody should look at. Pure.

Amounts are net, in the reseller's one currency. A service is what one schedule charges, or one manual charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from invoicing.enums import RECURRING, ChargeKind, DifferenceKind, RunFlag

ZERO: Final = Decimal("0.00")
TENTH: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line of a bill as the comparison takes it; a credit has a negative net and takes its units back."""

    key: str
    beneficiary: int
    beneficiary_name: str
    product: str
    reference: str
    kind: str
    start: date
    quantity: int
    unit_price: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Service:
    """One service on one bill: units and unit price of its latest billing period, and the sum of all its lines."""

    key: str
    beneficiary: int
    beneficiary_name: str
    product: str
    reference: str
    quantity: int
    unit_price: Decimal
    net: Decimal


def services_of(lines: Iterable[BilledLine]) -> dict[str, Service]:
    """The services of one bill by key."""
    found: dict[str, list[BilledLine]] = {}
    for line in lines:
        found.setdefault(line.key, []).append(line)
    return {key: _service(own) for key, own in found.items()}


def _service(lines: list[BilledLine]) -> Service:
    latest = max(lines, key=lambda line: (line.kind in RECURRING, line.kind != ChargeKind.REFUND, line.start))
    return Service(
        *(latest.key, latest.beneficiary, latest.beneficiary_name, latest.product, latest.reference),
        *(latest.quantity, latest.unit_price, sum((line.net for line in lines), ZERO)),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One service that is not billed as the last time; one of the two sides may be missing, never both."""

    before: Service | None
    after: Service | None

    @property
    def service(self) -> Service:
        """What it is about: the present one, else the past one."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def kind(self) -> DifferenceKind:
        """New, gone or changed."""
        if self.before is None:
            return DifferenceKind.NEW
        return DifferenceKind.GONE if self.after is None else DifferenceKind.CHANGED

    @property
    def before_net(self) -> Decimal:
        """What it cost the last time, zero when it was not there."""
        return self.before.net if self.before else ZERO

    @property
    def after_net(self) -> Decimal:
        """What it costs now, zero when it is gone."""
        return self.after.net if self.after else ZERO

    @property
    def amount(self) -> Decimal:
        """How much more (or, negative, less) it costs."""
        return self.after_net - self.before_net

    @property
    def units(self) -> int:
        """How many units more or less."""
        return (self.after.quantity if self.after else 0) - (self.before.quantity if self.before else 0)

    @property
    def percent(self) -> Decimal | None:
        """The same in percent of the last time; None when there is nothing to compare with."""
        return percent_of(self.amount, self.before_net)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bills of one reseller. `before_net` is None when nothing was billed before."""

    before_net: Decimal | None
    after_net: Decimal
    differences: tuple[Difference, ...] = ()

    @property
    def amount(self) -> Decimal:
        """How much more (or less) it is in all."""
        return self.after_net - (self.before_net or ZERO)

    @property
    def percent(self) -> Decimal | None:
        """The same in percent of the last bill; None when there is nothing to compare with."""
        return percent_of(self.amount, self.before_net or ZERO)

    def count(self, kind: DifferenceKind) -> int:
        """How many services are new, gone or changed."""
        return sum(difference.kind is kind for difference in self.differences)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What makes a difference worth a look: more than this percentage and more than this amount."""

    percent: Decimal
    amount: Decimal

    def exceeded(self, change: Decimal, before: Decimal) -> bool:
        """Whether the change is above both; against nothing billed before the amount alone decides."""
        return abs(change) > self.amount and (not before or abs(change) * 100 > self.percent * abs(before))


def percent_of(amount: Decimal, before: Decimal) -> Decimal | None:
    """The change in percent of what was before, to one decimal; None against zero."""
    return (amount * 100 / abs(before)).quantize(TENTH, ROUND_HALF_UP) if before else None


def compare(
    before: Mapping[str, Service] | None,
    after: Mapping[str, Service],
    *,
    before_net: Decimal | None,
    after_net: Decimal,
) -> Comparison:
    """What changed from one bill to the next, the largest amounts first; services that are the same are left out.

    `before` is None for the first bill of a reseller: then nothing is new, it is all the first.
    """
    if before is None:
        return Comparison(None, after_net)
    pairs = [Difference(before.get(key), after.get(key)) for key in {**before, **after}]
    return Comparison(before_net, after_net, tuple(sorted(filter(_differs, pairs), key=_by_weight)))


def _differs(pair: Difference) -> bool:
    if pair.before is None or pair.after is None:
        return True
    now, then = pair.after, pair.before
    return (now.quantity, now.unit_price, now.net) != (then.quantity, then.unit_price, then.net)


def _by_weight(difference: Difference) -> tuple[Decimal, str, str, str]:
    service = difference.service
    return -abs(difference.amount), service.beneficiary_name, service.product, service.key


def flags_of(comparison: Comparison, thresholds: Thresholds) -> list[RunFlag]:
    """What a person should look at before the bill is issued."""
    if comparison.before_net is None:
        return [RunFlag.FIRST]
    flags = []
    if thresholds.exceeded(comparison.amount, comparison.before_net):
        flags.append(RunFlag.HIGHER if comparison.amount > 0 else RunFlag.LOWER)
    elif any(thresholds.exceeded(row.amount, row.before_net) for row in comparison.differences):
        flags.append(RunFlag.SERVICE)
    if comparison.after_net < 0:
        flags.append(RunFlag.CREDIT)
    return flags
