"""What holds for every amount: splitting, instalments, totals, grouping."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from config.kernel.money import Money, allocate, round_half_up
from invoicing.grouping import Beneficiary, SectionKind, groups_of
from invoicing.instalments import instalments
from invoicing.proration import line_net
from invoicing.tax import Treatment
from invoicing.totals import TaxedAmount, totals_of

CENTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)
RATES = st.sampled_from([Decimal(rate) for rate in (0, 5, 19, 24)])
TREATMENTS = RATES.map(lambda rate: Treatment("S" if rate else "Z", rate))


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 6))
def test_rounding_is_half_away_from_zero(value, places):
    rounded = Fraction(round_half_up(value, places))

    off = abs(rounded - value) * 10**places
    assert off <= Fraction(1, 2)
    assert off < Fraction(1, 2) or abs(rounded) > abs(value)


@given(cents=st.integers(-(10**9), 10**9), weights=st.lists(st.integers(0, 1000), min_size=1).filter(any))
def test_allocate_parts_always_sum_to_the_whole(cents, weights):
    whole = Money(Decimal(cents) / 100, "EUR")

    parts = allocate(whole, weights)

    assert sum(part.amount for part in parts) == whole.amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part.amount) - Fraction(whole.amount) * weight / sum(weights)) < Fraction(1, 100)


@given(CENTS, st.sampled_from([2, 3, 12, 36]))
def test_instalments_sum_to_the_price_and_differ_by_a_cent_at_most(price, parts):
    values = instalments(price, parts)

    assert sum(values) == price
    assert max(values) - min(values) <= Decimal("0.01")


@st.composite
def taxed_lines(draw):
    return [
        TaxedAmount(draw(CENTS), *draw(st.sampled_from([("S", Decimal(5)), ("S", Decimal(19)), ("AE", Decimal(0))])))
        for _ in range(draw(st.integers(0, 30)))
    ]


@given(taxed_lines())
def test_totals_add_up_to_the_cent(lines):
    totals = totals_of(lines)

    assert (
        totals.net
        == sum((line.net for line in lines), Decimal(0))
        == sum((r.base for r in totals.subtotals), Decimal(0))
    )
    assert totals.tax == sum((row.tax for row in totals.subtotals), Decimal(0))
    assert totals.gross == totals.net + totals.tax
    for row in totals.subtotals:
        assert row.base == sum(line.net for line in lines if (line.category, line.rate) == (row.category, row.rate))
        assert row.tax == round_half_up(Fraction(row.base) * Fraction(row.rate) / 100)


@st.composite
def carts(draw):
    """Lines as they are sold: prices of four decimals, 1 to 300 units, a part of a cycle, taxed at 5, 19 or 24 %."""
    lines = []
    for _ in range(draw(st.integers(1, 20))):
        price = Decimal(draw(st.integers(0, 10**7))) / 10**4
        factor = Fraction(draw(st.integers(1, 31)), 31)
        net = line_net(draw(st.integers(1, 300)), price, factor)
        lines.append(TaxedAmount(net, "S", draw(st.sampled_from([Decimal(5), Decimal(19), Decimal(24)]))))
    return lines


@given(carts())
def test_documents_of_random_carts_add_up_and_tax_is_rounded_once_per_rate(lines):
    """I01 to I04: a tie (0.50 at 19 %, 0.10 at 5 %) goes up, and never line by line."""
    totals = totals_of(lines)

    bases = {rate: sum((one.net for one in lines if one.rate == rate), Decimal(0)) for rate in {x.rate for x in lines}}
    assert totals.net == sum(one.net for one in lines) == sum(bases.values())
    assert {row.rate: row.base for row in totals.subtotals} == bases
    for row in totals.subtotals:
        assert row.tax == (row.base * row.rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert totals.gross == totals.net + sum(row.tax for row in totals.subtotals)


@dataclass(frozen=True)
class Line:
    number: int
    beneficiary: Beneficiary
    net: Decimal
    treatment: Treatment
    currency: str = "EUR"
    period_start: date = date(2026, 4, 1)

    @property
    def line_order(self):
        return (self.number,)


PEOPLE = [Beneficiary(n, f"Name {n % 3}", SectionKind(n % 3)) for n in range(8)]


@st.composite
def charges(draw):
    rows = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), CENTS, TREATMENTS), max_size=25))
    return [Line(number, *row) for number, row in enumerate(rows)]


@given(charges(), st.sets(st.integers(0, 7)), st.randoms(use_true_random=False))
def test_flags_change_documents_but_never_net_or_lines(lines, flags, rng: random.Random):
    """G1 and I25: net equal exactly, lines the same, tax within 0.005 × (n + 1) per category."""
    together, apart = (groups_of(lines, bill_to=0, separate=who) for who in (set(), flags))

    shown = [Counter(one for group in side for one in group.lines if one.net) for side in (together, apart)]
    assert shown[0] == shown[1] == Counter(one for one in lines if one.net)
    sums = [totals_of(_taxed(group)) for group in together], [totals_of(_taxed(group)) for group in apart]
    assert sum(t.net for t in sums[0]) == sum(t.net for t in sums[1]) == sum((one.net for one in lines), Decimal(0))
    for category in ("S", "Z"):
        for rate in {one.treatment.rate for one in lines}:
            one, many = (
                [row.tax for t in side for row in t.subtotals if (row.category, row.rate) == (category, rate)]
                for side in sums
            )
            assert abs(sum(one) - sum(many)) <= Decimal("0.005") * (len(many) + 1)
    rng.shuffle(lines)
    assert groups_of(lines, bill_to=0, separate=flags) == apart


@given(charges(), st.sets(st.integers(0, 7)))
def test_separate_document_has_one_beneficiary_and_all_of_it(lines, flags):
    for group in groups_of(lines, bill_to=0, separate=flags):
        who = {one.beneficiary.id for one in group.lines}
        if group.separate_for is None:
            assert not who & (flags - {0})
        else:
            assert who == {group.separate_for.id}
            assert len(group.lines) == sum(one.beneficiary.id in who for one in lines)


def _taxed(group):
    return [TaxedAmount(one.net, one.treatment.category, one.treatment.rate) for one in group.lines]
