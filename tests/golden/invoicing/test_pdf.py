"""The PDF as a reader gets it: text to the letter, pictures with a tolerance (Pango differs between systems).

`GOLDEN=write` writes what is expected anew; look at the pictures before you commit them.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from invoicing.rendering import pdf
from invoicing.rendering.document import InvoiceDocument
from tests.golden.invoicing import samples

EXPECTED = Path(__file__).parent / "expected"
WRITE = os.environ.get("GOLDEN") == "write"
KINDS = {
    "aggregated": samples.aggregated,
    "separate": samples.separate,
    "credit": samples.credit,
    "separate_de": lambda: samples.separate(language="de"),
    "credit_el": lambda: samples.credit(language="el"),
    "reverse_charge_de": lambda: samples.reverse_charge(language="de"),
    "reverse_charge_el": lambda: samples.reverse_charge(language="el"),
}


def text_of(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as file:
        pages = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in file]
    return "\n\f\n".join(pages) + "\n"


def pictures_of(data: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(data) as file:
        return [page.render(scale=1).to_pil().convert("L") for page in file]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {name: pdf.render(make()) for name, make in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_render_prints_the_expected_text(name: str, rendered: dict[str, bytes]) -> None:
    path = EXPECTED / f"{name}.txt"
    text = text_of(rendered[name])
    if WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", KINDS)
def test_render_looks_as_expected(name: str, rendered: dict[str, bytes]) -> None:
    for number, picture in enumerate(pictures_of(rendered[name]), start=1):
        path = EXPECTED / f"{name}_{number}.png"
        if WRITE:
            picture.quantize(16).save(path, optimize=True)
        with Image.open(path) as file:
            expected = file.convert("L")

        assert picture.size == expected.size
        assert distance(picture, expected) < 6


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart, blurred to squares of 12 points: moved words count, hinting does not."""
    small = (one.width // 12, one.height // 12)
    difference = ImageChops.difference(
        one.resize(small, Image.Resampling.BOX), other.resize(small, Image.Resampling.BOX)
    )
    return ImageStat.Stat(difference).rms[0]


def test_distance_sees_another_document(rendered: dict[str, bytes]) -> None:
    invoice, credit = pictures_of(rendered["separate"])[0], pictures_of(rendered["credit"])[0]

    assert distance(invoice, credit) > 6


def test_render_gives_the_same_bytes_for_the_same_document(rendered: dict[str, bytes]) -> None:
    again = pdf.render(samples.aggregated())

    assert hashlib.sha256(again).hexdigest() == hashlib.sha256(rendered["aggregated"]).hexdigest()


def test_render_makes_a_tagged_archive_file_with_its_own_fonts(rendered: dict[str, bytes]) -> None:
    with pikepdf.open(BytesIO(rendered["aggregated"])) as file:
        metadata = file.open_metadata()
        fonts = [font for page in file.pages for font in page.Resources.Font.values()]
        names = {str(font.BaseFont).split("+")[-1] for font in fonts}
        described = [part.FontDescriptor for font in fonts for part in font.get("/DescendantFonts", [font])]

        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert str(file.Root.Lang) == "en"
        assert bool(file.Root.MarkInfo.Marked)
        assert all("/FontFile2" in descriptor for descriptor in described)
        assert all("Plex" in name for name in names)
        assert [item.title for item in file.open_outline().root] == ["Invoice"]
        assert len(file.open_outline().root[0].children) == 6


def test_render_keeps_every_line_of_a_long_invoice_and_repeats_the_head() -> None:
    text = text_of(pdf.render(samples.long(300, per_customer=150)))

    pages = text.split("\f")
    for at in range(1, 301):
        assert f"Product {at:05d}" in text
    assert all("Service period" in page and "Unit price" in page for page in pages[1:])
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
    for page in pages:
        rows = page.split("Product 0")[1:]
        assert all("S-00" in row and "€" in row for row in rows), "a line is split between two pages"


def test_render_prints_a_line_without_a_price(rendered: dict[str, bytes]) -> None:
    assert "Microsoft Teams Rooms Basic" in text_of(rendered["separate"])
    assert "€0.00" in text_of(rendered["separate"])


def test_render_asks_for_nothing_when_nothing_is_owed() -> None:
    text = text_of(pdf.render(samples.document(samples.section(samples.OWN, samples.line(1, "Free trial", 3, "0.00")))))

    assert "Nothing to pay" in text
    assert "IBAN" not in text


def test_render_names_reverse_charge() -> None:
    text = flat(text_of(pdf.render(samples.reverse_charge())))

    assert "Reverse charge. VAT is owed by the customer (Article 196 of Council Directive 2006/112/EC)." in text
    assert "0 % Reverse charge (AE)" in text
    assert "this one is for December 2026" in text


def test_render_writes_names_of_other_scripts_without_foreign_fonts() -> None:
    names = ["شركة الأفق للحلول السحابية", "אופק פתרונות ענן", "Żółć Łódź Çağrı Ørsted", "Кириллица и компания"]
    sections = [
        samples.section(replace(samples.BAKERY, name=name, code=f"C-{at}"), samples.line(at, "E3", 1, "1.00"))
        for at, name in enumerate(names, start=1)
    ]

    data = pdf.render(samples.document(*sections))

    with pikepdf.open(BytesIO(data)) as file:
        fonts = {str(font.BaseFont).split("+")[-1] for page in file.pages for font in page.Resources.Font.values()}
    assert any("Arabic" in font for font in fonts)
    assert any("Hebrew" in font for font in fonts)
    assert all("Plex" in font for font in fonts)


def test_render_prints_a_colour_that_is_no_colour_as_ours() -> None:
    document: InvoiceDocument = samples.separate()
    evil = replace(document, seller=replace(document.seller, accent_colour="red;background:url(http://127.0.0.1/)"))

    assert pdf.render(evil) == pdf.render(document)
