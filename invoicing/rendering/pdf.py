"""InvoiceDocument → PDF bytes. Pure: the same document and the same renderer give the same bytes.

Fonts, style sheet and font configuration are made once per process (performance.md §2.4).
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydyf
import weasyprint
from weasyprint.text.fonts import FontConfiguration

from invoicing.rendering import layout
from invoicing.rendering.document import InvoiceDocument
from invoicing.rendering.fetcher import BundledFilesOnly

STYLE = Path(__file__).resolve().parents[2] / "templates" / "pdf" / "invoice.css"
TAGGED, UNTAGGED = "pdf/a-3a", "pdf/a-3b"
TAGGED_BELOW_LINES = 2000
LAYOUT_VERSION = "1"

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


def renderer_version() -> str:
    """What must be equal for two renderings to have equal bytes."""
    return f"layout {LAYOUT_VERSION}, WeasyPrint {weasyprint.__version__}, pydyf {pydyf.__version__}"


def render(document: InvoiceDocument) -> bytes:
    """The document as PDF/A-3 with its fonts inside. Raises RenderingFailed when WeasyPrint reports an error."""
    variant = TAGGED if document.line_count < TAGGED_BELOW_LINES else UNTAGGED
    return write(layout.html(document), name=f"{document.seller.vat_number}/{document.number}", variant=variant)


def write(html: str, *, name: str, variant: str = TAGGED) -> bytes:
    """A page of this style as PDF; the same text and name give the same bytes. Raises RenderingFailed."""
    kit = tools()
    identifier = hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16]
    with errors_raise():
        page = weasyprint.HTML(string=html, url_fetcher=kit.fetcher)
        return bytes(
            page.write_pdf(
                stylesheets=[kit.style], font_config=kit.fonts, pdf_variant=variant, pdf_identifier=identifier
            )
        )


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
