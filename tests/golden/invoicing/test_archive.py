"""The file as an archive keeps it and a program reads it: PDF/A-3 with XML and CSV inside, byte for byte the same."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from facturx import get_facturx_xml_from_pdf
from PIL import Image
from weasyprint.urls import URLFetcherResponse

from invoicing.einvoice import cii, split
from invoicing.rendering import pdf
from tests.architecture.source import ROOT
from tests.golden.invoicing import archive, kinds, samples, validators

ARCHIVED = ("aggregated", "credit_el", "reverse_charge")


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {name: pdf.render(kinds.KINDS[name]()) for name in ARCHIVED}


@pytest.mark.parametrize("name", ARCHIVED)
def test_render_makes_a_hybrid_archive_file(name: str, rendered: dict[str, bytes]) -> None:
    assert archive.problems(rendered[name]) == []


@pytest.mark.parametrize("name", ARCHIVED)
def test_render_carries_the_xml_and_the_split(name: str, rendered: dict[str, bytes]) -> None:
    document = kinds.KINDS[name]()

    with pikepdf.open(BytesIO(rendered[name])) as file:
        inside = {key: spec.get_file().read_bytes() for key, spec in file.attachments.items()}

    assert inside == {"factur-x.xml": cii.serialise(document), "split.csv": split.serialise(document)}
    assert validators.report(inside["factur-x.xml"]).failed == ()


def test_another_reader_finds_the_xml(rendered: dict[str, bytes]) -> None:
    name, xml = get_facturx_xml_from_pdf(rendered["aggregated"], check_xsd=True)

    assert (name, xml) == ("factur-x.xml", cii.serialise(samples.aggregated()))


def test_verapdf_agrees_where_it_is_installed(rendered: dict[str, bytes], tmp_path: Path) -> None:
    said = archive.verapdf(rendered["aggregated"], tmp_path)
    if said is None:
        pytest.skip("veraPDF is not on the PATH")

    assert said.startswith("PASS")


def test_dates_and_identifier_come_from_the_document(rendered: dict[str, bytes]) -> None:
    with pikepdf.open(BytesIO(rendered["aggregated"])) as file:
        dates = {str(spec.get_file().obj.Params.CreationDate) for spec in file.attachments.values()}
        dates |= {str(spec.get_file().obj.Params.ModDate) for spec in file.attachments.values()}

        assert dates == {"D:20261101000000Z"}
        assert bytes(file.trailer.ID[0]) == hashlib.sha256(b"EL000990011/INV-2026-000412").digest()[:16]
        assert str(file.docinfo.CreationDate).startswith("D:20261101000000")


def test_another_process_makes_the_same_bytes(rendered: dict[str, bytes]) -> None:
    code = (
        "import django; django.setup(); import hashlib; from invoicing.rendering import pdf;"
        "from tests.golden.invoicing import samples;"
        "print(hashlib.sha256(pdf.render(samples.aggregated())).hexdigest())"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.stdout.strip() == hashlib.sha256(rendered["aggregated"]).hexdigest(), run.stderr


def test_long_invoices_are_archive_files_without_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TAGGED_BELOW_LINES", 10)

    assert archive.problems(pdf.render(samples.aggregated()), level="B") == []


def test_a_page_without_xml_says_nothing_of_one() -> None:
    data = pdf.write('<html lang="en"><title>Statement</title><h1>Statement</h1></html>', name="x")

    assert archive.problems(data, attachments={}) == []
    assert b"factur-x" not in data


def test_renderer_version_names_what_makes_the_bytes() -> None:
    version = pdf.renderer_version()

    assert all(name in version for name in ("layout ", "WeasyPrint 70", "pydyf ", "Pango 1.", "HarfBuzz "))
    assert len(version) <= 120
    assert "HarfBuzz 0.0.0" not in version


PAGE = '<html lang="en"><title>x</title><p>text</p>{}</html>'


def test_the_check_sees_a_plain_file() -> None:
    found = archive.problems(pdf.weasyprint.HTML(string=PAGE.format("")).write_pdf())

    assert {"no output intent", "no identifier", "not tagged", "not PDF/A-3"} <= set(found)


def test_the_check_sees_an_attachment_that_is_listed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_each_once", lambda _page, _file: None)

    assert [problem for problem in archive.problems(pdf.render(samples.separate())) if "associated files" in problem]


def test_the_check_sees_properties_without_their_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.xmp, "merged", lambda rdf: rdf)

    assert "uses properties that it does not describe" in archive.problems(pdf.render(samples.separate()))


def test_pictures_are_never_smoothed(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, real = BytesIO(), pdf.BundledFilesOnly.fetch
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")

    def fetch(self: pdf.BundledFilesOnly, url: str, headers: object = None) -> URLFetcherResponse:
        if url == "static:logo.png":
            return URLFetcherResponse(url, picture.getvalue(), {"Content-Type": "image/png"})
        return real(self, url, headers)

    monkeypatch.setattr(pdf.BundledFilesOnly, "fetch", fetch)
    page = PAGE.format('<img src="static:logo.png" alt="logo" width="200">')

    smooth = pdf.weasyprint.HTML(string=page, url_fetcher=pdf.BundledFilesOnly()).write_pdf(pdf_variant="pdf/a-3a")

    assert archive.problems(pdf.write(page, name="x"), attachments={}) == []
    assert "a picture is smoothed" in archive.problems(smooth, attachments={})
