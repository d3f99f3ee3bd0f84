"""A bank's file as lines of cells, and the transfers in it by a plan that a person has confirmed."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from invoicing.bank import values

ENCODINGS: Final = ("utf-8", "utf-16", "cp1253")
DELIMITERS: Final = (";", ",", "\t")
REQUIRED: Final = ("value_on", "amount", "reference")
OPTIONAL: Final = ("currency", "payer", "bank_id", "outgoing")
LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_LINES: Final = 1000
MOST_CELLS: Final = 60
LOOKED_AT: Final = 40


class Unreadable(ValueError):
    """The bytes are no table in this encoding; the message is a code: encoding, binary, quotes, empty, long, wide."""


@dataclass(frozen=True, slots=True)
class Line:
    """Cells of one record; `number` is the line of the file on which it begins, counted from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read. `columns` maps a field to its column, counted from 0; `currency` is for files without one."""

    encoding: str
    delimiter: str
    header_line: int
    dates: str
    amounts: str
    currency: str
    columns: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """For storing."""
        return {**asdict(self), "columns": dict(self.columns)}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Plan:
        """From what was stored."""
        return cls(**stored)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that came in: an amount above zero, in cents, on its value date."""

    line: int
    value_on: date
    amount: Decimal
    currency: str
    reference: str
    payer: str
    bank_id: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a line, or why it was left out: a code, the field, and the value as it stands there."""

    line: int
    code: str
    column: str = ""
    value: str = ""

    def as_json(self) -> dict[str, Any]:
        """For storing."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. A file with errors is never booked."""

    transfers: list[Transfer] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    errors: list[Remark] = field(default_factory=list)


def encoding_of(content: bytes) -> str:
    """What the bytes most likely are: a byte order mark decides, then whether they are UTF-8."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1253"
    return "utf-8"


def lines_of(content: bytes, *, encoding: str, delimiter: str) -> list[Line]:
    """All records that are not empty. Raises Unreadable."""
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as error:
        raise Unreadable("encoding") from error
    if "\0" in text:
        raise Unreadable("binary")
    found: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Line(begins, tuple(" ".join(cell.split()) for cell in cells)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable("quotes") from error
    if not found:
        raise Unreadable("empty")
    if len(found) > MOST_LINES:
        raise Unreadable("long")
    if max(len(line.cells) for line in found) > MOST_CELLS:
        raise Unreadable("wide")
    return found


def delimiter_of(content: bytes, *, encoding: str) -> str:
    """The one that makes the widest table. Raises Unreadable when none makes any."""
    widths: dict[str, int] = {}
    problem: Unreadable | None = None
    for delimiter in DELIMITERS:
        try:
            lines = lines_of(content, encoding=encoding, delimiter=delimiter)
        except Unreadable as error:
            problem = error
            continue
        widths[delimiter] = sorted(_filled(line) for line in lines[:LOOKED_AT])[len(lines[:LOOKED_AT]) // 2]
    if not widths:
        raise problem or Unreadable("empty")
    return max(widths, key=lambda one: widths[one])


def header_of(lines: Sequence[Line]) -> Line:
    """The head of the table: the first of the lines with the most filled cells."""
    most = max(_filled(line) for line in lines[:LOOKED_AT])
    return next(line for line in lines if _filled(line) >= most)


def _filled(line: Line) -> int:
    return sum(bool(cell) for cell in line.cells)


def fingerprint(header: Line) -> str:
    """What recognises the files of one bank: the names of its columns."""
    names = "\x1f".join(cell.casefold() for cell in header.cells)
    return hashlib.sha256(names.encode()).hexdigest()


def read(lines: Sequence[Line], plan: Plan) -> Reading:
    """The transfers below the head, what was left out and why, and what is wrong; lines are named by their number."""
    reading = Reading()
    for line in lines:
        if line.number > plan.header_line:
            _read_line(line, plan, reading)
    if not reading.transfers and not reading.errors:
        reading.errors.append(Remark(plan.header_line, "no_transfers"))
    return reading


def _read_line(line: Line, plan: Plan, reading: Reading) -> None:
    def cell(name: str) -> str:
        at = plan.columns.get(name, -1)
        return line.cells[at] if 0 <= at < len(line.cells) else ""

    if not cell("value_on"):
        reading.left_out.append(Remark(line.number, "no_date", "value_on", cell("reference")[:140]))
        return
    if not cell("amount") and cell("outgoing"):
        reading.left_out.append(Remark(line.number, "outgoing", "outgoing", cell("outgoing")[:40]))
        return
    value_on, amount = values.date_of(cell("value_on"), plan.dates), values.amount_of(cell("amount"), plan.amounts)
    currency = cell("currency").upper() or plan.currency
    wrong = [
        Remark(line.number, code, name, cell(name)[:60])
        for name, code, is_right in (
            ("value_on", "date", value_on is not None),
            ("amount", "amount", amount is not None and abs(amount) < 10**12),
            ("currency", "currency", len(currency) == 3 and currency.isascii() and currency.isalpha()),
        )
        if not is_right
    ]
    if wrong or value_on is None or amount is None:
        reading.errors.extend(wrong)
    elif amount <= 0:
        code = "outgoing" if amount < 0 else "zero"
        reading.left_out.append(Remark(line.number, code, "amount", cell("amount")[:40]))
    else:
        texts = {name: cell(name)[:500] for name in ("reference", "payer", "bank_id")}
        reading.transfers.append(Transfer(line.number, value_on, amount, currency, **texts))


NAMES: Final = {
    "value_on": ("value date", "valuta", "wertstellung", "ημερομηνία αξίας", "ημ/νία αξίας", "ημ. αξίας", "τοκοφόρος"),
    "amount": ("amount", "credit", "betrag", "ποσό", "ποσο", "πίστωση", "ποσό συναλλαγής"),
    "reference": ("remittance", "description", "details", "reference", "verwendungszweck", "αιτιολογία", "περιγραφή"),
    "currency": ("currency", "ccy", "währung", "νόμισμα"),
    "payer": ("payer", "counterparty", "name", "auftraggeber", "εντολέας", "αντισυμβαλλόμενος", "ονοματεπώνυμο"),
    "bank_id": ("bank reference", "transaction id", "transaction reference", "αρ. συναλλαγής", "αριθμός αναφοράς"),
    "outgoing": ("debit", "soll", "χρέωση"),
}
LAST_RESORT: Final = {"value_on": ("date", "datum", "ημερομηνία", "ημ/νία")}


def suggested_columns(header: Line) -> dict[str, int]:
    """Which column is what, by its name; only for a person to confirm."""
    cells = [cell.casefold() for cell in header.cells]
    found: dict[str, int] = {}
    for names in (NAMES, LAST_RESORT):
        for purpose, words in names.items():
            at = _column_named(cells, [word.casefold() for word in words], taken=found.values())
            if at is not None:
                found.setdefault(purpose, at)
    return found


def _column_named(cells: Sequence[str], words: Sequence[str], *, taken: Collection[int]) -> int | None:
    """The first free column with one of these names, else the first that holds one."""
    free = [(at, cell) for at, cell in enumerate(cells) if at not in taken]
    exact = (at for at, cell in free if cell in words)
    inside = (at for at, cell in free if any(word in cell for word in words))
    return next(exact, next(inside, None))
