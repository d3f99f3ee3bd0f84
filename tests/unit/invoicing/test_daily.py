"""The local hour of the daily run, also on the days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from invoicing.daily import days_between, due_at

ATHENS = "Europe/Athens"


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        (date(2026, 1, 15), 6, datetime(2026, 1, 15, 4, tzinfo=UTC)),
        (date(2026, 7, 15), 6, datetime(2026, 7, 15, 3, tzinfo=UTC)),
        (date(2026, 3, 29), 2, datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (date(2026, 3, 29), 3, datetime(2026, 3, 29, 1, tzinfo=UTC)),  # skipped: 03:00 is 04:00 at once
        (date(2026, 3, 29), 4, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 10, 25), 3, datetime(2026, 10, 25, 0, tzinfo=UTC)),  # comes twice: the first time
        (date(2026, 10, 25), 4, datetime(2026, 10, 25, 2, tzinfo=UTC)),
        (date(2026, 10, 25), 0, datetime(2026, 10, 24, 21, tzinfo=UTC)),
    ],
)
def test_hour_is_local(day, hour, moment):
    assert due_at(day, hour=hour, zone=ATHENS) == moment


def test_days_between_are_both_ends_and_none_backwards():
    assert days_between(date(2026, 2, 27), date(2026, 3, 1)) == [
        *(date(2026, 2, 27), date(2026, 2, 28)),
        date(2026, 3, 1),
    ]
    assert days_between(date(2026, 3, 2), date(2026, 3, 1)) == []
