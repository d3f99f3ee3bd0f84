"""Bytes to records: encoding, separator, header, quotation marks. A stream; no guess that could change a price."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TextIO

from storefront.price_sheet.issues import Damage, Issue

SEPARATORS: Final = (",", ";", "\t")
HEAD: Final = 4096
FOREIGN: Final = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"%PDF", "a PDF"),
)
REQUIRED: Final = (
    "ProductTitle",
    "ProductId",
    "SkuId",
    "SkuTitle",
    "TermDuration",
    "BillingPlan",
    "Market",
    "Currency",
    "UnitPrice",
    "EffectiveStartDate",
    "EffectiveEndDate",
    "ERP Price",
    "Segment",
)
OPTIONAL: Final = (
    "Publisher",
    "SkuDescription",
    "UnitOfMeasure",
    "PricingTierRangeMin",
    "PricingTierRangeMax",
    "Tags",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row as text: the line it starts on and its fields by column name; `fields` is the number found."""

    line: int
    values: dict[str, str]
    fields: int
    expected: int


def records(stream: BinaryIO) -> Iterator[Record]:
    """Yield the rows of a price sheet. Raises Damage when the sheet cannot be read as a whole.

    Columns are found by name, in any order; unknown ones are ignored. Blank lines are skipped. A last row that is
    too short means that the file was cut off.
    """
    text = _open_text(stream)
    try:
        yield from _complete(text)
    except UnicodeDecodeError as error:
        cut = "end of data" in error.reason or "truncated" in error.reason
        raise Damage(Issue(line=None, code="truncated" if cut else "encoding")) from error
    finally:
        text.detach()


def _open_text(stream: BinaryIO) -> io.TextIOWrapper:
    head = stream.read(HEAD)
    stream.seek(0)
    if not head.strip(b"\x00\r\n\t ") or head.strip() == b"\xef\xbb\xbf":
        raise Damage(Issue(line=None, code="empty_file"))
    for magic, kind in FOREIGN:
        if head.startswith(magic):
            raise Damage(Issue(line=None, code="not_a_csv", facts={"kind": kind}))
    return io.TextIOWrapper(stream, encoding=_encoding(head), errors="strict", newline="")


def _encoding(head: bytes) -> str:
    """UTF-8 with or without mark, or UTF-16. Nothing else can be told apart, so nothing else is accepted."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = max(len(head) // 2, 1)
    if head[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.7:
        return "utf-16-be"
    return "utf-8-sig"


def _complete(text: TextIO) -> Iterator[Record]:
    """The rows, one held back: only the last one may prove that the file was cut off."""
    held: Record | None = None
    for record in _numbered(text):
        if held is not None:
            yield held
        held = record
    if held is None:
        raise Damage(Issue(line=None, code="no_rows"))
    if held.fields < held.expected:
        raise Damage(Issue(line=held.line, code="truncated"))
    yield held


def _numbered(text: TextIO) -> Iterator[Record]:
    first = text.readline()
    rows = _csv(io.StringIO(first, newline=""), _separator(first), before=0)
    _line, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    wanted = _positions(names)
    for line, row in _csv(text, _separator(first), before=1):
        if not any(row):
            continue
        values = {name: row[at] if at < len(row) else "" for name, at in wanted.items()}
        yield Record(line=line, values=values, fields=len(row), expected=len(names))


def _separator(header: str) -> str:
    return max(SEPARATORS, key=header.count)


def _csv(text: TextIO, separator: str, before: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "truncated" if "unexpected end" in str(error) else "unreadable"
            raise Damage(Issue(line=line, code=code)) from error
        yield line, row


def _positions(names: list[str]) -> dict[str, int]:
    """Where each known column stands. Raises Damage for missing and repeated ones."""
    by_name = {name.casefold(): name for name in (*REQUIRED, *OPTIONAL)}
    found: dict[str, int] = {}
    issues: list[Issue] = []
    for at, name in enumerate(names):
        known = by_name.get(name.casefold())
        if known in found:
            issues.append(Issue(1, "repeated_column", column=known, value=name, facts={"name": known}))
        elif known:
            found[known] = at
    for name in REQUIRED:
        if name not in found:
            facts: dict[str, object] = {"name": name, "hint": _hint(name, names, found)}
            issues.append(Issue(1, "missing_column", column=name, facts=facts))
    if issues:
        raise Damage(*issues)
    return found


def _hint(missing: str, names: list[str], found: dict[str, int]) -> str:
    """A header that is nearly the missing one, so that a renamed column is found at a glance."""
    wanted = _squeezed(missing)
    for at, name in enumerate(names):
        near = _squeezed(name)
        if at not in found.values() and near and (near in wanted or wanted in near):
            return f" The header has “{name[:40]}” instead."
    return ""


def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
