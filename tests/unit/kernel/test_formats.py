"""Money, dates and deadlines are written as design and law of the language want them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.kernel import formats

ATHENS = ZoneInfo("Europe/Athens")
MOMENT = datetime(2026, 11, 30, 7, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "€1,234.56"),
        ("el", "1.234,56\u00a0€"),
        ("de", "1.234,56\u00a0€"),
        ("fr", "1\u202f234,56\u00a0€"),
        ("xx", "€1,234.56"),
    ],
)
def test_money_is_written_in_the_language(language: str, text: str) -> None:
    assert formats.money(Decimal("1234.56"), "EUR", language) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("-80"), "−€80.00"),
        (Decimal("0"), "€0.00"),
        (Decimal("0.0125"), "€0.0125"),
        (Decimal("12.5000"), "€12.50"),
        (Decimal("1E+3"), "€1,000.00"),
        (None, "–"),
    ],
)
def test_money_shows_every_digit_and_a_true_minus(amount: Decimal | None, text: str) -> None:
    assert formats.money(amount, "EUR") == text


def test_money_writes_the_plus_only_when_asked() -> None:
    assert formats.money(Decimal("155"), "EUR", signed=True) == "+€155.00"
    assert formats.money(Decimal("0"), "EUR", signed=True) == "€0.00"


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "23 Nov 2026"), ("el", "23 Νοε 2026"), ("de", "23. Nov. 2026"), ("fr", "23 nov. 2026")],
)
def test_day_is_written_in_the_language(language: str, text: str) -> None:
    assert formats.day(date(2026, 11, 23), language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Mon 30 Nov 2026, 09:42 (Athens)"),
        ("el", "Δευ 30 Νοε 2026, 09:42 (Αθήνα)"),
        ("de", "Mo. 30. Nov. 2026, 09:42 (Athen)"),
        ("fr", "lun. 30 nov. 2026, 09:42 (Athènes)"),
    ],
)
def test_deadline_names_weekday_and_zone(language: str, text: str) -> None:
    assert formats.deadline(MOMENT, ATHENS, language) == text


def test_moment_refuses_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        formats.moment(datetime(2026, 11, 30, 9, 42), ATHENS)


@pytest.mark.parametrize(
    ("start", "end", "language", "text"),
    [
        (date(2026, 11, 1), date(2026, 12, 1), "en", "1 Nov – 30 Nov 2026"),
        (date(2026, 12, 20), date(2027, 1, 20), "en", "20 Dec 2026 – 19 Jan 2027"),
        (date(2026, 11, 1), date(2026, 12, 1), "de", "1.11. – 30.11.2026"),
        (date(2026, 11, 5), date(2026, 11, 6), "en", "5 Nov 2026"),
    ],
)
def test_period_names_its_last_day(start: date, end: date, language: str, text: str) -> None:
    assert formats.period(start, end, language) == text


def test_unknown_is_a_dash_everywhere() -> None:
    assert {formats.day(None), formats.moment(None, ATHENS), formats.number(None), formats.percent(None)} == {"–"}


@pytest.mark.parametrize("language", ["en", "el", "de", "fr"])
def test_percent_keeps_its_sign_on_the_line(language: str) -> None:
    assert formats.percent(Decimal(24), language) == "24\u00a0%"
