"""A PDF/A check of our own: what of ISO 19005-3 and Factur-X a file can break. `verapdf` looks closer where it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf

FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
FACTURX = {
    f"{FX}DocumentType": "INVOICE",
    f"{FX}DocumentFileName": "factur-x.xml",
    f"{FX}Version": "1.0",
    f"{FX}ConformanceLevel": "EN 16931",
}
WITH_XML = {"factur-x.xml": "/Alternative", "split.csv": "/Data"}


def problems(data: bytes, *, level: str = "A", attachments: dict[str, str] | None = None) -> list[str]:
    """What is wrong with the file; `attachments` are the names and relationships it must have."""
    wanted = WITH_XML if attachments is None else attachments
    with pikepdf.open(BytesIO(data)) as file:
        return [
            *_intent(file),
            *_identity(file, level),
            *_attached(file, wanted),
            *_fonts(file),
            *_pictures(file),
            *_metadata(file, bool(wanted)),
        ]


def _intent(file: pikepdf.Pdf) -> Iterator[str]:
    intents = file.Root.get("/OutputIntents", [])
    if len(intents) != 1 or intents[0].S != "/GTS_PDFA1" or "/DestOutputProfile" not in intents[0]:
        yield "no output intent"


def _identity(file: pikepdf.Pdf, level: str) -> Iterator[str]:
    if file.is_encrypted:
        yield "encrypted"
    if len(file.trailer.get("/ID", [])) != 2 or len(bytes(file.trailer.ID[0])) != 16:
        yield "no identifier"
    if level == "A" and not ("/StructTreeRoot" in file.Root and file.Root.MarkInfo.Marked and "/Lang" in file.Root):
        yield "not tagged"
    metadata = file.open_metadata()
    if (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) != ("3", level):
        yield "not PDF/A-3"


def _attached(file: pikepdf.Pdf, wanted: dict[str, str]) -> Iterator[str]:
    listed = [(str(spec.UF), str(spec.AFRelationship)) for spec in file.Root.get("/AF", [])]
    if sorted(listed) != sorted(wanted.items()):
        yield f"associated files: {listed}"
    for name, spec in file.attachments.items():
        stream = spec.get_file().obj
        if "/Subtype" not in stream or "/ModDate" not in stream.Params:
            yield f"{name} has no type or date"
    if set(file.attachments) != set(wanted):
        yield f"embedded files: {sorted(file.attachments)}"


def _fonts(file: pikepdf.Pdf) -> Iterator[str]:
    fonts: list[Any] = [font for page in file.pages for font in page.Resources.get("/Font", {}).values()]
    for font in fonts:
        for part in font.get("/DescendantFonts", [font]):
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(part.FontDescriptor.keys()):
                yield f"{font.BaseFont} is not embedded"


def _pictures(file: pikepdf.Pdf) -> Iterator[str]:
    for item in file.objects:
        if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image" and item.get("/Interpolate", False):
            yield "a picture is smoothed"


def _metadata(file: pikepdf.Pdf, with_xml: bool) -> Iterator[str]:
    if "/Metadata" not in file.Root:
        yield "no metadata"
        return
    text = file.Root.Metadata.read_bytes().decode()
    if len(re.findall(r"<rdf:RDF\b", text)) != 1:
        yield "metadata in several parts"
    if not with_xml:
        return
    metadata = file.open_metadata()
    if {name: metadata.get(name) for name in FACTURX} != FACTURX:
        yield "does not say what the XML is"
    described = set(re.findall(r"<pdfaProperty:name>(\w+)</pdfaProperty:name>", text))
    if described != {name.removeprefix(FX) for name in FACTURX}:
        yield "uses properties that it does not describe"


def verapdf(data: bytes, folder: Path) -> str | None:
    """What veraPDF says, None where it is not installed."""
    command = shutil.which("verapdf")
    if command is None:
        return None
    path = folder / "invoice.pdf"
    path.write_bytes(data)
    return subprocess.run([command, "--format", "text", path], capture_output=True, text=True, check=False).stdout
