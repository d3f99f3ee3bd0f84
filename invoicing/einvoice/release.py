"""The last look at a file before anybody gets it: PDF, XML and database say the same, to the cent and to the byte.

The PDF is read again as a stranger would read it: its pages as text, its attachments as bytes. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import pypdfium2

from invoicing.einvoice import cii, reading, split
from invoicing.einvoice.reading import Said
from invoicing.rendering.document import InvoiceDocument
from invoicing.rendering.paper import Paper, plain

LAST_PAGES: Final = 3
"""Totals and VAT table stand behind the last line; notes may follow them onto another page."""
WORDS: Final = {
    "number": "number",
    "kind": "type",
    "currency": "currency",
    "net": "net total",
    "tax": "VAT total",
    "gross": "gross total",
    "lines": "number of lines",
    "line_sum": "sum of the lines",
    "tax_sum": "sum of the VAT table",
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What a reader finds in the PDF; texts are without spaces."""

    title: str
    first_page: str
    last_pages: str
    attachments: dict[str, bytes]


def differences(*, document: InvoiceDocument, pdf: bytes, xml: bytes, recorded: Said) -> list[str]:
    """How the files differ from each other and from what the database has recorded; empty when they may be released."""
    printed = opened(pdf)
    inside = printed.attachments.get(cii.FILE_NAME, b"")
    return [
        *_attachments(printed, document),
        *_hashes(inside, xml),
        *contradictions(reading.read(xml), recorded),
        *_printed(printed, document),
    ]


def opened(pdf: bytes) -> Printed:
    """The text of the first and the last pages, and the attachments. Raises PdfiumError when it is no PDF."""
    with pypdfium2.PdfDocument(pdf) as file:
        count = len(file)
        texts = {at: _text(file, at) for at in {0, *range(max(count - LAST_PAGES, 0), count)}}
        found = [file.get_attachment(at) for at in range(file.count_attachments())]
        attachments = {attachment.get_name(): bytes(attachment.get_data()) for attachment in found}
        title = file.get_metadata_value("Title")
    return Printed(title, texts[0], "".join(texts[at] for at in sorted(texts)[-LAST_PAGES:]), attachments)


def _text(file: pypdfium2.PdfDocument, at: int) -> str:
    page = file[at]
    text = page.get_textpage()
    try:
        return _dense(text.get_text_bounded())
    finally:
        text.close()
        page.close()


def _dense(text: str) -> str:
    return "".join(text.split())


def _attachments(printed: Printed, document: InvoiceDocument) -> Iterator[str]:
    if set(printed.attachments) != {cii.FILE_NAME, split.FILE_NAME}:
        yield f"The PDF carries {sorted(printed.attachments)} instead of its XML and split."
    elif printed.attachments[split.FILE_NAME] != split.serialise(document):
        yield "The split inside the PDF is not that of the invoice."


def _hashes(inside: bytes, beside: bytes) -> Iterator[str]:
    one, other = (hashlib.sha256(data).hexdigest() for data in (inside, beside))
    if one != other:
        yield f"The XML inside the PDF ({one[:12]}…) is not the one beside it ({other[:12]}…)."


def contradictions(said: Said, recorded: Said) -> Iterator[str]:
    """What the XML says otherwise than the database."""
    for field in fields(Said):
        ours, theirs = getattr(recorded, field.name), getattr(said, field.name)
        if ours != theirs:
            yield f"The {WORDS[field.name]} is {theirs} in the XML and {ours} in the database."


def _printed(printed: Printed, document: InvoiceDocument) -> Iterator[str]:
    paper, number = Paper(document.language), _dense(plain(document.number))
    without_reference = printed.first_page.replace(_dense(plain(document.payment.reference)), "")
    if number not in without_reference or not _dense(printed.title).endswith(number):
        yield f"The first page of the PDF does not say {document.number}."
    if _dense(paper.money(document.gross)) not in printed.first_page:
        yield f"The first page of the PDF does not say {document.gross}."
    for name, amount in (("net", document.net), ("tax", document.tax), ("gross", document.gross)):
        if _dense(paper.money(amount)) not in printed.last_pages:
            yield f"The last page of the PDF does not say {amount} ({WORDS[name]})."
