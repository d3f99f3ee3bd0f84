"""Orders of a list that its reader may choose: the key stands in the address (`?sort=-placed`), the rest is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sort:
    """One column a list can be ordered by, with the words for both directions ("Oldest first", "Newest first")."""

    key: str
    fields: tuple[str, ...]
    rising: Any
    falling: Any


@dataclass(frozen=True, slots=True)
class Chosen:
    """The order in force: its value in the address, the fields for `order_by` (the key is last), and its words."""

    value: str
    fields: tuple[str, ...]
    words: str


def chosen(sorts: Sequence[Sort], wanted: str, *, default: str) -> Chosen:
    """The order asked for, or the default when there is no such one. Rows of equal value fall back to the key."""
    known = {sort.key: sort for sort in sorts}
    value = wanted if wanted.removeprefix("-") in known else default
    sort = known[value.removeprefix("-")]
    if value.startswith("-"):
        return Chosen(value, (*(_turned(name) for name in sort.fields), "-pk"), str(sort.falling))
    return Chosen(value, (*sort.fields, "pk"), str(sort.rising))


def _turned(field: str) -> str:
    return field.removeprefix("-") if field.startswith("-") else f"-{field}"
