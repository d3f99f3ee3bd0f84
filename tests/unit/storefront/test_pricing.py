from __future__ import annotations

from decimal import Decimal

import pytest

from storefront.pricing import Rule, RuleKind, premium_percent, price_of, yearly

COST, RETAIL = Decimal("192.12"), Decimal("240.16")


@pytest.mark.parametrize(
    ("rule", "price"),
    [
        (None, "240.16"),
        (Rule(RuleKind.MARGIN_ON_COST, Decimal(8)), "207.49"),
        (Rule(RuleKind.DISCOUNT_ON_RETAIL, Decimal("12.5")), "210.14"),
        (Rule(RuleKind.DISCOUNT_ON_RETAIL, Decimal(100)), "0.00"),
        (Rule(RuleKind.FIXED, Decimal("199.9")), "199.90"),
    ],
)
def test_price_of_follows_the_rule_in_cents(rule, price):
    assert price_of(cost=COST, retail=RETAIL, rule=rule) == Decimal(price)


def test_price_of_is_the_retail_price_when_the_cost_is_not_known():
    rule = Rule(RuleKind.MARGIN_ON_COST, Decimal(8))

    assert price_of(cost=None, retail=Decimal("10.00"), rule=rule) == Decimal("10.00")


def test_comparison_figures_of_the_product_page():
    cheapest = Decimal("592.84")

    assert yearly(Decimal("19.76"), 1) == Decimal("237.12")
    assert yearly(cheapest, 36) == Decimal("197.61")
    assert premium_percent(Decimal("19.76"), 1, cheapest, 36) == Decimal("20.0")
    assert premium_percent(Decimal("207.49"), 12, cheapest, 36) == Decimal("5.0")
    assert premium_percent(Decimal(5), 1, Decimal(0), 1) == 0
