"""A factor on paper counts the days of its period, whatever the fraction was shortened to."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg.types.range import DateRange

from invoicing.models import InvoiceItem
from invoicing.selectors.documents import factor_of


@pytest.mark.parametrize(
    ("start", "end", "stored", "printed"),
    [
        (date(2026, 11, 25), date(2026, 12, 1), (1, 5), (6, 30)),
        (date(2026, 11, 11), date(2026, 12, 1), (2, 3), (20, 30)),
        (date(2026, 7, 9), date(2026, 8, 1), (23, 31), (23, 31)),
        (date(2026, 12, 1), date(2027, 1, 1), (1, 1), (1, 1)),
    ],
)
def test_factor_counts_the_days_of_the_period(start, end, stored, printed):
    item = InvoiceItem(period=DateRange(start, end), factor_numerator=stored[0], factor_denominator=stored[1])

    factor = factor_of(item)

    assert (factor.part, factor.whole, factor.unit) == (*printed, "days")
