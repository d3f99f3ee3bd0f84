"""How money, dates, moments and per cents are written in a language. Pure: no Django, no clock, no settings.

Nothing is rounded here: an amount is shown with all the digits it has, at least those of its currency. Round first.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_currency, format_decimal, get_currency_precision

UNKNOWN: Final = "–"
MINUS: Final = "−"
NBSP: Final = "\u00a0"
FALLBACK: Final = "en"

# Day before month everywhere; the name of the month is short. German writes points.
DATE_PATTERNS: Final = {"de": "d. MMM yyyy"}
PERIOD_PATTERNS: Final = {"de": ("d.M.", "d.M.yyyy")}
DATE_PATTERN: Final = "d MMM yyyy"


def _locale(language: str) -> Locale:
    """The Babel locale of a Django language code; English when Babel does not know it."""
    for code in (language.replace("-", "_"), _base(language)):
        try:
            return Locale.parse(code)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse(FALLBACK)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0].lower()


def _places(value: Decimal, at_least: int) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(at_least, -exponent if isinstance(exponent, int) else 0)


def money(amount: Decimal | None, currency: str, language: str = FALLBACK, *, signed: bool = False) -> str:
    """An amount with its currency: €1,234.56, −€80.00, 1.234,56 €. `signed` writes the plus too; None is unknown, "–"."""
    if amount is None:
        return UNKNOWN
    places = _places(amount, get_currency_precision(currency))
    exact = abs(amount).quantize(Decimal(1).scaleb(-places))
    text = str(
        format_currency(exact, currency, locale=_locale(language), currency_digits=False, decimal_quantization=False)
    )
    sign = MINUS if amount < 0 else "+" if signed and amount > 0 else ""
    return sign + text


def number(value: Decimal | int | None, language: str = FALLBACK, *, signed: bool = False) -> str:
    """A count or factor with the groups of the language: 1,302 or 1.302; the minus is a true minus."""
    if value is None:
        return UNKNOWN
    text = str(format_decimal(abs(Decimal(value)), locale=_locale(language), decimal_quantization=False))
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    return sign + text


def percent(value: Decimal | int | None, language: str = FALLBACK, *, signed: bool = False) -> str:
    """A per cent value (24 means 24 %) with a no-break space before the sign, in every language."""
    if value is None:
        return UNKNOWN
    exact = Decimal(value)
    exact = exact.quantize(Decimal(1).scaleb(-_places(exact, 0)))
    return number(exact, language, signed=signed) + NBSP + "%"


def day(value: date | None, language: str = FALLBACK) -> str:
    """A date: 23 Nov 2026, 23 Νοε 2026, 23. Nov. 2026, 23 nov. 2026."""
    if value is None:
        return UNKNOWN
    return str(format_date(value, DATE_PATTERNS.get(_base(language), DATE_PATTERN), locale=_locale(language)))


def month(value: date, language: str = FALLBACK, *, year: bool = False) -> str:
    """The name of a month: short as under a chart (Nov), or in full with its year (November 2026)."""
    return str(format_date(value, "LLLL yyyy" if year else "LLL", locale=_locale(language)))


def period(start: date, end: date | None, language: str = FALLBACK) -> str:
    """A half-open period [start, end) by its first and last day: 1 Nov – 30 Nov 2026; numeric in German."""
    if end is None:
        return f"{day(start, language)} {UNKNOWN}"
    last = end - timedelta(days=1)
    full = DATE_PATTERNS.get(_base(language), DATE_PATTERN)
    short, full = PERIOD_PATTERNS.get(_base(language), ("d MMM", full))
    locale = _locale(language)
    if start == last:
        return str(format_date(last, full, locale=locale))
    first = format_date(start, short if start.year == last.year else full, locale=locale)
    return f"{first} – {format_date(last, full, locale=locale)}"


def zone_name(zone: ZoneInfo, language: str = FALLBACK) -> str:
    """The city of a time zone in the language: Athens, Αθήνα, Athen."""
    if zone.key in {"UTC", "Etc/UTC"}:
        return "UTC"
    return str(get_timezone_location(zone, locale=_locale(language), return_city=True))


def moment(value: datetime | None, zone: ZoneInfo, language: str = FALLBACK) -> str:
    """A moment in a zone, to the minute: 23 Nov 2026, 09:42. `value` is aware."""
    if value is None:
        return UNKNOWN
    return _local(value, zone, language, "")


def deadline(value: datetime | None, zone: ZoneInfo, language: str = FALLBACK) -> str:
    """A moment after which something is too late: Mon 30 Nov 2026, 09:42 (Athens). `value` is aware."""
    if value is None:
        return UNKNOWN
    return f"{_local(value, zone, language, 'EEE ')} ({zone_name(zone, language)})"


def _local(value: datetime, zone: ZoneInfo, language: str, prefix: str) -> str:
    if value.tzinfo is None:
        msg = "a moment needs a time zone"
        raise ValueError(msg)
    pattern = f"{prefix}{DATE_PATTERNS.get(_base(language), DATE_PATTERN)}, HH:mm"
    return str(format_datetime(value.astimezone(zone), pattern, locale=_locale(language)))
