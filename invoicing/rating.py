"""What a schedule owes: the charges of its life, computed from what was agreed (product.md §10.2, §10.3). Pure.

The quantity of a cycle is the one in force before its first day's own changes; each later change gets a charge of its
own, so amounts never depend on when a run happens. Amounts are net, per line in cents, in the schedule's currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from config.kernel.periods import Period, add_months
from invoicing.enums import ChargeKind
from invoicing.instalments import instalment
from invoicing.proration import (
    WHOLE,
    BillingPeriod,
    cycle_holding,
    increase_factor,
    line_net,
    next_billing_day,
    part_of,
)

ONE_OFF: Final = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed, apart from quantity and price.

    `start_on` is the first day; `end_on` the first day that is not charged any more (end or end of the confirmed term,
    None = open). `billing_day` 1–31 aligns proratable products, None lets cycles run on the anniversary of the start.
    `partial_on` is the billing day on which everything but aligned cycles is invoiced, None for the order day itself.
    `cycle_months` 0 is a one-off. `price_parts`: the price is collected in that many instalments (M4).
    `full_amount` is the usage charge rule "full amount": the opening stub, and added units, cost a whole cycle.
    """

    start_on: date
    cycle_months: int
    end_on: date | None = None
    billing_day: int | None = None
    partial_on: int | None = None
    price_parts: int = 1
    setup_fee: Decimal = Decimal("0.00")
    full_amount: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One dated change, in order of `seq`: from `on` the quantity and unit price are these."""

    seq: int
    on: date
    quantity: int
    price: Decimal
    opens_cycle: bool = False
    """Whether it counts from the first moment of its day (start, renewal, price): the cycle of that day has it."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One charge to be: what, for which days, how much, and the day from which an invoice may carry it."""

    kind: ChargeKind
    seq: int
    period: Period
    quantity: int
    unit_price: Decimal
    factor: Fraction
    net: Decimal
    invoice_on: date
    counted: tuple[int, int] | None = None
    """The factor as it was counted, where lowest terms would hide it: 690 of 744 hours."""

    @property
    def printed(self) -> tuple[int, int]:
        """Numerator and denominator as the line shows them."""
        return self.counted or (self.factor.numerator, self.factor.denominator)


def first_charges(terms: Terms, first: Step) -> list[Rated]:
    """What the first period costs: set-up fee, and the stub, the first cycle, or the one-off."""
    charges = []
    if terms.setup_fee:
        day = Period(terms.start_on, date.fromordinal(terms.start_on.toordinal() + 1))
        charges.append(_rated(terms, ChargeKind.SETUP, first.seq, day, 1, terms.setup_fee, WHOLE))
    if terms.cycle_months == ONE_OFF:
        day = Period(terms.start_on, date.fromordinal(terms.start_on.toordinal() + 1))
        charges.append(_rated(terms, ChargeKind.ONE_OFF, first.seq, day, first.quantity, first.price, WHOLE))
    else:
        opening = next(cycles_from(terms, terms.start_on), None)
        charges += [cycle_charge(terms, [first], opening)] if opening else []
    return charges


def cycles_from(terms: Terms, day: date) -> Iterator[BillingPeriod]:
    """The billing periods of the schedule that are left from `day` on, without end for an open schedule.

    The first is what is left of the cycle that holds `day`: all of it, or the rest when a part of it is charged.
    """
    if terms.cycle_months == ONE_OFF:
        return
    opens = max(day, terms.start_on)
    while terms.end_on is None or opens < terms.end_on:
        cycle = cycle_holding(opens, terms.start_on, terms.billing_day, terms.cycle_months)
        closes = cycle.end if terms.end_on is None else min(cycle.end, terms.end_on)
        yield BillingPeriod(opens, closes, part_of(cycle, opens, closes))
        opens = cycle.end


def cycle_charge(terms: Terms, steps: Sequence[Step], period: BillingPeriod) -> Rated:
    """The charge of one billing period: a stub when it opens before its cycle does, else a cycle."""
    step = step_on(steps, period.start)
    cycle = cycle_holding(period.start, terms.start_on, terms.billing_day, terms.cycle_months)
    is_stub = cycle.start < period.start
    factor = WHOLE if terms.full_amount and is_stub and period.start == terms.start_on else period.fraction
    price = unit_price(terms, step.price, period.start)
    kind = ChargeKind.STUB if is_stub else ChargeKind.CYCLE
    return _rated(terms, kind, step.seq, Period(period.start, period.end), step.quantity, price, factor)


def due_cycles(terms: Terms, steps: Sequence[Step], *, after: date, through: date) -> list[Rated]:
    """The charges of the billing periods that open on or after `after` and may be invoiced by `through`.

    `after` is the end of what is charged already (or the start). A cycle is cut when an invoice may carry it.
    """
    charges: list[Rated] = []
    for period in cycles_from(terms, after):
        if period.start > through:
            break
        charge = cycle_charge(terms, steps, period)
        if charge.invoice_on > through:
            break
        charges.append(charge)
    return charges


def increase_charge(terms: Terms, step: Step, added: int, kind: ChargeKind = ChargeKind.INCREASE) -> Rated | None:
    """What added units pay for the rest of the running cycle, the day of the change included; None for a one-off.

    With the kind PRICE: what so many units pay more from that day on, the step's price being the difference. Raises
    ValueError for a change before the start.
    """
    if terms.cycle_months == ONE_OFF:
        return None
    cycle = cycle_holding(step.on, terms.start_on, terms.billing_day, terms.cycle_months)
    closes = cycle.end if terms.end_on is None else min(cycle.end, terms.end_on)
    if step.on >= closes:
        return None
    factor = increase_factor(step.on, cycle) if closes == cycle.end else part_of(cycle, step.on, closes)
    if terms.full_amount and kind is ChargeKind.INCREASE:
        factor = WHOLE
    price = unit_price(terms, step.price, step.on)
    return _rated(terms, kind, step.seq, Period(step.on, closes), added, price, factor)


def unit_price(terms: Terms, price: Decimal, day: date) -> Decimal:
    """The price of one unit in the cycle that holds the day: the whole price, or its instalment (M4)."""
    if terms.price_parts == 1:
        return price
    months = (day.year - terms.start_on.year) * 12 + day.month - terms.start_on.month
    months -= add_months(terms.start_on, months) > day
    return instalment(price, terms.price_parts, months // terms.cycle_months + 1)


def invoice_on(terms: Terms, kind: ChargeKind, starts: date) -> date:
    """The first day on which an invoice may carry a charge (product.md §10.2).

    An aligned cycle starts on the billing day; everything else waits for the next billing day (today included) unless
    partial charges are invoiced on the order day.
    """
    aligned = kind is ChargeKind.CYCLE and terms.billing_day is not None
    return starts if aligned or terms.partial_on is None else next_billing_day(starts, terms.partial_on)


def next_invoice_on(terms: Terms, charged_through: date) -> date | None:
    """The first day an invoice may carry the billing period that follows; None when there is none."""
    if terms.end_on is not None and charged_through >= terms.end_on:
        return None
    upcoming = next(cycles_from(terms, charged_through), None)
    if upcoming is None:
        return None
    probe = Step(0, terms.start_on, 0, Decimal(0), opens_cycle=True)
    return invoice_on(terms, cycle_charge(terms, [probe], upcoming).kind, upcoming.start)


def step_on(steps: Sequence[Step], day: date) -> Step:
    """The step by which a period that opens on the day is charged: the last before it, or of it if it opens the cycle.

    The steps stand in the order in which they were made.
    """
    current = steps[0]
    for step in steps[1:]:
        if step.on < day or (step.on == day and step.opens_cycle):
            current = step
    return current


def _rated(  # noqa: PLR0917 -- one line per field of the charge
    terms: Terms, kind: ChargeKind, seq: int, period: Period, quantity: int, price: Decimal, factor: Fraction
) -> Rated:
    net = line_net(quantity, price, factor)
    return Rated(kind, seq, period, quantity, price, factor, net, invoice_on(terms, kind, period.start))
