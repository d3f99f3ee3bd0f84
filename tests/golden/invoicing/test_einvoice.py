"""Every kind of document against XSD and rules of EN 16931; what is wrong on purpose is caught."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from lxml import etree

from config.kernel.money import round_half_up
from invoicing.einvoice import cii, reading, split, terms, ubl
from invoicing.rendering.document import InvoiceDocument
from tests.golden.invoicing import kinds, samples, validators

FORMATS: dict[str, Callable[[InvoiceDocument], bytes]] = {
    "cii": cii.serialise,
    "ubl": lambda document: ubl.serialise(kinds.in_network(document)),
}


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_serialise_obeys_schema_and_rules(kind: str, written: str) -> None:
    xml = FORMATS[written](kinds.KINDS[kind]())

    report = validators.report(xml)

    assert validators.schema_errors(xml) == []
    assert report.failed == ()
    assert report.fired >= 20


BROKEN = {
    "gross": ("GrandTotalAmount>", "TaxInclusiveAmount", "1.00", ("BR-CO-15", "BR-CO-16")),
    "vat total": ("TaxTotalAmount", "TaxAmount", "1.00", ("BR-CO-14",)),
    "currency": ("InvoiceCurrencyCode", "DocumentCurrencyCode", "EURO", ("BR-CL-04", "BR-CO-15")),
    "vat prefix": ("SpecifiedTaxRegistration", "CompanyID", "000990011", ("BR-CO-09",)),
}


def broken(xml: bytes, name: str, text: str) -> bytes:
    """The XML with another text in the first element of that name (or in its first child)."""
    tree = etree.fromstring(xml)
    element = tree.xpath(f"//*[local-name()='{name.rstrip('>')}']")[0]
    target = element[0] if len(element) else element
    target.text = text
    return etree.tostring(tree)


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("what", BROKEN)
def test_rules_catch_what_is_wrong(what: str, written: str) -> None:
    in_cii, in_ubl, text, ids = BROKEN[what]
    xml = FORMATS[written](samples.aggregated())

    failed = validators.report(broken(xml, in_cii if written == "cii" else in_ubl, text)).failed

    assert any(identifier in line for line in failed for identifier in ids), failed


@pytest.mark.parametrize("written", FORMATS)
def test_rules_catch_a_unit_that_does_not_exist(written: str) -> None:
    xml = FORMATS[written](samples.aggregated()).replace(b'unitCode="C62"', b'unitCode="SEAT"')

    failed = validators.report(xml).failed

    assert any("BR-CL-23" in line or "'@unitCode' is not allowed" in line for line in failed), failed


def values(xml: bytes, path: str) -> list[str]:
    """The texts at a path of local names."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    return [str(text) for text in etree.fromstring(xml).xpath(f"//{steps}/text()")]


def test_serialise_names_beneficiary_tenant_and_subscription_of_every_line() -> None:
    xml = cii.serialise(samples.aggregated())

    assert values(xml, "ApplicableProductCharacteristic/Description").count("Beneficiary") == 10
    assert "igonia.onmicrosoft.com" in values(xml, "ApplicableProductCharacteristic/Value")
    assert values(xml, "AdditionalReferencedDocument/IssuerAssignedID")[:2] == ["S-00001", "S-00002"]
    assert values(xml, "BuyerOrderReferencedDocument/LineID")[1] == "O-2026-00655"


def test_serialise_takes_the_factor_off_as_an_allowance_of_the_line() -> None:
    xml = cii.serialise(samples.aggregated())

    assert values(xml, "SpecifiedTradeAllowanceCharge/ActualAmount") == ["36.77"]
    assert values(xml, "SpecifiedTradeAllowanceCharge/Reason") == ["12 of 31 days"]


def test_serialise_puts_the_sign_of_what_is_taken_back_on_the_quantity() -> None:
    xml = ubl.serialise(kinds.in_network(kinds.with_refund()))

    assert values(xml, "InvoicedQuantity") == ["10", "-4", "-1"]
    assert values(xml, "PriceAmount") == ["30.65", "30.65", "25"]
    assert values(xml, "LegalMonetaryTotal/PayableAmount") == [f"{kinds.with_refund().gross.amount}"]


def test_serialise_names_the_corrected_invoice() -> None:
    xml = ubl.serialise(kinds.in_network(samples.credit()))

    assert b"<CreditNote " in xml
    assert values(xml, "InvoiceDocumentReference/ID") == ["INV-2026-000419"]
    assert values(xml, "InvoiceDocumentReference/IssueDate") == ["2026-11-18"]
    assert values(xml, "CreditNoteTypeCode") == ["381"]


def test_serialise_says_reverse_charge_in_words_and_code() -> None:
    xml = cii.serialise(kinds.KINDS["reverse_charge"]())

    assert values(xml, "ApplicableTradeTax/ExemptionReasonCode") == ["VATEX-EU-AE"]
    assert values(xml, "ApplicableTradeTax/ExemptionReason")[0].startswith(
        "Reverse charge. VAT is owed by the customer"
    )
    assert values(xml, "ExchangedDocument/IncludedNote/Content") == []


def test_serialise_says_why_and_what_stands_nowhere_else_in_notes() -> None:
    assert values(cii.serialise(samples.credit()), "ExchangedDocument/IncludedNote/Content") == [
        "Fewer seats within the cancellation window"
    ]
    assert values(cii.serialise(kinds.KINDS["with_notes"]()), "ExchangedDocument/IncludedNote/Content") == [
        "Thank you.",
        "Please quote the reference <&> «»",
    ]


def test_serialise_carries_endpoints_and_the_reference_of_the_buyer() -> None:
    xml = ubl.serialise(kinds.in_network(samples.separate()))

    assert values(xml, "EndpointID") == ["EL000990011", "4035811991021"]
    assert values(xml, "BuyerReference") == ["PO-77/2026"]
    assert not ubl.is_offered(samples.separate())
    assert ubl.is_offered(kinds.in_network(samples.separate()))


@pytest.mark.parametrize(
    ("typed", "country", "written"),
    [
        ("EL000990011", "GR", "EL000990011"),
        ("GR 000.990.011", "GR", "EL000990011"),
        ("000990011", "GR", "EL000990011"),
        ("DE136695976", "DE", "DE136695976"),
        ("12-3456789", "US", "US12-3456789"),
        ("", "GR", ""),
    ],
)
def test_vat_number_begins_with_its_country(typed: str, country: str, written: str) -> None:
    assert terms.vat_number(typed, country) == written


def test_charged_is_exact_whatever_the_signs() -> None:
    for line in (line for make in kinds.KINDS.values() for section in make().sections for line in section.lines):
        charged = terms.charged(line)

        assert charged.price >= 0
        assert round_half_up(charged.quantity * charged.price) + charged.adjustment == charged.net
        assert bool(charged.reason) is bool(charged.adjustment)


def test_charged_says_what_a_credit_by_amount_changes() -> None:
    line = samples.line(1, "E3", 1, "30.65")
    charged = terms.charged(replace(line, net=samples.eur("20.00")))

    assert (charged.adjustment, charged.reason) == (Decimal("-10.65"), "Adjustment")


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_read_finds_head_totals_and_sums(kind: str, written: str) -> None:
    document = kinds.KINDS[kind]()
    said = reading.read(FORMATS[written](document))

    net, tax, gross = document.net.amount, document.tax.amount, document.gross.amount
    assert said == reading.Said(
        document.number, document.kind.value, "EUR", net, tax, gross, document.line_count, net, tax
    )


def test_split_names_every_line_with_stable_ids() -> None:
    rows = list(csv.DictReader(StringIO(split.serialise(samples.aggregated()).decode(), newline="")))

    assert [row["position"] for row in rows] == [str(at) for at in range(1, 11)]
    assert sum(Decimal(row["net"]) for row in rows) == samples.aggregated().net.amount
    assert (rows[4]["beneficiary"], rows[4]["tenant"], rows[4]["subscription"]) == (
        "C-00031",
        "igonia.onmicrosoft.com",
        "S-00005",
    )
    assert (rows[4]["factor_part"], rows[4]["factor_whole"], rows[4]["net"]) == ("12", "31", "23.23")


def test_split_disarms_formulas() -> None:
    evil = samples.section(replace(samples.BAKERY, name="=cmd()"), samples.line(1, "@SUM(A1)", 1, "1.00"))

    text = split.serialise(samples.document(evil)).decode()

    assert ",'=cmd()," in text
    assert ",'@SUM(A1)," in text
