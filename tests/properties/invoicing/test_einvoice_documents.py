"""Random documents at the rates of Cyprus and Greece: schema and totals of EN 16931 hold in both formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.money import Money, round_half_up
from config.kernel.periods import Period
from invoicing.einvoice import cii, reading, ubl
from invoicing.rendering.document import Factor, InvoiceDocument, Line
from tests.golden.invoicing import kinds, samples, validators

RATES = ("5", "19", "24")
TOTALS = ("BR-CO-", "BR-S-", "BR-DEC-", "BR-27", "BR-28")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@st.composite
def a_line(draw: st.DrawFn) -> Line:
    """A line of any sign and factor; the net is what the product computes."""
    whole = draw(st.integers(1, 366))
    factor = Factor(draw(st.integers(1, whole)), whole, draw(st.sampled_from(["days", "hours"])))
    quantity = draw(st.integers(-50, 500))
    price = Decimal(draw(st.integers(-5_000_000, 900_000_000))).scaleb(-6)
    net = round_half_up(quantity * Fraction(price) * Fraction(factor.part, factor.whole))
    start = date(2026, 1, 1).toordinal() + draw(st.integers(0, 700))
    return Line(
        position=0,
        product=draw(TEXTS.filter(str.strip)) + "x",
        sku=draw(TEXTS),
        service_reference=draw(TEXTS),
        order_reference=draw(TEXTS),
        period=Period(date.fromordinal(start), date.fromordinal(start + draw(st.integers(1, 400)))),
        quantity=Decimal(quantity),
        unit_price=price,
        factor=factor,
        net=Money(net, "EUR"),
        kind=draw(st.sampled_from(["", "Refund", "Discount"])),
        tax_rate=Decimal(draw(st.sampled_from(RATES))),
    )


@st.composite
def a_document(draw: st.DrawFn) -> InvoiceDocument:
    """A document of one or two beneficiaries whose net is not below zero, as the product issues them."""
    lines = draw(st.lists(a_line(), min_size=1, max_size=6))
    lines = [replace(line, position=at) for at, line in enumerate(lines, start=1)]
    cut = draw(st.integers(0, len(lines) - 1))
    who = replace(samples.BAKERY, name=draw(TEXTS) + "x", tenant_domain=draw(TEXTS))
    parts = [samples.section(samples.OWN, *lines[:cut]), samples.section(who, *lines[cut:])]
    document = kinds.mixed(*[part for part in parts if part.lines], notes=tuple(draw(st.lists(TEXTS, max_size=2))))
    if document.net.amount < 0:
        extra = samples.line(99, "Base fee", 1, f"{-document.net.amount}")
        document = kinds.mixed(*document.sections, samples.section(samples.HOTELS, extra))
    return kinds.in_network(document)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(a_document())
def test_serialise_keeps_schema_and_totals_whatever_the_lines(document: InvoiceDocument) -> None:
    for xml in (cii.serialise(document), ubl.serialise(document)):
        report = validators.report(xml)
        read = reading.read(xml)

        assert validators.schema_errors(xml) == []
        assert [line for line in report.failed if line.startswith(TOTALS)] == []
        assert report.fired >= 20
        assert (read.net, read.tax, read.gross) == (document.net.amount, document.tax.amount, document.gross.amount)
        assert read.lines == document.line_count
