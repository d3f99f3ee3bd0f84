"""Dates and amounts as banks write them. A notation is chosen, never guessed value by value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

DATES: Final = {
    "iso": re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ].*)?"),
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})(?: .*)?"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})(?: .*)?"),
}
AMOUNTS: Final = {
    "comma": re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,2})?", re.ASCII),
    "point": re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?", re.ASCII),
}
MINUS: Final = "-−–"
YEARS: Final = range(2000, 2100)


def date_of(text: str, notation: str) -> date | None:
    """The date in this notation (iso, dmy, mdy); None when it is none, or no day of this century."""
    found = DATES[notation].fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
    return day if day.year in YEARS else None


def amount_of(text: str, notation: str) -> Decimal | None:
    """The amount with a decimal comma (1.000,50) or point (1,000.50); a minus stands before or behind. Else None."""
    plain = "".join(text.split()).strip("'\"")
    sign = 1
    if plain[:1] and plain[0] in MINUS:
        sign, plain = -1, plain[1:]
    elif plain[-1:] and plain[-1] in MINUS:
        sign, plain = -1, plain[:-1]
    plain = plain.removeprefix("+")
    if AMOUNTS[notation].fullmatch(plain) is None:
        return None
    groups, mark = (".", ",") if notation == "comma" else (",", ".")
    return sign * Decimal(plain.replace(groups, "").replace(mark, "."))


def date_notations(texts: Iterable[str]) -> list[str]:
    """The notations in which every text is a date: more than one is ambiguous, and a person says which."""
    given = [text for text in texts if text.strip()]
    return [notation for notation in DATES if given and all(date_of(text, notation) for text in given)]


def amount_notations(texts: Iterable[str]) -> list[str]:
    """The notations in which every text is an amount and means the same; both when no text tells them apart.

    "1.000" is a thousand with a decimal comma and nothing with a point, so a column of such values is clear; "100" is
    the same in both.
    """
    given = [text for text in texts if text.strip()]
    return [name for name in AMOUNTS if given and all(amount_of(text, name) is not None for text in given)]
