"""Why a line costs what it costs, why it carries that tax, and why it stands on that document."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import translation

from config.kernel.money import Money
from invoicing.rendering import layout
from invoicing.rendering.document import Factor, Tax
from invoicing.rendering.explanation import explain
from invoicing.rendering.paper import Paper
from invoicing.rendering.splitting import split_notes
from invoicing.rendering.taxation import category_word, legal_note, tax_notes
from invoicing.selectors.documents import factor_unit
from tests.golden.invoicing import samples

EN = Paper("en")


def test_a_part_of_a_month_is_explained_with_its_days_and_rounding() -> None:
    line = samples.line(1, "Backup", 5, "12.00", period=samples.OCTOBER_STUB, factor=Factor(12, 31))

    told = explain(line, EN)

    assert told.formula == "5 × €12.00 × 12/31 = €23.23"
    assert told.note == "23.2258… rounded half up to cents, once per line"
    assert told.reasons == (
        ("Service period", "20 Oct – 31 Oct 2026 · 12 days"),
        ("Factor", "12/31: 12 of 31 days of the billing period"),
        ("Price of one unit", "€12.00 · Price list EU Gold, version 2026-10"),
        ("Order", "O-2026-00790"),
        ("Subscription", "S-00001"),
        ("VAT", "24\u00a0%, added once, on the invoice total"),
    )


def test_a_whole_period_needs_no_rounding() -> None:
    told = explain(samples.line(1, "E3", 3, "30.65"), EN)

    assert (told.formula, told.note) == ("3 × €30.65 = €91.95", "")
    assert ("Factor", "1: a whole billing period is charged") in told.reasons


def test_digits_that_end_are_shown_without_dots() -> None:
    told = explain(samples.line(1, "E3", 1, "30.6550"), EN)

    assert told.note == "30.655 rounded half up to cents, once per line"


def test_a_refund_keeps_its_sign() -> None:
    line = samples.line(1, "E3", 1, "12.00", factor=Factor(10, 31))
    refund = replace(line, quantity=Decimal(-1), net=Money(Decimal("-3.87"), "EUR"))

    told = explain(refund, EN)

    assert told.formula == "−1 × €12.00 × 10/31 = −€3.87"
    assert told.note.startswith("−3.8709…")


def test_an_instalment_that_carries_a_cent_says_so() -> None:
    line = replace(samples.line(1, "E3", 1, "8.33"), net=Money(Decimal("8.34"), "EUR"))

    assert "cents of its parts add up" in explain(line, EN).note


def test_a_line_without_references_and_period_leaves_them_out() -> None:
    line = replace(
        samples.line(1, "E3", 1, "8.33"), order_reference="", service_reference="", price_source="", period=None
    )

    assert [name for name, _ in explain(line, EN).reasons] == ["Price of one unit", "VAT"]


@pytest.mark.parametrize(
    ("credited_days", "denominator", "unit"),
    [(None, 31, "days"), (31, 31, "days"), (31, 744, "hours"), (7, 168, "hours")],
)
def test_factor_counts_hours_only_when_a_refund_is_measured_in_them(
    credited_days: int | None, denominator: int, unit: str
) -> None:
    start = date(2026, 3, 1)
    period = credited_days and SimpleNamespace(lower=start, upper=date.fromordinal(start.toordinal() + credited_days))
    credited = SimpleNamespace(period=period) if credited_days else None

    assert (
        factor_unit(SimpleNamespace(kind="refund", period=None, credits_item=credited, factor_denominator=denominator))
        == unit
    )


def test_notes_are_told_once() -> None:
    euro = samples.eur("1.00")
    document = replace(
        samples.separate(),
        taxes=(Tax("E", Decimal(0), euro, euro, "Exempt, Art. 132"), Tax("AE", Decimal(0), euro, euro, "Art. 196")),
        notes=("Exempt, Art. 132", "Art. 196", "  ", "Thank you."),
    )

    page = layout.build(document, EN)

    owed = "VAT is owed by the customer (Article 196 of Council Directive 2006/112/EC)."
    assert page.notes == [
        ("", "Exempt from VAT. Exempt, Art. 132"),
        ("Reverse charge.", f"{owed} Art. 196"),
        ("", "Thank you."),
    ]


@pytest.mark.parametrize("reason", ["", "Reverse charge", "reverse charge.", "VAT is owed by the customer"])
def test_a_rule_that_says_what_the_law_says_is_not_told_twice(reason: str) -> None:
    euro = samples.eur("1.00")
    owed = "VAT is owed by the customer (Article 196 of Council Directive 2006/112/EC)."

    assert tax_notes([Tax("AE", Decimal(0), euro, euro, reason)]) == [
        ("Reverse charge.", owed if "owed" not in reason else f"{owed} {reason}")
    ]
    assert tax_notes([Tax("S", Decimal(24), euro, euro, "")]) == []


def test_a_category_of_a_later_version_is_printed_as_it_is() -> None:
    assert (category_word("XX"), legal_note("XX")) == ("XX", ("", ""))
    assert category_word("AE") == "Reverse charge"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Each calendar month of supply has an invoice of its own: this one is for November 2026."),
        ("el", "Κάθε ημερολογιακός μήνας παροχής έχει δικό του τιμολόγιο. Μήνας αυτού του τιμολογίου: Νοέμβριος 2026."),
        ("de", "Jeder Kalendermonat der Leistung hat seine eigene Rechnung: diese ist für November 2026."),
    ],
)
def test_the_reason_of_a_split_is_told_in_the_language_of_the_document(language: str, told: str) -> None:
    with translation.override(language):
        facts = {"currency": "EUR", "category": "x", "month": date(2026, 11, 15), "paper": Paper(language)}
        assert split_notes(["month", "An older sentence"], **facts) == [told, "An older sentence"]


def test_a_mode_of_a_later_version_is_printed_as_it_is() -> None:
    assert layout.mode_word("gift") == "gift"
