"""I30: a balance is invoices less credits less payments, however the time is cut."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from invoicing.statement import Bucket, Kind, Movement, OpenItem, ageing, bucket_of, cut

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 400).map(lambda days: FIRST + timedelta(days=days))
SIGN = {Kind.INVOICE: 1, Kind.CREDIT: -1, Kind.PAYMENT: -1, Kind.REVERSAL: 1}


@st.composite
def movements(draw):
    kind = draw(st.sampled_from(list(Kind)))
    amount = SIGN[kind] * Decimal(draw(st.integers(1, 10**9))) / 100
    return Movement(draw(DAYS), kind, draw(st.integers(1, 10**6)), "x", amount)


@given(rows=st.lists(movements(), max_size=40), cuts=st.lists(DAYS, min_size=2, max_size=6))
def test_closing_of_a_period_is_the_opening_of_the_next(rows, cuts):
    cuts = sorted(cuts)
    closings = []
    for start, end in pairwise(cuts):
        opening, entries = cut(rows, start=start, end=end)
        if closings:
            assert opening == closings[-1]
        closings.append(entries[-1].balance if entries else opening)

    sums = {
        kind: sum((row.amount for row in rows if row.kind is kind and row.on < cuts[-1]), Decimal(0)) for kind in Kind
    }
    assert closings[-1] == sums[Kind.INVOICE] + sums[Kind.CREDIT] + sums[Kind.PAYMENT] + sums[Kind.REVERSAL]


@given(rows=st.lists(movements(), max_size=40), start=DAYS, middle=DAYS, end=DAYS)
def test_two_parts_hold_what_the_whole_holds(rows, start, middle, end):
    start, middle, end = sorted((start, middle, end))
    _opening, whole = cut(rows, start=start, end=end)

    parts = [*cut(rows, start=start, end=middle)[1], *cut(rows, start=middle, end=end)[1]]

    assert parts == whole


@given(due=DAYS, before=DAYS, amount=st.integers(1, 10**9))
def test_an_open_invoice_is_in_exactly_one_bucket(due, before, amount):
    item = OpenItem(Kind.INVOICE, 1, "x", due, due, Decimal(amount), Decimal(amount))

    sums = ageing([item], before=before)

    assert list(sums) == list(Bucket)
    assert [bucket for bucket, total in sums.items() if total] == [bucket_of(due, before=before)]


def test_buckets_begin_and_end_where_they_say():
    last = date(2026, 11, 30)
    found = {
        days: bucket_of(last - timedelta(days=days), before=last + timedelta(days=1))
        for days in (-1, 0, 1, 30, 31, 60, 61, 90, 91)
    }

    assert list(found.values()) == [
        Bucket.NOT_DUE, Bucket.NOT_DUE, Bucket.UP_TO_30, Bucket.UP_TO_30, Bucket.UP_TO_60,
        Bucket.UP_TO_60, Bucket.UP_TO_90, Bucket.UP_TO_90, Bucket.OVER_90,
    ]  # fmt: skip
