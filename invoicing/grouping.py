"""Which charges stand on one invoice, and in which order (product.md §11.2, §11.3, M1, M3). Pure.

The group is a function of bill-to, currency, run item, tax treatment, and the beneficiary when it is invoiced
separately; net amounts never depend on it, only how many documents carry them.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

from invoicing.tax import Treatment


class SectionKind(IntEnum):
    """Order of the sections of an aggregated invoice: own use, affiliates, end customers."""

    OWN_USE = 0
    AFFILIATE = 1
    END_CUSTOMER = 2


@lru_cache(maxsize=4096)
def alphabetical(name: str) -> str:
    """The name as people sort it: without case and accents (Όμικρον stands before Ρω)."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """Who uses what is charged: the bill-to itself, or one of its affiliates or end customers."""

    id: int
    name: str
    kind: SectionKind

    @property
    def order(self) -> tuple[int, str, int]:
        """Own use first, then affiliates A–Z, then end customers A–Z."""
        return self.kind, alphabetical(self.name), self.id


class Groupable(Protocol):
    """What of a charge decides its invoice and its place on it."""

    @property
    def beneficiary(self) -> Beneficiary: ...
    @property
    def treatment(self) -> Treatment: ...
    @property
    def currency(self) -> str: ...
    @property
    def net(self) -> Decimal: ...
    @property
    def period_start(self) -> date: ...
    @property
    def line_order(self) -> tuple[object, ...]: ...


@dataclass(frozen=True, slots=True)
class GroupKey:
    """The part of the group that differs inside one run item (bill-to and run item are the caller's)."""

    currency: str
    exemption: str
    separate_for: int | None
    supply_month: date | None


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one beneficiary, with their sum."""

    beneficiary: Beneficiary
    lines: tuple[Groupable, ...]
    net: Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """The contents of one invoice: `separate_for` is the only beneficiary of a separate one, None when aggregated."""

    key: GroupKey
    separate_for: Beneficiary | None
    sections: tuple[Section, ...]

    @property
    def lines(self) -> tuple[Groupable, ...]:
        """All lines in print order."""
        return tuple(line for section in self.sections for line in section.lines)


def groups_of(
    charges: Iterable[Groupable], *, bill_to: int, separate: Collection[int], by_supply_month: bool = False
) -> list[Group]:
    """The invoices of one run item: aggregated first, then the separate ones by beneficiary name.

    `separate` holds the ids of the beneficiaries whose flag is set; the bill-to's own use is never separate. Lines that
    are exempt for another reason, or in another currency, never share a document; different rates of the standard
    category may. Groups whose lines are all zero make no invoice (M11) and are left out.
    """
    found: defaultdict[GroupKey, list[Groupable]] = defaultdict(list)
    for charge in charges:
        alone = (
            charge.beneficiary.id if charge.beneficiary.id in separate and charge.beneficiary.id != bill_to else None
        )
        month = charge.period_start.replace(day=1) if by_supply_month else None
        found[GroupKey(charge.currency, _exemption(charge.treatment), alone, month)].append(charge)
    groups = [_group(key, lines) for key, lines in found.items() if any(line.net for line in lines)]
    return sorted(groups, key=_print_order)


def _exemption(treatment: Treatment) -> str:
    """What keeps documents apart: nothing among ordinary rates, the category and its note otherwise."""
    return "" if treatment.category in ("S", "Z") else f"{treatment.category} {treatment.note}".rstrip()


def _group(key: GroupKey, lines: list[Groupable]) -> Group:
    by_beneficiary: defaultdict[Beneficiary, list[Groupable]] = defaultdict(list)
    for line in lines:
        by_beneficiary[line.beneficiary].append(line)
    sections = tuple(
        Section(
            who, tuple(sorted(own, key=lambda line: line.line_order)), sum((line.net for line in own), Decimal("0.00"))
        )
        for who, own in sorted(by_beneficiary.items(), key=lambda item: item[0].order)
    )
    return Group(key, sections[0].beneficiary if key.separate_for is not None else None, sections)


def _print_order(group: Group) -> tuple[bool, str, int, str, str, date]:
    """Aggregated before separate, then by beneficiary name; what splits a group further comes last."""
    who = group.separate_for
    return (
        who is not None,
        alphabetical(who.name) if who else "",
        who.id if who else 0,
        group.key.currency,
        group.key.exemption,
        group.key.supply_month or date.min,
    )
