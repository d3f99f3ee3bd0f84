"""What holds for every start, end, billing day and cycle length."""

import itertools
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from config.kernel.periods import Period, add_months
from invoicing.proration import billing_periods, cycle_holding, next_billing_day

DAYS = st.dates(date(2023, 1, 1), date(2033, 12, 31))
BILLING_DAYS = st.integers(1, 31)
CYCLES = st.sampled_from([1, 2, 3, 6, 12, 36])


@st.composite
def schedules(draw):
    start = draw(DAYS)
    return {
        "start": start,
        "end": draw(st.none() | st.integers(1, 1500).map(lambda days: start + timedelta(days))),
        "through": start + timedelta(draw(st.integers(0, 1500))),
        "billing_day": draw(BILLING_DAYS),
        "months": draw(CYCLES),
        "prorate": draw(st.booleans()),
    }


@given(schedules())
def test_periods_tile_the_life_of_the_schedule(case):
    periods = billing_periods(**case)

    assert periods[0].start == case["start"]
    for before, after in itertools.pairwise(periods):
        assert before.end == after.start
    assert all(period.start < period.end and period.start <= case["through"] for period in periods)
    assert periods[-1].end > case["through"] or periods[-1].end == case["end"]
    assert case["end"] is None or periods[-1].end <= case["end"]


@given(schedules())
def test_fraction_is_the_exact_part_of_the_full_cycle(case):
    periods = billing_periods(**case)
    billing_day = case["billing_day"] if case["prorate"] else None

    for period in periods:
        cycle = cycle_holding(period.start, case["start"], billing_day, case["months"])
        assert cycle.start <= period.start < period.end <= cycle.end
        assert period.fraction == Fraction((period.end - period.start).days, cycle.days)
    assert all(period.fraction == 1 for period in periods[1:-1])
    assert all(0 < period.fraction <= 1 for period in periods)


@given(schedules())
def test_cycles_begin_on_the_billing_day_or_on_the_anniversary(case):
    periods = billing_periods(**case)

    for number, period in enumerate(periods[1:], start=1):
        if case["prorate"]:
            assert period.start == next_billing_day(period.start, case["billing_day"])
        else:
            assert period.start == add_months(case["start"], number * case["months"])


@given(schedules(), st.integers(0, 400))
def test_asking_later_only_adds_periods(case, days):
    now = billing_periods(**case)

    later = billing_periods(**{**case, "through": case["through"] + timedelta(days)})

    assert later[: len(now)] == now


@given(schedules(), st.integers(1, 1500))
def test_ending_earlier_changes_nothing_before_the_end(case, days):
    end = case["start"] + timedelta(days)
    whole, cut = billing_periods(**{**case, "end": None}), billing_periods(**{**case, "end": end})

    untouched = [period for period in whole if period.end <= end]
    assert cut[: len(untouched)] == untouched
    assert sum((period.fraction for period in cut), Fraction(0)) <= sum((p.fraction for p in whole), Fraction(0))


@given(DAYS, BILLING_DAYS, CYCLES)
def test_parts_of_a_split_cycle_sum_to_the_whole(start, billing_day, months):
    """A move in the middle of a cycle: what is charged before and after it is one full cycle."""
    anchor = next_billing_day(start, billing_day)
    [cycle] = billing_periods(anchor, None, anchor, billing_day, months)
    for days in range(1, min(60, (cycle.end - cycle.start).days)):
        middle = cycle.start + timedelta(days)

        [before] = billing_periods(anchor, middle, anchor, billing_day, months)
        after = Fraction((cycle.end - middle).days, Period(cycle.start, cycle.end).days)

        assert before.fraction + after == 1


@given(DAYS, BILLING_DAYS)
def test_next_billing_day_is_the_first_one(on, billing_day):
    found = next_billing_day(on, billing_day)

    assert on <= found <= on + timedelta(31)
    for days in range((found - on).days):
        day = on + timedelta(days)
        last = (day + timedelta(1)).day == 1
        assert day.day != billing_day
        assert not (last and day.day < billing_day)
