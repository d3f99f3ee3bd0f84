"""The whole sheet: what it says, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from config.kernel.periods import Period, add_months, month_of
from storefront.price_sheet import checks
from storefront.price_sheet.issues import Damage, Issue, Issues
from storefront.price_sheet.reader import records
from storefront.price_sheet.rows import OfferKey, RowReader, SheetRow

_MONTH_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})[-_.]?(0[1-9]|1[0-2])(?![0-9])")
LOOK_AHEAD = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """Rows by offer and start, errors, warnings. Never to be applied with an error; `damaged`: it breaks off."""

    offers: dict[OfferKey, tuple[SheetRow, ...]] = field(default_factory=dict)
    row_count: int = 0
    errors: tuple[Issue, ...] = ()
    warnings: tuple[Issue, ...] = ()
    damaged: bool = False
    refused: frozenset[OfferKey] = frozenset()
    """Offers named by rows that cannot be trusted: in the sheet, but with an unknown price."""

    @property
    def scopes(self) -> frozenset[tuple[str, str]]:
        """The (market, currency) pairs the sheet speaks for; it says nothing about others."""
        return frozenset((key.market, key.currency) for key in self.offers)


def parse(stream: BinaryIO) -> PriceSheet:
    """Read a price sheet (bytes, seekable). Never raises for bad content: complaints are in the answer.

    A row that cannot be trusted is an error, a doubtful one a warning, a clean one is never mentioned. The memory
    needed is about 0.5 kB a row: texts and prices that repeat are kept once.
    """
    errors, warnings = Issues(), Issues()
    reader = RowReader(errors, warnings)
    rows: list[SheetRow] = []
    count = 0
    try:
        for record in records(stream):
            count += 1
            row = reader.read(record)
            if row is not None:
                rows.append(row)
    except Damage as damage:
        for issue in damage.issues:
            errors.add(issue.line, issue.code, issue.column, issue.value, **issue.facts)
        return PriceSheet(row_count=count, errors=errors.listed(), warnings=warnings.listed(), damaged=True)
    offers = checks.by_offer(rows, errors, warnings)
    checks.names(offers, warnings)
    checks.scopes(offers, warnings)
    checks.term_prices(offers, warnings)
    return PriceSheet(offers, count, errors.listed(), warnings.listed(), refused=frozenset(reader.refused))


def sheet_month(name: str, offers: Iterable[tuple[SheetRow, ...]], *, on: date) -> Period:
    """The calendar month the sheet is for: in the file's name, else the later of today's and the latest start's.

    Starts more than two months ahead are announcements and do not count.
    """
    named = _MONTH_IN_NAME.search(name)
    if named:
        return month_of(date(int(named[1]), int(named[2]), 1))
    starts = (row.starts.date() for group in offers for row in group)
    return month_of(max([on, *(start for start in starts if start <= on + LOOK_AHEAD)]))


def month_before(month: Period) -> Period:
    """The calendar month before."""
    return Period(add_months(month.start, -1), month.start)


def month_moments(month: Period) -> tuple[datetime, datetime]:
    """The month as UTC moments: Microsoft's sheets change at midnight UTC."""
    return (datetime.combine(month.start, time.min, UTC), datetime.combine(month.end, time.min, UTC))
