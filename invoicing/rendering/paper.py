"""How numbers, dates and addresses are written on paper, in the reader's language.

Screens use shorter forms (config/kernel/formats.py); a document names full dates, and its periods stay on one line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.rendering.document import Address, Factor

CITY_FIRST = frozenset({"GB", "IE", "US", "CA", "AU", "NZ", "IN"})
MINUS = "−"
LANGUAGES = ("el", "de")
"""What documents, and the mails about them, are written in beside English: the words are in locale/."""


def plain(text: str) -> str:
    """The text without characters that are not writing: control characters and lone surrogates."""
    return "".join(
        " " if char in "\t\n\r" else char
        for char in text
        if char in "\t\n\r" or unicodedata.category(char) not in ("Cc", "Cs")
    ).strip()


@dataclass(frozen=True)
class Paper:
    """Writes values for one language; an unknown language falls back to English."""

    language: str

    @cached_property
    def locale(self) -> Locale:
        """The Babel locale: British English for `en`, because dates read day first."""
        if self.language in ("", "en"):
            return Locale("en", "GB")
        try:
            return Locale.parse(self.language.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return Locale("en", "GB")

    def money(self, value: Money) -> str:
        """The amount in its currency, two decimals: €1,234.56 or 1.234,56 €."""
        return self._currency(value.amount, value.currency, places="00")

    def unit_price(self, amount: Decimal, currency: str) -> str:
        """A price of one unit: two decimals, up to six when it has them."""
        return self._currency(amount, currency, places="00####")

    def _currency(self, amount: Decimal, currency: str, *, places: str) -> str:
        pattern = self.locale.currency_formats["standard"].pattern.split(";")[0].replace("0.00", f"0.{places}")
        text = format_currency(abs(amount), currency, format=pattern, locale=self.locale, currency_digits=False)
        return f"{MINUS}{text}" if amount < 0 else text

    def quantity(self, value: Decimal) -> str:
        """A number of seats or units, without needless decimals."""
        return format_decimal(value.normalize(), format="#,##0.######", locale=self.locale).replace("-", MINUS)

    def percent(self, rate: Decimal) -> str:
        """A rate in per cent, with a no-break space: 24 %."""
        return f"{self.quantity(rate)}\u00a0%"

    def factor(self, factor: Factor) -> str:
        """1, or the share as it was counted: 12/31 (never reduced, so that it can be checked by hand)."""
        return "1" if factor.part == factor.whole else f"{factor.part}/{factor.whole}"

    def day(self, day: date) -> str:
        """A date in full: 1 November 2026."""
        return format_date(day, format="long", locale=self.locale)

    def month(self, day: date) -> str:
        """The month of a day: November 2026."""
        return format_date(day, format="LLLL y", locale=self.locale)

    def period(self, period: Period) -> str:
        """From the first to the last day of a half-open period: 1 Nov – 30 Nov 2026."""
        first, last = period.start, period.last_day
        if self.locale.language == "de":
            start = f"{first.day}.{first.month}." + (f"{first.year}" if first.year != last.year else "")
            return f"{start} – {last.day}.{last.month}.{last.year}"
        if first == last:
            return self._short(last)
        start = (
            self._short(first) if first.year != last.year else format_date(first, format="d MMM", locale=self.locale)
        )
        return f"{start} – {self._short(last)}"

    def _short(self, day: date) -> str:
        return format_date(day, format="d MMM y", locale=self.locale)

    def long_period(self, period: Period) -> str:
        """A period with whole month names, for the head: 20 October – 21 December 2026."""
        first, last = period.start, period.last_day
        if self.locale.language != "en":  # elsewhere the whole names do not fit on one line
            return self.period(period)
        if first == last:
            return self.day(last)
        start = self.day(first) if first.year != last.year else format_date(first, format="d MMMM", locale=self.locale)
        return f"{start} – {self.day(last)}"

    def country(self, code: str) -> str:
        """The country's name in the reader's language; the code itself when it is unknown."""
        return str(self.locale.territories.get(code, plain(code)))

    def address(self, address: Address) -> list[str]:
        """The lines of an address below the name, country last."""
        city = [plain(part) for part in (address.postcode, address.city) if part.strip()]
        place = " ".join(city)
        if address.country in CITY_FIRST:
            parts = [address.city, " ".join(part for part in (address.region, address.postcode) if part)]
            place = ", ".join(plain(part) for part in parts if part.strip())
        elif address.region.strip():
            place = f"{place}, {plain(address.region)}"
        lines = [plain(address.line1), plain(address.line2), place]
        return [*(line for line in lines if line), *([self.country(address.country)] if address.country else [])]


def iban(value: str) -> str:
    """An IBAN in groups of four."""
    compact = "".join(plain(value).split()).upper()
    return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))
