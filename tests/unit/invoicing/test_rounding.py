"""The rounding difference of product.md §11.4: net equal, tax within half a cent per document."""

from __future__ import annotations

from decimal import Decimal

import pytest

from invoicing.rounding import rounding_of
from invoicing.totals import TaxedAmount, totals_of


def document(*nets, rate="24"):
    return totals_of(TaxedAmount(Decimal(net), "S", Decimal(rate)) for net in nets)


def test_three_customers_of_10_02_differ_by_a_cent():
    aggregated = [document("10.02", "10.02", "10.02")]
    separate = [document("10.02") for _ in range(3)]

    [found] = rounding_of(separate, aggregated)

    assert (found.base, found.before, found.after) == (Decimal("30.06"), Decimal("7.20"), Decimal("7.21"))
    assert (found.amount, found.documents, found.bound) == (Decimal("0.01"), 4, Decimal("0.020"))
    assert rounding_of(aggregated, separate)[0].amount == Decimal("-0.01")


def test_other_lines_are_refused():
    with pytest.raises(ValueError, match="same lines"):
        rounding_of([document("10.02")], [document("10.03")])


def test_nothing_due_differs_in_nothing():
    assert rounding_of([], []) == []
