"""The geometry of charts: bars from zero, nothing outside the picture."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from config.kernel.charts import BASE, TOP, Column, bar_chart, ceiling, shares

amounts = st.decimals(min_value=0, max_value=10**9, places=2)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=12))
def test_bars_stand_between_the_ground_and_the_top_line(values: list[tuple[Decimal, Decimal]]) -> None:
    chart = bar_chart([Column(str(i), [("own", a), ("customer", b)]) for i, (a, b) in enumerate(values)])

    for bar in chart.bars:
        for rect in bar.rects:
            assert float(rect.y) >= TOP - 1
            assert float(rect.y) + float(rect.height) <= BASE + 0.2


@given(amounts)
def test_ceiling_is_above_the_highest_bar(highest: Decimal) -> None:
    assert ceiling(highest) * 3 >= highest


def test_shares_cut_what_passes_the_whole() -> None:
    assert shares([(60, "used"), (60, "accent")], 100) == [("used", "0", "60"), ("accent", "60", "40")]
    assert shares([(1, "used")], 0) == []
