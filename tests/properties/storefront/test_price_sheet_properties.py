"""Properties of the price sheet: no bytes make the parser fail, no rows make a price hold twice."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from storefront.price_sheet import OfferKey, SheetRow, Span, between, parse, rewrite, timeline
from tests.price_sheets import COLUMNS, GOOD, sheet, text

START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = OfferKey("CFQ7TTC0LH18", "0001", "P1Y", "Annual", "GR", "EUR", "Commercial")
WHOLE = text(GOOD, GOOD | {"Market": "DE"}).encode()


def moment(day):
    return START + timedelta(days=day)


@st.composite
def sheet_rows(draw):
    starts = draw(st.lists(st.integers(0, 200), min_size=1, max_size=5, unique=True))
    rows = []
    for start in sorted(starts):
        length = draw(st.one_of(st.none(), st.integers(1, 150)))
        price = Decimal(draw(st.integers(1, 4)))
        ends = None if length is None else moment(start + length)
        rows.append(SheetRow(2, KEY, "t", "t", "", "", price, price, moment(start), ends, False))
    return rows


@given(st.binary(max_size=400))
def test_parse_survives_any_bytes(content):
    found = parse(io.BytesIO(content))

    assert found.errors
    assert not found.offers


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3))
def test_parse_survives_any_damage_in_a_good_sheet(at, junk):
    parse(io.BytesIO(WHOLE[:at] + junk + WHOLE[at:]))


@given(st.sampled_from(COLUMNS), st.text(max_size=30))
def test_parse_stores_only_values_it_can_vouch_for(column, value):
    found = parse(io.BytesIO(text(GOOD | {column: value}).encode("utf-8", "surrogatepass")))

    for (row,) in found.offers.values():
        assert row.cost >= 0
        assert row.retail >= 0
        assert row.ends is None or row.starts < row.ends
        assert "\x00" not in row.sku_title


@given(sheet_rows())
def test_timeline_is_what_a_buyer_meets_day_by_day(rows):
    spans = timeline(rows)

    for day in range(0, 400, 7):
        at = moment(day)
        holding = [row for row in rows if row.starts <= at and (row.ends is None or at < row.ends)]
        in_force = [span for span in spans if span.starts <= at and (span.ends is None or at < span.ends)]
        assert len(in_force) <= 1
        assert bool(in_force) == bool(holding)
    assert all(first.ends is not None and first.ends <= then.starts for first, then in pairwise(spans))


@given(sheet_rows())
def test_older_row_wins_until_it_ends(rows):
    first = rows[0]
    last = first.ends - timedelta(seconds=1) if first.ends else moment(1000)

    (span,) = [span for span in timeline(rows) if span.starts <= last and (span.ends is None or last < span.ends)]

    assert (span.cost, span.retail) == (first.cost, first.retail)


@given(sheet_rows(), sheet_rows(), st.integers(0, 250))
def test_rewrite_keeps_the_past_and_takes_the_future_from_the_sheet(before, after, day):
    since = moment(day)
    known, said = timeline(before), timeline(after)

    result = rewrite(known, said, since)

    far = moment(2000)
    assert between(result, START, since) == between(known, START, since)
    assert prices_by_day(between(result, since, far)) == prices_by_day(between(said, since, far))
    assert not result or rewrite(result, said, since) == result


@given(sheet_rows(), sheet_rows(), st.integers(0, 150), st.integers(1, 100))
def test_rewrite_of_an_older_sheet_leaves_what_a_later_one_said(before, after, day, length):
    since, until = moment(day), moment(day + length)
    known, said = timeline(before), timeline(after)

    result = rewrite(known, said, since, until)

    far = moment(2000)
    assert between(result, START, since) == between(known, START, since)
    assert between(result, since, until) == between(said, since, until)
    assert prices_by_day(between(result, until, far)) == prices_by_day(between(known, until, far))


def in_force(spans: list[Span], at: datetime):
    return [span.price for span in spans if span.starts <= at and (span.ends is None or at < span.ends)]


def prices_by_day(spans: list[Span]):
    return [in_force(spans, moment(day)) for day in range(400)]


@settings(max_examples=20)
@given(st.integers(1, 40))
def test_parse_counts_rows(count):
    rows = [
        GOOD
        | {"EffectiveStartDate": f"1/1/{2000 + n} 12:00:00 AM", "EffectiveEndDate": f"12/31/{2000 + n} 11:59:59 PM"}
        for n in range(count)
    ]

    found = parse(sheet(*rows))

    assert (found.row_count, found.errors, found.warnings) == (count, (), ())
