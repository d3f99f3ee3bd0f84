"""A term's price collected in equal instalments whose parts sum to the whole (product.md §22 M4). Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from config.kernel.money import round_half_up


def instalment(price: Decimal, parts: int, number: int) -> Decimal:
    """The unit price of instalment `number` (1 is the first) of `parts`, in cents: r(P·k/n) − r(P·(k−1)/n).

    `price` is the term's price of one unit; a number past the term starts the next one. With one part the price is
    left as it is, so that prices with more than two decimals stay exact until the line is rounded.
    Raises ValueError for fewer than one part or a number below one.
    """
    if parts < 1 or number < 1:
        msg = f"instalment {number} of {parts} does not exist"
        raise ValueError(msg)
    if parts == 1:
        return price
    k = (number - 1) % parts + 1
    whole = Fraction(price)
    return round_half_up(whole * k / parts) - round_half_up(whole * (k - 1) / parts)


def instalments(price: Decimal, parts: int) -> list[Decimal]:
    """All instalments of one term, first to last; their sum is the price in cents."""
    return [instalment(price, parts, number) for number in range(1, parts + 1)]
