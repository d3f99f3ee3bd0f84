"""InvoiceDocument → PDF bytes. Pure: the same document and the same renderer give the same bytes.

The file is the invoice for people and for machines: PDF/A-3 with the EN 16931 XML (Factur-X) and the split as CSV
inside (documents.md §1, §4). A statement is the same without attachments.

Fonts, style sheet and font configuration are made once per process (performance.md §2.4).
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydyf
import weasyprint
from weasyprint.text.ffi import harfbuzz, harfbuzz_subset, pango
from weasyprint.text.fonts import FontConfiguration

from invoicing.einvoice import cii, split, xmp
from invoicing.rendering import layout
from invoicing.rendering.document import InvoiceDocument
from invoicing.rendering.fetcher import BundledFilesOnly

STYLE = Path(__file__).resolve().parents[2] / "templates" / "pdf" / "invoice.css"
TAGGED, UNTAGGED = "pdf/a-3a", "pdf/a-3b"
TAGGED_BELOW_LINES = 2000
LAYOUT_VERSION = "2"

_logger = logging.getLogger("weasyprint")


class RenderingFailed(Exception):
    """WeasyPrint reported an error (a missing font, a refused address); the file would not be what was meant."""


@dataclass(frozen=True)
class Tools:
    """What one process makes once and uses for every document."""

    fetcher: BundledFilesOnly
    fonts: FontConfiguration
    style: weasyprint.CSS


@lru_cache(maxsize=1)
def tools() -> Tools:
    """The style sheet with its fonts, parsed once per process."""
    fetcher, fonts = BundledFilesOnly(), FontConfiguration()
    with errors_raise():
        style = weasyprint.CSS(string=STYLE.read_text("utf-8"), font_config=fonts, url_fetcher=fetcher)
    return Tools(fetcher, fonts, style)


def warm_up() -> None:
    """Load fonts and style, then keep the garbage collector off what stays: once, before the first task of a worker."""
    if tools.cache_info().currsize:
        return
    tools()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@lru_cache(maxsize=1)
def renderer_version() -> str:
    """What must be equal for two renderings to have equal bytes."""
    number = pango.pango_version()
    shaped = f"Pango {number // 10000}.{number // 100 % 100}.{number % 100}"
    subset = "" if harfbuzz_subset else " without subset"
    parts = f"WeasyPrint {weasyprint.__version__}, pydyf {pydyf.__version__}, {shaped}, HarfBuzz {_harfbuzz()}{subset}"
    return f"layout {LAYOUT_VERSION}, {parts}"


def _harfbuzz() -> str:
    """HarfBuzz answers only "at least this version?": count up, part by part."""
    found = [0, 0, 0]
    for place in range(3):
        while harfbuzz.hb_version_atleast(*_raised(found, place)):
            found[place] += 1
    return ".".join(str(part) for part in found)


def _raised(version: list[int], place: int) -> list[int]:
    return [part + (at == place) for at, part in enumerate(version)]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the PDF; `relationship` says what it is to the page (ISO 32000-2, 7.11.3)."""

    name: str
    data: bytes
    relationship: str
    description: str
    made_on: date


def render(document: InvoiceDocument) -> bytes:
    """The document as PDF/A-3 with fonts, XML and split inside. Raises RenderingFailed when WeasyPrint has an error."""
    variant = TAGGED if document.line_count < TAGGED_BELOW_LINES else UNTAGGED
    on = document.issued_on
    attached = (
        Attached(cii.FILE_NAME, cii.serialise(document), "Alternative", "Factur-X", on),
        Attached(split.FILE_NAME, split.serialise(document), "Data", "Lines by beneficiary", on),
    )
    name = f"{document.seller.vat_number}/{document.number}"
    return write(layout.html(document), name=name, variant=variant, attached=attached)


def write(html: str, *, name: str, variant: str = TAGGED, attached: Sequence[Attached] = ()) -> bytes:
    """A page of this style as PDF; the same text and name give the same bytes. Raises RenderingFailed."""
    kit = tools()
    identifier = hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16]
    with errors_raise():
        source = weasyprint.HTML(string=html, url_fetcher=kit.fetcher)
        page = source.render(font_config=kit.fonts, stylesheets=[kit.style])
        if attached:
            plain = page.metadata.generate_rdf_metadata
            page.metadata.generate_rdf_metadata = lambda *facts: xmp.merged(plain(*facts))
        options = {
            **weasyprint.DEFAULT_OPTIONS,
            "attachments": [_attachment(file) for file in attached],
            "pdf_variant": variant,
            "pdf_identifier": identifier,
        }
        return bytes(page.write_pdf(finisher=_each_once, **options))


def _attachment(file: Attached) -> weasyprint.Attachment:
    made = datetime.combine(file.made_on, time(), UTC)
    return weasyprint.Attachment(
        string=file.data,
        name=file.name,
        description=file.description,
        relationship=file.relationship,
        created=made,
        modified=made,
    )


def _each_once(_page: Any, file: Any) -> None:
    """WeasyPrint 70 lists an attachment twice among the associated files."""
    if "AF" in file.catalog:
        file.catalog["AF"] = pydyf.Array(dict.fromkeys(file.catalog["AF"]))


class _Collect(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def errors_raise() -> Iterator[None]:
    """Turn what WeasyPrint only logs into an exception."""
    collect: Any = _Collect()
    _logger.addHandler(collect)
    try:
        yield
    finally:
        _logger.removeHandler(collect)
    if collect.messages:
        raise RenderingFailed("; ".join(collect.messages))
