"""Prices of one offer over time, as spans that follow each other without overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from storefront.price_sheet.rows import SheetRow

FIRST = datetime(1, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A price from `starts` until `ends` (exclusive; None = open), both UTC; amounts per seat for the whole term."""

    starts: datetime
    ends: datetime | None
    cost: Decimal
    retail: Decimal

    @property
    def price(self) -> tuple[Decimal, Decimal]:
        """Cost and retail."""
        return self.cost, self.retail


def timeline(rows: Iterable[SheetRow]) -> list[Span]:
    """What holds when, of rows sorted by start: the older wins until it ends; equal prices that touch are one span."""
    spans: list[Span] = []
    covered: datetime | None = None
    for row in rows:
        starts = row.starts
        if spans:
            if covered is None or (row.ends is not None and row.ends <= covered):
                continue
            starts = max(starts, covered)
        spans.append(Span(starts, row.ends, row.cost, row.retail))
        covered = row.ends
    return _joined(spans)


def between(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The parts of the spans that lie in [start, end)."""
    parts = []
    for span in spans:
        starts = max(span.starts, start)
        ends = end if span.ends is None else min(span.ends, end)
        if starts < ends:
            parts.append(span._replace(starts=starts, ends=ends))
    return parts


def prices(spans: Iterable[Span]) -> list[tuple[Decimal, Decimal]]:
    """The prices in their order, each once while it lasts."""
    found: list[tuple[Decimal, Decimal]] = []
    for span in spans:
        if not found or found[-1] != span.price:
            found.append(span.price)
    return found


def rewrite(known: Sequence[Span], said: Sequence[Span], since: datetime, until: datetime | None = None) -> list[Span]:
    """The known history with everything from `since` (to `until`, if a later sheet is known) replaced by a new sheet.

    An offer without history takes the sheet's own past too.
    """
    if until is not None:
        said = between(said, FIRST, until)
    if not known:
        return list(said)
    past = [
        span._replace(ends=since if span.ends is None else min(span.ends, since))
        for span in known
        if span.starts < since
    ]
    future = [span._replace(starts=max(span.starts, since)) for span in said if span.ends is None or span.ends > since]
    later = (
        []
        if until is None
        else [span._replace(starts=max(span.starts, until)) for span in known if span.ends is None or span.ends > until]
    )
    return _joined([*past, *future, *later])


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].ends == span.starts and joined[-1].price == span.price:
            joined[-1] = joined[-1]._replace(ends=span.ends)
        else:
            joined.append(span)
    return joined
