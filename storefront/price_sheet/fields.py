"""One field to one value: prices, moments, ids. Each function raises `BadField` with the code of the complaint."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

MOST: Final = Decimal("9999999.999999")
OPEN_FROM_YEAR: Final = 9000
FIRST_YEAR: Final = 1753

_PRICE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,20})?")
_COMMA = re.compile(r"-?[0-9][0-9.,'\s]*,[0-9.,]*")
_PRODUCT_ID = re.compile(r"[A-Z0-9]{12}")
_SKU_ID = re.compile(r"[A-Z0-9]{4}")
_SHORT_SKU_ID = re.compile(r"[0-9]{1,3}")
_AMERICAN = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([AP]M))?)?"
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,7})?Z?")

BAD_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DAMAGED = re.compile(r"\ufffd|[^\W\d_]\?[^\W\d_]|â€|Ã[\u0080-\u00bf]|Â\u00a0")
"""Traces of a wrong encoding: the replacement character, “?” inside a word, UTF-8 read as something else."""
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


class BadField(ValueError):
    """The field's text has no trustworthy value; `code` says which complaint it is."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@lru_cache(maxsize=65536)
def price(text: str) -> Decimal:
    """An amount of at most six decimals, zero or more, in the row's currency, per seat for the whole term."""
    if not text:
        raise BadField("missing_value")
    if not _PRICE.fullmatch(text):
        raise BadField("decimal_comma" if _COMMA.fullmatch(text) else "bad_price")
    if text.startswith("-"):
        raise BadField("negative_price")
    value = Decimal(text)
    if value > MOST:
        raise BadField("price_too_large")
    exact = value.normalize()
    if -int(exact.as_tuple().exponent) > 6:
        raise BadField("too_many_decimals")
    return value


def decimals(value: Decimal) -> int:
    """The number of decimals that matter."""
    return max(-int(value.normalize().as_tuple().exponent), 0)


def product_id(text: str) -> str:
    """Twelve capital letters and digits."""
    if not text:
        raise BadField("missing_value")
    if not _PRODUCT_ID.fullmatch(text):
        raise BadField("bad_product_id")
    return text


def sku_id(text: str) -> str:
    """Four capital letters and digits. A shorter number lost its zeros in a spreadsheet and gets them back."""
    if not text:
        raise BadField("missing_value")
    if _SHORT_SKU_ID.fullmatch(text):
        return text.zfill(4)
    if not _SKU_ID.fullmatch(text):
        raise BadField("bad_sku_id")
    return text


@lru_cache(maxsize=65536)
def moment(text: str) -> tuple[datetime, timedelta]:
    """A moment in UTC and how exactly it is written (a second or a minute).

    Accepts `7/1/2026 12:00:00 AM` (month first), `2021-10-01T00:00:00.0000000Z` and, after a spreadsheet,
    `2/1/2023 0:00`.
    """
    if not text:
        raise BadField("missing_value")
    if match := _ISO.fullmatch(text):
        return _moment(*map(int, match.groups())), timedelta(seconds=1)
    if match := _AMERICAN.fullmatch(text):
        month, day, year = (int(part) for part in match.groups()[:3])
        hour_text, minute_text, second_text, half = match.groups()[3:]
        hour = _hour(int(hour_text or 0), half)
        exact = timedelta(seconds=1) if second_text else timedelta(minutes=1)
        return _moment(year, month, day, hour, int(minute_text or 0), int(second_text or 0)), exact
    raise BadField("bad_date")


def end(text: str) -> datetime | None:
    """The first moment after a row's last one; None when the row is open (year 9999)."""
    last, exact = moment(text)
    return None if last.year >= OPEN_FROM_YEAR else last + exact


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise BadField("bad_date")
    return hour % 12 + (12 if half == "PM" else 0)


def _moment(*parts: int) -> datetime:
    """UTC, from year to second."""
    if parts[0] < FIRST_YEAR:
        raise BadField("bad_date")
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # six numbers, year to second
    except ValueError as error:
        raise BadField("bad_date") from error
