"""Numbers, dates and addresses on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.rendering import qr
from invoicing.rendering.document import Address, Factor, Payment
from invoicing.rendering.paper import Paper, iban, plain

EN, DE, EL = Paper("en"), Paper("de"), Paper("el")
NB = "\u00a0"


@pytest.mark.parametrize(
    ("paper", "amount", "text"),
    [
        (EN, "1234.5", "€1,234.50"),
        (EN, "-80", "−€80.00"),
        (EN, "0", "€0.00"),
        (DE, "1234.56", f"1.234,56{NB}€"),
        (DE, "-0.5", f"−0,50{NB}€"),
        (EL, "1234567.8", f"1.234.567,80{NB}€"),
        (Paper("xx"), "1", "€1.00"),
    ],
)
def test_money(paper: Paper, amount: str, text: str) -> None:
    assert paper.money(Money(Decimal(amount), "EUR")) == text


@pytest.mark.parametrize(("price", "text"), [("12", "€12.00"), ("12.100000", "€12.10"), ("0.123456", "€0.123456")])
def test_unit_price_keeps_the_digits_it_has(price: str, text: str) -> None:
    assert EN.unit_price(Decimal(price), "EUR") == text


@pytest.mark.parametrize(
    ("value", "text"), [("15", "15"), ("1500", "1,500"), ("2.50", "2.5"), ("-3", "−3"), ("100", "100")]
)
def test_quantity(value: str, text: str) -> None:
    assert EN.quantity(Decimal(value)) == text


def test_percent_and_factor() -> None:
    assert EN.percent(Decimal("24.0000")) == f"24{NB}%"
    assert DE.percent(Decimal("5.5")) == f"5,5{NB}%"
    assert EN.factor(Factor(31, 31)) == "1"
    assert EN.factor(Factor(10, 30)) == "10/30"


@pytest.mark.parametrize(
    ("paper", "start", "end", "text"),
    [
        (EN, date(2026, 11, 1), date(2026, 12, 1), "1 Nov – 30 Nov 2026"),
        (EN, date(2026, 12, 20), date(2027, 1, 20), "20 Dec 2026 – 19 Jan 2027"),
        (EN, date(2026, 12, 20), date(2026, 12, 21), "20 Dec 2026"),
        (DE, date(2026, 11, 1), date(2026, 12, 1), "1.11. – 30.11.2026"),
        (DE, date(2026, 12, 20), date(2027, 1, 20), "20.12.2026 – 19.1.2027"),
        (EL, date(2026, 11, 16), date(2026, 12, 16), "16 Νοε – 15 Δεκ 2026"),
    ],
)
def test_period_names_its_first_and_last_day(paper: Paper, start: date, end: date, text: str) -> None:
    assert paper.period(Period(start, end)) == text


def test_long_period_writes_months_out_in_english() -> None:
    assert EN.long_period(Period(date(2026, 10, 20), date(2026, 12, 22))) == "20 October – 21 December 2026"
    assert EN.long_period(Period(date(2026, 12, 20), date(2027, 1, 20))) == "20 December 2026 – 19 January 2027"
    assert EN.long_period(Period(date(2026, 12, 20), date(2026, 12, 21))) == "20 December 2026"
    assert DE.long_period(Period(date(2026, 10, 20), date(2026, 12, 22))) == "20.10. – 21.12.2026"


def test_address_follows_the_country() -> None:
    greek = Address("Perdikas 41", "", "546 22", "Thessaloniki", "Central Macedonia", "GR")
    british = Address("1 High Street", "Floor 2", "SW1A 1AA", "London", "", "GB")

    assert EN.address(greek) == ["Perdikas 41", "546 22 Thessaloniki, Central Macedonia", "Greece"]
    assert DE.address(greek)[-1] == "Griechenland"
    assert EN.address(british) == ["1 High Street", "Floor 2", "London, SW1A 1AA", "United Kingdom"]
    assert EN.address(Address(country="QQ")) == ["QQ"]
    assert EN.address(Address()) == []


def test_plain_drops_what_is_no_writing() -> None:
    assert plain(" a\x00b\r\nc\ud800\x1b ") == "ab  c"


def test_iban_is_grouped() -> None:
    assert iban("gr16 01101250000000012300695") == "GR16 0110 1250 0000 0001 2300 695"


PAYMENT = Payment("Aegean Cloud S.A.", "GR16 0110 1250 0000 0001 2300 695", "ETHNGRAA", reference="R-1 INV-7")


def test_qr_holds_the_twelve_lines_of_epc069() -> None:
    assert qr.payload(PAYMENT, Money(Decimal("4472.94"), "EUR")) == (
        "BCD\n002\n1\nSCT\nETHNGRAA\nAegean Cloud S.A.\nGR1601101250000000012300695\nEUR4472.94\n\n\nR-1 INV-7"
    )


@pytest.mark.parametrize(
    ("payment", "amount", "currency"),
    [
        (PAYMENT, "0", "EUR"),
        (PAYMENT, "-1", "EUR"),
        (PAYMENT, "1000000000.00", "EUR"),
        (PAYMENT, "10", "USD"),
        (Payment("X", "GR1601101250000000012300696"), "10", "EUR"),
        (Payment("X"), "10", "EUR"),
    ],
)
def test_qr_is_left_out_when_no_sepa_transfer_fits(payment: Payment, amount: str, currency: str) -> None:
    money = Money(Decimal(amount), currency)

    assert qr.payload(payment, money) is None
    assert qr.svg(payment, money) == ""


def test_qr_can_be_drawn_for_the_longest_texts() -> None:
    longest = Payment("Ω" * 90, PAYMENT.iban, "ETHNGRAAXXX", reference="Ψ" * 60)

    assert qr.svg(longest, Money(Decimal("999999999.99"), "EUR")).startswith("<svg")
