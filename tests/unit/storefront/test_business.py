"""The months of the home page's chart."""

from __future__ import annotations

from datetime import date

import pytest

from storefront.selectors.business import months_back


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        (date(2026, 11, 25), date(2025, 12, 1), date(2026, 11, 1)),
        (date(2026, 1, 31), date(2025, 2, 1), date(2026, 1, 1)),
        (date(2024, 12, 1), date(2024, 1, 1), date(2024, 12, 1)),
    ],
)
def test_twelve_months_end_with_that_of_the_day(on, first, last):
    months = months_back(on, 12)

    assert (len(set(months)), months[0], months[-1]) == (12, first, last)
