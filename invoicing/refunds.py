"""What a customer gets back (product.md §9.2, §10.3). Pure; amounts are net, in one currency, negative when given back.

A reduction takes back lots, newest first: the purchase, each increase, each renewal is a lot with a window of its own.
Every charge that covers units of such a lot is refunded by the schedule's policy, never beyond what was charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from config.kernel.money import round_half_up
from config.kernel.periods import Period
from invoicing.enums import ChangeKind, ChargeKind, RefundPolicy
from invoicing.proration import line_net

HOUR = timedelta(hours=1)
FULL_REFUND_HOURS = 24
WINDOW_HOURS = 168
HOURS_A_DAY = 24
PRICE_PLACES = 6


class WindowClosed(ValueError):
    """More than 168 hours have passed since the purchase, the renewal or the added seats."""


def day_refund(
    *, quantity: int, unit_price: Decimal, cancel_on: date, cycle: Period, closes: date | None = None
) -> Decimal:
    """Refund by day: the days after the cancel day, which is still charged. Raises ValueError outside the cycle.

    `closes` is the end of what was charged when that is before the end of the cycle.
    """
    if cancel_on not in cycle:
        msg = f"{cancel_on} is not in {cycle.start} – {cycle.end}"
        raise ValueError(msg)
    days_after = ((closes or cycle.end) - cancel_on).days - 1
    return round_half_up(-quantity * Fraction(unit_price) * Fraction(days_after, cycle.days))


def hours_left(
    *, bought_at: datetime, cancelled_at: datetime, charged: Period, counts_from: datetime | None = None
) -> int:
    """How many hours of the charged period come back: all within 24 hours of the purchase, else the unstarted ones.

    The hours used count from `counts_from` (the purchase; the first moment of a period that began after it). Moments
    are aware. Raises WindowClosed after 168 hours (product.md §9.2), ValueError when cancelled before the purchase.
    """
    used = cancelled_at - bought_at
    if used < timedelta(0):
        msg = "cancelled before it was bought"
        raise ValueError(msg)
    if used > WINDOW_HOURS * HOUR:
        msg = "the 168 hours have passed"
        raise WindowClosed(msg)
    hours = charged.days * HOURS_A_DAY
    if used <= FULL_REFUND_HOURS * HOUR:
        return hours
    started = -(-max(timedelta(0), cancelled_at - (counts_from or bought_at)) // HOUR)
    return max(0, hours - started)


def hour_refund(
    *,
    amount: Decimal,
    bought_at: datetime,
    cancelled_at: datetime,
    charged: Period,
    counts_from: datetime | None = None,
) -> Decimal:
    """Refund by started hours of the charged period; all of it within 24 hours of the purchase.

    `amount` is the positive net that was charged for `charged`. Raises as `hours_left` does.
    """
    left = hours_left(bought_at=bought_at, cancelled_at=cancelled_at, charged=charged, counts_from=counts_from)
    return round_half_up(-Fraction(amount) * Fraction(left, charged.days * HOURS_A_DAY))


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a schedule as lots see it; `quantity` is the number of units after it."""

    seq: int
    kind: ChangeKind
    quantity: int
    bought_at: datetime


@dataclass(frozen=True, slots=True)
class Lot:
    """Units bought together, by the change that brought them; `bought_at` opens their window."""

    seq: int
    quantity: int
    bought_at: datetime


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge that may be taken back. `opens_at` is the first moment of its period, `cycle` the full cycle around it.

    `unit_price` is what is left of the price after price cuts. `rooms` are the keys of what limits its refunds: the
    charge itself, and the tax category of its invoice.
    """

    id: int
    kind: ChargeKind
    seq: int
    period: Period
    cycle: Period
    opens_at: datetime
    quantity: int
    unit_price: Decimal
    factor: Fraction
    rooms: tuple[object, ...]

    def covers(self, lot: Lot) -> bool:
        """Whether units of the lot are charged here: an increase is its own lot's, a cycle holds all lots before it."""
        return self.seq == lot.seq if self.kind is ChargeKind.INCREASE else self.seq >= lot.seq


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund to be: of which charge, which days; quantity and net are negative, the factor as it was counted."""

    charge_id: int
    period: Period
    quantity: int
    unit_price: Decimal
    counted: tuple[int, int]
    net: Decimal


def lots_of(moves: Sequence[Move]) -> list[Lot]:
    """The lots that these changes leave, oldest first: fewer units take from the newest, a renewal joins all."""
    lots: list[Lot] = []
    before = 0
    for move in moves:
        if move.kind is ChangeKind.RENEWAL:
            lots = [Lot(move.seq, move.quantity, move.bought_at)]
        elif move.quantity > before:
            lots.append(Lot(move.seq, move.quantity - before, move.bought_at))
        elif move.quantity < before:
            taken = take(lots, before - move.quantity)
            lots = [replace(lot, quantity=left) for lot in lots if (left := lot.quantity - taken.get(lot.seq, 0)) > 0]
        before = move.quantity
    return lots


def take(lots: Sequence[Lot], units: int) -> dict[int, int]:
    """So many units from the newest lots: units by the lot's number."""
    taken: dict[int, int] = {}
    for lot in reversed(lots):
        part = min(units, lot.quantity)
        if part > 0:
            taken[lot.seq] = part
            units -= part
    return taken


def units_in_window(lots: Sequence[Lot], at: datetime) -> int:
    """How many units may still be taken back by the hour, newest first."""
    open_units = 0
    for lot in reversed(lots):
        if at - lot.bought_at > WINDOW_HOURS * HOUR:
            break
        open_units += lot.quantity
    return open_units


def refunds_of(
    policy: RefundPolicy,
    *,
    lots: Sequence[Lot],
    units: int,
    charged: Sequence[Charged],
    on: date,
    at: datetime,
    room: MutableMapping[object, Decimal],
) -> list[Refund]:
    """What comes back when so many units leave on `on`, the first day without them; `at` is the moment of the act.

    `room` is what may still be taken back by key; it is used up. Raises WindowClosed for a unit past its window.
    """
    if policy is RefundPolicy.NONE:
        return []
    taken = take(lots, units)
    found: dict[tuple[object, ...], Refund] = {}
    for lot in reversed(lots):
        for charge in charged:
            if taken.get(lot.seq, 0) and charge.covers(lot):
                part = min(taken[lot.seq], charge.quantity)
                made = _by_day(charge, part, on) if policy is RefundPolicy.DAY else _by_hour(charge, lot, part, on, at)
                key = (made.charge_id, made.period, made.counted, made.unit_price)
                found[key] = _merged(found[key], made, policy, charge) if key in found else made
    by_id = {charge.id: charge for charge in charged}
    return list(_capped(found.values(), by_id, room))


def _merged(one: Refund, other: Refund, policy: RefundPolicy, charge: Charged) -> Refund:
    """Units of two lots in one charge, refunded alike, are one line that is rounded once."""
    quantity = one.quantity + other.quantity
    if policy is RefundPolicy.HOUR and charge.factor != 1:
        return replace(one, quantity=quantity, net=one.net + other.net)
    return replace(one, quantity=quantity, net=line_net(quantity, one.unit_price, Fraction(*one.counted)))


def price_cuts(
    *, lots: Sequence[Lot], charged: Sequence[Charged], cut: Decimal, on: date, room: MutableMapping[object, Decimal]
) -> list[Refund]:
    """What comes back when every unit costs `cut` less from `on` on: the days that are charged at more, by day.

    Later price differences give first, then what they were added to. `room` is used up, as in `refunds_of`.
    """
    layers = sorted((row for row in charged if on < row.period.end), key=_from_the_top)
    found: dict[tuple[int, Decimal], Refund] = {}
    for lot in lots:
        left = dict.fromkeys((row.cycle for row in layers), cut)
        for row in layers:
            part = min(left[row.cycle], row.unit_price) if row.covers(lot) else Decimal(0)
            if part > 0:
                left[row.cycle] -= part
                units = lot.quantity + (-found[row.id, part].quantity if (row.id, part) in found else 0)
                found[row.id, part] = _cut(row, units, part, on)
    by_id = {row.id: row for row in charged}
    return list(_capped(found.values(), by_id, room))


def _from_the_top(charge: Charged) -> tuple[bool, int, int]:
    return charge.kind is not ChargeKind.PRICE, -charge.seq, charge.id


def _cut(charge: Charged, units: int, part: Decimal, on: date) -> Refund:
    days, counted = charge.period, (charge.factor.numerator, charge.factor.denominator)
    if on > charge.period.start:
        days = Period(on, charge.period.end)
        counted = (days.days, charge.cycle.days)
    return Refund(charge.id, days, -units, part, counted, line_net(-units, part, Fraction(*counted)))


def _by_day(charge: Charged, units: int, on: date) -> Refund:
    """The days from `on` to the end of what was charged; all of it when it has not begun by then."""
    if on <= charge.period.start:
        return _whole(charge, units)
    if on >= charge.period.end:
        return Refund(charge.id, charge.period, -units, charge.unit_price, (0, 1), Decimal("0.00"))
    left = Period(on, charge.period.end)
    net = day_refund(
        quantity=units,
        unit_price=charge.unit_price,
        cancel_on=on - timedelta(days=1),
        cycle=charge.cycle,
        closes=charge.period.end,
    )
    return Refund(charge.id, left, -units, charge.unit_price, (left.days, charge.cycle.days), net)


def _by_hour(charge: Charged, lot: Lot, units: int, on: date, at: datetime) -> Refund:
    """The hours of the charged period that are left, as a part of what these units were charged."""
    moments = {"bought_at": lot.bought_at, "cancelled_at": at, "counts_from": max(lot.bought_at, charge.opens_at)}
    hours = charge.period.days * HOURS_A_DAY
    left = hours_left(charged=charge.period, **moments)
    if left == hours:
        return _whole(charge, units)
    amount = line_net(units, charge.unit_price, charge.factor)
    net = hour_refund(amount=amount, charged=charge.period, **moments)
    price = charge.unit_price if charge.factor == 1 else round_half_up(Fraction(amount) / units, PRICE_PLACES)
    opens = max(charge.period.start, min(on, charge.period.last_day))
    return Refund(charge.id, Period(opens, charge.period.end), -units, price, (left, hours), net)


def _whole(charge: Charged, units: int) -> Refund:
    net = line_net(-units, charge.unit_price, charge.factor)
    counted = (charge.factor.numerator, charge.factor.denominator)
    return Refund(charge.id, charge.period, -units, charge.unit_price, counted, net)


def _capped(
    refunds: Iterable[Refund], charges: Mapping[int, Charged], room: MutableMapping[object, Decimal]
) -> Iterator[Refund]:
    """Never more than what was charged and is not given back yet; what would be nothing is left out."""
    for wanted in refunds:
        keys = charges[wanted.charge_id].rooms
        most = max(Decimal("0.00"), min(room[key] for key in keys))
        rest = replace(wanted, quantity=-1, unit_price=most, counted=(1, 1), net=-most)
        refund = rest if -wanted.net > most else wanted
        for key in keys:
            room[key] += refund.net
        if refund.net:
            yield refund
