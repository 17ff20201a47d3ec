"""Tables that people send: CSV in UTF-8 or GB18030, XLSX; as rows of text."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO, StringIO
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

from lrs.errors import Invalid

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_UNPACKED = 64 * 2**20  # bytes
MOST_COLUMNS = 100
MOST_ROWS = 100_000
T = TypeVar("T", str, list[str])


@dataclass(frozen=True)
class BadRow:
    """A row that is left out: its number in the file (the headings are row 1), the column's heading, what is there."""

    row: int
    column: str
    value: str
    why: str


class BadCell(Exception):
    """What makes a row bad: the member of its column, what is there, and why."""

    def __init__(self, column: str, value: str, why: str) -> None:
        self.found = (column, value, why)
        super().__init__(why)


def columns(table: list[list[str]], headings: Mapping[str, tuple[str, ...]], required: Iterable[str],
            most: int) -> dict[str, int]:
    """In which column each member stands, by what it may be called, in lower case. Raises Invalid for a table without
    one that is required, or with more than `most` rows.
    """
    if not table:
        raise Invalid("", "the file is empty")
    if len(table) > most + 1:
        raise Invalid("", f"there are {len(table) - 1:,} rows: {most:,} at a time")
    called = [heading.strip().lower() for heading in table[0]]
    places = {member: called.index(name) for member, names in headings.items() for name in names if name in called}
    if missing := [" or ".join(headings[member]) for member in required if member not in places]:
        raise Invalid("", f"there is no column {', and none '.join(missing)}; found: {', '.join(table[0])}"[:500])
    return places


def rows_by_number(table: list[list[str]], places: Mapping[str, int]) -> dict[int, dict[str, str]]:
    """Each row that isn't empty, by its number in the file, as the texts of its members."""
    return {number: {member: row[place].strip() if place < len(row) else "" for member, place in places.items()}
            for number, row in enumerate(table[1:], 2) if any(cell.strip() for cell in row)}


def as_headed(bad: Iterable[BadRow], table: list[list[str]], places: Mapping[str, int]) -> list[BadRow]:
    """The bad rows in their order, with the members' columns called as the file calls them."""
    called = {member: table[0][place].strip() for member, place in places.items()}
    return sorted((replace(each, column=called.get(each.column, each.column)) for each in bad),
                  key=lambda each: each.row)


def read_table(body: bytes, kind: str) -> list[list[str]]:
    """The rows of a file of this media type; of a workbook, of its first sheet. Raises Invalid."""
    if kind == CSV:
        return _csv(body)
    if kind == XLSX:
        return _xlsx(body)
    raise Invalid("", f"the content type is {kind or 'not given'}: {CSV} and {XLSX} are read")


def _csv(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = body.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Invalid("", f"it is neither UTF-8 nor GB18030, from byte {error.start + 1} on") from None
    try:
        return list(csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Invalid("", f"it is no CSV: {error}") from None


def _xlsx(body: bytes) -> list[list[str]]:
    from openpyxl import load_workbook  # seldom needed, and a quarter more to load at every start

    try:
        with ZipFile(BytesIO(body)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
                raise Invalid("", f"unpacked, the workbook has more than {MOST_UNPACKED:,} bytes")
        book = load_workbook(BytesIO(body), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS, max_row=MOST_ROWS)
        return _without_tail([_without_tail([_text(cell) for cell in row]) for row in rows])
    except Invalid:
        raise
    except (BadZipFile, KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError, EOFError) as error:
        raise Invalid("", f"it is no workbook that can be read ({type(error).__name__})") from None


def _text(cell: Any) -> str:
    """A number as it is written: a personnel number that a spreadsheet took for one is no 1001.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _without_tail(items: list[T]) -> list[T]:
    """Without the empty cells, or rows, at the end, of which a sheet may have many."""
    while items and not items[-1]:
        items.pop()
    return items
