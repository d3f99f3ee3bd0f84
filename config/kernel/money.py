"""Money: an exact amount with its currency. Rounding happens once, half up, where product.md §10.3 says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


def round_half_up(value: Decimal | Fraction | int, places: int = 2) -> Decimal:
    """Round half away from zero to `places` decimals, exactly (a Fraction is never turned into a float)."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return ratio_half_up(*value.as_integer_ratio(), places)


def ratio_half_up(numerator: int, denominator: int, places: int = 2) -> Decimal:
    """Round numerator / denominator (above zero) half away from zero to `places` decimals, in whole numbers only."""
    magnitude = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    return Decimal(magnitude if numerator >= 0 else -magnitude).scaleb(-places)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one ISO 4217 currency. Refuses floats and other currencies."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            msg = f"an amount is a finite Decimal, not {self.amount!r}"
            raise TypeError(msg)
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            msg = f"not an ISO 4217 currency: {self.currency!r}"
            raise ValueError(msg)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in this currency."""
        return cls(Decimal("0.00"), currency)

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            msg = f"{self.currency} and {other.currency} cannot be added or compared"
            raise CurrencyMismatch(msg)
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        if isinstance(factor, bool) or not isinstance(factor, int | Decimal):
            msg = f"money is multiplied by an int or a Decimal, not {factor!r}"
            raise TypeError(msg)
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def rounded(self) -> Money:
        """The amount in whole cents, half up."""
        return Money(round_half_up(self.amount), self.currency)


def allocate(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Split a whole number of cents by weights; the parts always sum to the whole.

    Part k is r(W·w₁..k) − r(W·w₁..k₋₁): cumulative differences, so no part is off by more than a cent.
    Raises ValueError for fractions of a cent, negative weights, or weights that sum to zero.
    """
    if whole.amount != whole.amount.quantize(CENT):
        msg = "only whole cents can be allocated"
        raise ValueError(msg)
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        msg = "weights are zero or more and not all zero"
        raise ValueError(msg)
    parts: list[Money] = []
    given = Decimal("0.00")
    running = 0
    for weight in weights:
        running += weight
        upto = round_half_up(Fraction(whole.amount) * running / total)
        parts.append(Money(upto - given, whole.currency))
        given = upto
    return parts
