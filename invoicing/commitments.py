"""What is owed to the end of the running term and not charged yet: committed exposure (product.md §8). Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from config.kernel.money import round_half_up


def committed(
    *, quantity: int, price: Decimal, parts: int, cycle_months: int, charged_through: date, ends_on: date
) -> Decimal:
    """Net of the billing periods from `charged_through` to the term's end, both first days not charged, in cents.

    `price` is per unit: for one period, or for `parts` periods whose instalments sum to it (M4). The periods lie on the
    anniversary of the start, so that they are counted by months, whatever the month's length.
    """
    months = (ends_on.year - charged_through.year) * 12 + ends_on.month - charged_through.month
    periods = max(0, months // cycle_months) if cycle_months else 0
    if parts == 1:
        return round_half_up(quantity * periods * price)
    left = min(periods, parts)
    each = round_half_up(price) - round_half_up(price * (parts - left) / parts)
    return quantity * each
