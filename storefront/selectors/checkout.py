"""What placing the groups of a basket would mean: sums, and which order fits the credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.kernel.money import Money
from storefront.selectors.baskets import Group


@dataclass(frozen=True, slots=True)
class Outlook:
    """Sums in the account's currency: `net`, `tax`, `gross` are charged first, `term_net` over the whole terms.

    `outcomes` pairs each group with the amount above the credit (gross; 0 for what executes); `executed` is the gross
    of those; `available` and `left` are the credit before and after them (None without a limit).
    """

    outcomes: list[tuple[Group, Decimal]]
    net: Money
    gross: Money
    term_net: Money
    executed: Money
    available: Money | None

    @property
    def tax(self) -> Money:
        """The tax of the first charges."""
        return self.gross - self.net

    @property
    def left(self) -> Money | None:
        """The credit after the orders that are executed at once."""
        return None if self.available is None else self.available - self.executed

    def bar(self, limit: Money | None) -> list[tuple[Decimal, str]]:
        """The limit in parts, for `split_bar`: used before, by these orders, still free. Empty without a limit."""
        if limit is None or self.available is None or self.left is None:
            return []
        parts = (limit - self.available, "used"), (self.executed, "accent"), (self.left, "rest")
        return [(max(part.amount, Decimal(0)), fill) for part, fill in parts]

    @property
    def spent(self) -> Money:
        """What these orders take from the credit, as a negative amount."""
        return -self.executed

    @property
    def held(self) -> int:
        """How many orders wait for credit."""
        return sum(bool(over) for _group, over in self.outcomes)


def exceeds(groups: Sequence[Group], available: Money | None) -> list[Decimal]:
    """By how much each group would exceed what is available, in basket order; 0 for what executes.

    The same walk as `services.orders.place`: what executes uses up credit, what is held does not.
    """
    over = []
    for group in groups:
        if available is None or group.gross <= available:
            over.append(Decimal("0.00"))
            available = None if available is None else available - group.gross
        else:
            over.append((group.gross - available).amount)
    return over


def outlook(groups: Sequence[Group], *, available: Money | None, currency: str) -> Outlook:
    """What would be charged, executed and held if these groups were placed now."""
    outcomes = list(zip(groups, exceeds(groups, available), strict=True))
    nothing = Money.zero(currency)
    return Outlook(
        outcomes=outcomes,
        net=sum((group.net for group in groups), start=nothing),
        gross=sum((group.gross for group in groups), start=nothing),
        term_net=sum((line.term_net for group in groups for line in group.lines), start=nothing),
        executed=sum((group.gross for group, over in outcomes if not over), start=nothing),
        available=available,
    )
