"""The oracle of product.md §22 M4."""

from decimal import Decimal

import pytest

from invoicing.instalments import instalment, instalments


def test_twelve_instalments_of_the_oracle():
    parts = instalments(Decimal("240.16"), 12)

    assert parts[:3] == [Decimal("20.01"), Decimal("20.02"), Decimal("20.01")]
    assert set(parts) == {Decimal("20.01"), Decimal("20.02")}
    assert sum(parts) == Decimal("240.16")


def test_next_term_begins_again_with_the_first_instalment():
    assert instalment(Decimal("240.16"), 12, 13) == instalment(Decimal("240.16"), 12, 1) == Decimal("20.01")


def test_single_part_keeps_all_decimals():
    assert instalment(Decimal("4.123456"), 1, 7) == Decimal("4.123456")


@pytest.mark.parametrize(("parts", "number"), [(0, 1), (12, 0), (-1, 1), (12, -1)])
def test_missing_instalment_is_refused(parts, number):
    with pytest.raises(ValueError, match="does not exist"):
        instalment(Decimal("240.16"), parts, number)
