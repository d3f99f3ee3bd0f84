"""How a supply to a bill-to is taxed: the rule of its place on the invoice date (product.md §12.4, Q9, M10). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

STANDARD: Final = "S"
ZERO_RATED: Final = "Z"
EXEMPT: Final = "E"
REVERSE_CHARGE: Final = "AE"
INTRA_COMMUNITY: Final = "K"
EXPORT: Final = "G"
OUTSIDE: Final = "O"
CATEGORIES: Final = (STANDARD, ZERO_RATED, EXEMPT, REVERSE_CHARGE, INTRA_COMMUNITY, EXPORT, OUTSIDE)
UNTAXED: Final = frozenset(CATEGORIES) - {STANDARD}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a place, a product type ("" = any), when it holds, and what it says.

    `country` is ISO 3166 alpha-2, `region` "" for the whole country. The rule holds from `valid_from` through
    `valid_to`, both included; None is open. `rate` is in percent, 0 for every category but S. A rule with
    `needs_vat_number` applies only to a bill-to with a VAT number (reverse charge), one for the exempt only to those.
    """

    country: str
    category: str
    rate: Decimal
    region: str = ""
    product_type: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    needs_vat_number: bool = False
    for_exempt: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            msg = f"not a tax category of EN 16931: {self.category!r}"
            raise ValueError(msg)
        if (
            self.rate < 0
            or (self.category in UNTAXED and self.rate != 0)
            or (self.category == STANDARD and not self.rate)
        ):
            msg = f"category {self.category} does not go with {self.rate} %"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Taxpayer:
    """What of a bill-to decides its tax.

    `has_vat_number` says that it gave one, `number_confirmed` that the number is known to be valid (or that nobody can
    know, outside the EU). `exempt_reason` is printed for an exempt one instead of the rule's note.
    """

    country: str
    region: str = ""
    has_vat_number: bool = False
    exempt: bool = False
    number_confirmed: bool = True
    exempt_reason: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Treatment:
    """The tax of a line: category, rate in percent, and the note that the invoice must print ("" = none)."""

    category: str
    rate: Decimal
    note: str = ""


def rule_for(rules: Iterable[Rule], payer: Taxpayer, *, product_type: str, on: date) -> Rule | None:
    """The rule that serves the bill-to on the invoice date; None when no rule covers its place.

    The more specific rule wins: region before country, product type before any, a rule that needs a VAT number
    before one that does not, the later start before the earlier. An exempt bill-to is served by rules for the exempt
    only: an ordinary rate is never charged to it by accident.
    """
    fitting = [rule for rule in rules if _covers(rule, payer, product_type, on)]
    return max(fitting, key=_weight) if fitting else None


def treatment(rules: Iterable[Rule], payer: Taxpayer, *, product_type: str, on: date) -> Treatment | None:
    """The treatment of a product type for the bill-to on the invoice date; None when no rule covers its place."""
    best = rule_for(rules, payer, product_type=product_type, on=on)
    if best is None:
        return None
    return Treatment(
        best.category, best.rate, payer.exempt_reason if payer.exempt and payer.exempt_reason else best.note
    )


def is_in_doubt(rules: Iterable[Rule], payer: Taxpayer, *, product_type: str, on: date) -> bool:
    """Whether the tax hangs on a VAT number that is not known to be valid: such a bill-to is not billed."""
    if payer.number_confirmed or not payer.has_vat_number:
        return False
    best = rule_for(rules, payer, product_type=product_type, on=on)
    return best is not None and best.needs_vat_number


def lacks_only_number(rules: Iterable[Rule], payer: Taxpayer, *, product_type: str, on: date) -> bool:
    """Whether a rule would cover the bill-to if it had a VAT number."""
    return rule_for(rules, replace(payer, has_vat_number=True), product_type=product_type, on=on) is not None


def _covers(rule: Rule, payer: Taxpayer, product_type: str, on: date) -> bool:
    return (
        rule.country == payer.country
        and rule.region in ("", payer.region)
        and rule.product_type in ("", product_type)
        and (rule.valid_from is None or rule.valid_from <= on)
        and (rule.valid_to is None or on <= rule.valid_to)
        and (payer.has_vat_number or not rule.needs_vat_number)
        and rule.for_exempt == payer.exempt
    )


def _weight(rule: Rule) -> tuple[bool, bool, bool, date]:
    return bool(rule.region), bool(rule.product_type), rule.needs_vat_number, rule.valid_from or date.min
