"""Tables for spreadsheets: CSV line by line, XLSX in a file, both in constant memory. Texts are made harmless."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
XLSX_ROWS: Final = 1_048_576
WIDTH: Final = 20
BOM: Final = "\ufeff"

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, and rows that are read while they are written. Amounts are Decimal, days are dates."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text, or a line of it, for a formula; blanks before it do not help."""
    lines = (text, *text.splitlines())
    return any(line.startswith(STARTS) or line.lstrip(" \t\r\n\u00a0\x00").startswith(STARTS) for line in lines)


def safe_text(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if is_formula(text) else text


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def csv_lines(table: Table) -> Iterator[str]:
    """The lines of a CSV file in UTF-8 with a mark: amounts with a point, dates in ISO form, texts harmless."""
    writer = csv.writer(_Line())
    yield BOM + writer.writerow(table.head)
    for row in table.rows:
        yield writer.writerow([_plain(cell) for cell in row])


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_text(cell)
    return cell.isoformat() if isinstance(cell, date) else format(cell, "f") if isinstance(cell, Decimal) else str(cell)


class TooManyRows(Exception):
    """A sheet of XLSX holds 1,048,576 rows."""


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """Write one sheet: numbers as numbers, dates as dates, texts as texts that no spreadsheet takes for a formula.

    Rows go to disk as they come. Raises TooManyRows.
    """
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(table.name[:31])
        looks = _Looks(book)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.head) - 1, WIDTH)
        for column, name in enumerate(table.head):
            sheet.write_string(0, column, name, looks.head)
        for number, row in enumerate(table.rows, start=1):
            if number >= XLSX_ROWS:
                raise TooManyRows
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell, looks)


class _Looks:
    """The formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.quoted = book.add_format({"quote_prefix": True})
        self.places = {
            places: book.add_format({"num_format": "#,##0." + "0" * places if places else "0"}) for places in range(7)
        }


def _write(sheet: Any, number: int, column: int, cell: Cell, looks: _Looks) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(number, column, CONTROL.sub(" ", cell), looks.quoted if is_formula(cell) else None)
    elif isinstance(cell, date):
        sheet.write_datetime(number, column, cell, looks.day)
    else:
        exponent = cell.as_tuple().exponent if isinstance(cell, Decimal) else 0
        places = min(max(-exponent, 0), 6) if isinstance(exponent, int) else 0
        sheet.write_number(number, column, cell, looks.places[places])
