"""A file that contradicts itself or the database is not released; each difference is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.einvoice import cii, reading, release
from invoicing.rendering import pdf
from tests.golden.invoicing import kinds, samples

NAMES = ("aggregated", "credit_el", "separate_de", "nothing_owed")


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {name: pdf.render(kinds.KINDS[name]()) for name in NAMES}


def differences(rendered: dict[str, bytes], name: str = "aggregated", **changes: object) -> list[str]:
    document = kinds.KINDS[name]()
    xml = cii.serialise(document)
    facts = {"document": document, "pdf": rendered[name], "xml": xml, "recorded": reading.read(xml), **changes}
    return release.differences(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_differences_finds_none_in_what_belongs_together(name: str, rendered: dict[str, bytes]) -> None:
    assert differences(rendered, name) == []


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("number", "INV-2026-000999", "number"),
        ("kind", "381", "type"),
        ("currency", "USD", "currency"),
        ("net", Decimal("1.00"), "net total"),
        ("tax", Decimal("1.00"), "VAT total"),
        ("gross", Decimal("1.00"), "gross total"),
        ("lines", 9, "number of lines"),
        ("line_sum", Decimal("1.00"), "sum of the lines"),
        ("tax_sum", Decimal("1.00"), "sum of the VAT table"),
    ],
)
def test_differences_names_what_the_database_says_otherwise(
    field: str, value: object, word: str, rendered: dict[str, bytes]
) -> None:
    recorded = replace(reading.read(cii.serialise(samples.aggregated())), **{field: value})

    found = differences(rendered, recorded=recorded)

    assert len(found) == 1
    assert found[0].startswith(f"The {word} is ")
    assert found[0].endswith(f"{value} in the database.")


def test_differences_sees_another_xml_inside(rendered: dict[str, bytes]) -> None:
    other = cii.serialise(replace(samples.aggregated(), notes=("later",)))

    assert [text[:22] for text in differences(rendered, xml=other)] == ["The XML inside the PDF"]


def test_differences_sees_another_split_and_other_printed_amounts(rendered: dict[str, bytes]) -> None:
    found = differences(rendered, document=samples.separate())

    assert "The split inside the PDF is not that of the invoice." in found
    assert "The first page of the PDF does not say INV-2026-000413." in found
    assert sum("page of the PDF does not say" in text for text in found) == 5


def test_differences_sees_a_pdf_without_its_attachments(rendered: dict[str, bytes]) -> None:
    document = samples.aggregated()
    bare = pdf.write(pdf.layout.html(document), name="x")

    assert differences(rendered, pdf=bare)[0] == "The PDF carries [] instead of its XML and split."
