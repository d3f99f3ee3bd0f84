"""What an offer costs an account (product.md §22 M19): a price list's rule, or the retail price. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from config.kernel.money import round_half_up


class RuleKind(StrEnum):
    """How a price list makes a price; the values of `PriceRule`."""

    MARGIN_ON_COST = "margin"
    DISCOUNT_ON_RETAIL = "discount"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a price list: a percentage (8 means 8 %), or for `FIXED` an amount per unit and term, without tax."""

    kind: RuleKind
    value: Decimal


def price_of(*, cost: Decimal | None, retail: Decimal, rule: Rule | None) -> Decimal:
    """The price of one unit for the whole term, without tax, in cents (half up), in the currency of cost and retail.

    Without a rule it is the retail price (product.md §5.4). With a margin on an unknown cost too.
    """
    if rule is None:
        return round_half_up(retail)
    if rule.kind is RuleKind.FIXED:
        return round_half_up(rule.value)
    if rule.kind is RuleKind.DISCOUNT_ON_RETAIL:
        return round_half_up(retail * (100 - rule.value) / 100)
    if cost is None:
        return round_half_up(retail)
    return round_half_up(cost * (100 + rule.value) / 100)


def with_surcharge(price: Decimal, percent: Decimal) -> Decimal:
    """The price of a term that is collected in parts: `percent` (5 means 5 %) more, in cents, half up (§9.2)."""
    return round_half_up(price * (100 + percent) / 100)


def yearly(price: Decimal, term_months: int) -> Decimal:
    """The term's price as it would be over twelve months, in cents, for comparison only."""
    return round_half_up(price * 12 / term_months)


def premium_percent(price: Decimal, term_months: int, cheapest: Decimal, cheapest_months: int) -> Decimal:
    """How much dearer per month than the cheapest, in per cent with one decimal; zero when the cheapest is free."""
    if not cheapest:
        return Decimal("0.0")
    ratio = (price * cheapest_months) / (cheapest * term_months)
    return round_half_up((ratio - 1) * 100, 1)
