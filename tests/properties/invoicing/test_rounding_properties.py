"""Tax of the same lines on any number of documents stays within half a cent per document (reliability.md I25)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.rounding import rounding_of
from invoicing.totals import TaxedAmount, totals_of


def document(nets, rate):
    return totals_of(TaxedAmount(net, "S", Decimal(rate)) for net in nets)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(
    cents=st.lists(st.integers(-5000, 10**6), min_size=1, max_size=40),
    rate=st.sampled_from(["5", "19", "24"]),
    cut=st.integers(0, 40),
)
def test_the_difference_never_exceeds_the_bound(cents, rate, cut):
    nets = [Decimal(cent) / 100 for cent in cents]
    before = [document(nets, rate)]
    after = [document([net], rate) for net in nets[:cut]]
    after += [document(nets[cut:], rate)] if nets[cut:] else []

    for row in rounding_of(before, after):
        assert abs(row.amount) <= row.bound
