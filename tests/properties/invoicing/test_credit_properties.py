"""Whatever is credited and refunded, in whichever order: never more than was charged, to the cent, tax included."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.periods import Period
from invoicing import crediting
from invoicing.crediting import Line, OverCredited
from invoicing.enums import ChangeKind, ChargeKind, RefundPolicy
from invoicing.proration import line_net
from invoicing.refunds import Charged, Move, WindowClosed, lots_of, refunds_of, take, units_in_window
from invoicing.totals import TaxedAmount, totals_of

MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
RATES = st.sampled_from([Decimal(5), Decimal(19), Decimal(24)])
PRICES = st.integers(0, 10**7).map(lambda parts: Decimal(parts) / 10**4)
FACTORS = st.sampled_from([(1, 1), (12, 31), (1, 3), (20, 366)])


@st.composite
def issued_lines(draw):
    lines = []
    for item_id in range(1, draw(st.integers(1, 4)) + 1):
        quantity, price, factor = draw(st.integers(1, 300)), draw(PRICES), draw(FACTORS)
        net = line_net(quantity, price, Fraction(*factor))
        facts = (item_id, item_id, quantity, price, factor, MAY, net, "S", draw(RATES), ChargeKind.CYCLE, net, quantity)
        lines.append(Line(*facts))
    return lines


@st.composite
def wishes(draw):
    """Which line, how, and how much of what it has: the numbers are cut to its size when they are used."""
    how = draw(st.sampled_from(["units", "days", "amount", "rest"]))
    return draw(st.integers(0, 5)), how, draw(st.integers(0, 320)), draw(st.integers(0, 31)), draw(st.integers(0, 99))


def part_of(line, how, units, days, share):
    if how == "units":
        return crediting.by_quantity(line, units)
    if how == "days":
        return crediting.by_period(line, Period(MAY.start, MAY.start + timedelta(max(1, days))), units)
    if how == "amount":
        return crediting.by_amount(line, (line.net * share / 100).quantize(Decimal("0.01")))
    return crediting.rest(line)


def after(line, part):
    whole = part.quantity if (part.period, part.unit_price, part.counted) == (MAY, line.unit_price, line.factor) else 0
    return replace(line, room=line.room - part.net, units=line.units - whole)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(issued_lines(), st.lists(st.lists(wishes(), min_size=1, max_size=4), max_size=12))
def test_credits_never_exceed_line_nor_category_and_the_rest_makes_it_even(lines, sequence):
    invoiced = totals_of(TaxedAmount(line.net, line.category, line.rate) for line in lines)
    base, tax = defaultdict(Decimal), defaultdict(Decimal)
    left = {line.item_id: line for line in lines}

    def issue(parts):
        for row in crediting.totals_of(parts, base).subtotals:
            assert row.tax >= 0
            assert abs(row.tax - row.base * row.rate / 100) < Decimal("0.01") + Decimal("0.005")
            base[row.category, row.rate] += row.base
            tax[row.category, row.rate] += row.tax

    for credit in sequence:
        parts = {}
        for place, *how in credit:
            line = left[place % len(lines) + 1]
            try:
                part = part_of(line, *how)
            except OverCredited:
                continue
            if part and line.item_id not in parts:
                parts[line.item_id] = part
                left[line.item_id] = after(line, part)
        issue(parts.values())
        for row in invoiced.subtotals:
            assert base[row.category, row.rate] <= row.base
            assert tax[row.category, row.rate] <= row.tax
        assert all(0 <= line.room <= line.net and line.units >= 0 for line in left.values())

    issue([part for line in left.values() if (part := crediting.rest(line))])
    assert [(base[row.category, row.rate], tax[row.category, row.rate]) for row in invoiced.subtotals] == [
        (row.base, row.tax) for row in invoiced.subtotals
    ]


BOUGHT = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)


@st.composite
def lives(draw):
    """A month of changes: on which day, how many units more or fewer."""
    steps = draw(st.lists(st.tuples(st.integers(0, 29), st.integers(-40, 40).filter(bool)), max_size=10))
    return draw(st.integers(1, 50)), draw(PRICES), sorted(steps, key=lambda step: step[0])


@given(st.sampled_from([RefundPolicy.DAY, RefundPolicy.HOUR]), lives())
def test_refunds_of_a_months_changes_never_exceed_its_charges(policy, life):
    units, price, steps = life
    moves = [Move(1, ChangeKind.START, units, BOUGHT)]
    charged = [_charge(1, ChargeKind.CYCLE, MAY, units, price, 1)]
    net = {1: line_net(units, price, Fraction(1))}
    room = {1: net[1]}
    for day, change in steps:
        at, on = BOUGHT + timedelta(day, hours=5), MAY.start + timedelta(day)
        lots, have, seq = lots_of(moves), moves[-1].quantity, len(moves) + 1
        if change > 0:
            period = Period(on, MAY.end)
            factor = Fraction(period.days, MAY.days)
            charged.append(_charge(seq, ChargeKind.INCREASE, period, change, price, factor))
            net[seq] = room[seq] = line_net(change, price, factor)
        else:
            fewer = min(-change, have)
            if not fewer or (policy is RefundPolicy.HOUR and units_in_window(lots, at) < fewer):
                continue
            found = refunds_of(policy, lots=lots, units=fewer, charged=charged, on=on + timedelta(1), at=at, room=room)
            assert all(refund.net < 0 and refund.quantity < 0 for refund in found)
            assert sum(take(lots, fewer).values()) == fewer
        moves.append(Move(seq, ChangeKind.MORE if change > 0 else ChangeKind.FEWER, max(0, have + change), at))
    assert all(0 <= room[key] <= net[key] for key in net)
    assert sum(lot.quantity for lot in lots_of(moves)) == moves[-1].quantity


def _charge(seq, kind, period, quantity, price, factor):
    opens = datetime(period.start.year, period.start.month, period.start.day, tzinfo=UTC)
    return Charged(seq, kind, seq, period, MAY, opens, quantity, price, Fraction(factor), (seq,))


@given(st.integers(1, 50), PRICES, st.integers(0, 30))
def test_charge_and_refund_by_day_are_the_days_that_were_used(quantity, price, day):
    charge = _charge(1, ChargeKind.CYCLE, MAY, quantity, price, 1)
    lots = lots_of([Move(1, ChangeKind.START, quantity, BOUGHT)])
    whole = line_net(quantity, price, Fraction(1))
    on = MAY.start + timedelta(day)

    found = refunds_of(RefundPolicy.DAY, lots=lots, units=quantity, charged=[charge], on=on, at=BOUGHT, room={1: whole})

    kept = whole + sum((refund.net for refund in found), Decimal(0))
    assert abs(Fraction(kept) - quantity * Fraction(price) * day / 31) <= Fraction(1, 100)


@given(st.integers(1, 50), st.integers(0, 400))
def test_by_the_hour_the_window_closes_after_168_hours(quantity, hours):
    lots = lots_of([Move(1, ChangeKind.START, quantity, BOUGHT)])
    charge = _charge(1, ChargeKind.CYCLE, MAY, quantity, Decimal(10), 1)
    at, facts = BOUGHT + timedelta(hours=hours), {"lots": lots, "units": quantity, "charged": [charge]}
    room = {1: Decimal(10) * quantity}

    assert units_in_window(lots, at) == (quantity if hours <= 168 else 0)
    try:
        [refund] = refunds_of(RefundPolicy.HOUR, on=at.date() + timedelta(1), at=at, room=room, **facts)
    except WindowClosed:
        assert hours > 168
    else:
        assert hours <= 168
        expected = 744 if hours <= 24 else 744 - hours
        assert -refund.net == line_net(quantity, Decimal(10), Fraction(expected, 744))
