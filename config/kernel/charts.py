"""The geometry of stacked bar charts and split bars, as numbers for SVG attributes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

WIDTH: Final = 620
HEIGHT: Final = 196
LEFT: Final = 44
TOP: Final = 28
BASE: Final = 168
GAP: Final = 1
NICE: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Column:
    """One bar: its label under the axis and its parts from the bottom, as (series, value)."""

    label: str
    parts: Sequence[tuple[str, Decimal]]

    @property
    def total(self) -> Decimal:
        """What the bar reaches to."""
        return sum((value for _, value in self.parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class Rect:
    """One painted part of a bar."""

    series: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with the place of its label; the last one also prints its total."""

    label: str
    middle: str
    rects: list[Rect]
    top: str
    total: Decimal
    is_last: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """A stacked bar chart ready to be drawn: bars from zero, three grid lines."""

    bars: list[Bar]
    lines: list[tuple[str, Decimal]] = field(default_factory=list)


def _text(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def ceiling(highest: Decimal) -> Decimal:
    """A round step s with 3·s ≥ highest: the three grid lines stand at s, 2·s, 3·s."""
    if highest <= 0:
        return Decimal(1)
    third = highest / 3
    power = Decimal(1).scaleb(third.adjusted())
    return next(step * power for step in (Decimal(str(nice)) for nice in NICE) if step * power >= third)


def bar_chart(columns: Sequence[Column]) -> BarChart:
    """Lay out the columns over the full width, oldest first."""
    if not columns:
        return BarChart(bars=[])
    step = ceiling(max(column.total for column in columns))
    scale = float(BASE - TOP) / float(step * 3)
    slot = (WIDTH - LEFT) / len(columns)
    width = min(slot * 0.58, 44)
    bars = []
    for index, column in enumerate(columns):
        x = LEFT + slot * index + (slot - width) / 2
        bars.append(_bar(column, x, width, scale, is_last=index == len(columns) - 1))
    lines = [(_text(BASE - float(step * count) * scale), step * count) for count in (1, 2, 3)]
    return BarChart(bars=bars, lines=lines)


def _bar(column: Column, x: float, width: float, scale: float, *, is_last: bool) -> Bar:
    rects = []
    foot = float(BASE)
    for series, value in column.parts:
        height = float(value) * scale
        if height <= 0:
            continue
        shown = max(height - GAP, 0.5)
        rects.append(Rect(series, _text(x), _text(foot - shown), _text(width), _text(shown)))
        foot -= height
    return Bar(column.label, _text(x + width / 2), rects, _text(foot - 6), column.total, is_last)


def shares(
    parts: Sequence[tuple[Decimal | int, str]], whole: Decimal | int | None = None
) -> list[tuple[str, str, str]]:
    """Split a bar of 100 units: (class, x, width) per part; parts are cut where they would pass the whole."""
    total = Decimal(whole if whole is not None else sum(Decimal(value) for value, _ in parts))
    if total <= 0:
        return []
    cut: list[tuple[str, str, str]] = []
    x = Decimal(0)
    for value, series in parts:
        width = min(max(Decimal(value), Decimal(0)) * 100 / total, 100 - x)
        if width > 0:
            cut.append((series, _text(float(x)), _text(float(width))))
        x += width
    return cut
