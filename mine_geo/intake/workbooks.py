"""XLSX workbooks into tables of text: dates as ISO 8601, whole numbers without `.0`."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

import pandas as pd
from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.text_tables import MOST_COLUMNS, to_table

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROWS: Final = 1_048_576
"""Of a sheet, by ECMA-376; a damaged one may say more."""
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell ")
_BLOCK: Final = 1 << 20

Place = tuple[int, int]
"""Row and column of a cell, from 1."""


def read_workbook(data: bytes, what: str) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Return the tables of an XLSX workbook by name of sheet, and what its reading has to say.

    Parameters
    ----------
    data
        The bytes of the file.
    what
        The file, for messages.

    Returns
    -------
    tuple
        The tables as `to_table` makes them, hidden sheets too, sheets without content not.
        Dates are ISO 8601 (2023-01-05, 2023-01-05T07:30:00), whole numbers have no `.0`, true and
        false are `true` and `false`. Cells merged over several rows have their value in each
        row. Of a formula the value that was saved counts; where there is none, or it is an error
        (#N/A), the cell is empty and a finding says so.

    Raises
    ------
    FileError
        If the workbook is damaged or has no content; and as `to_table`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            formulas = _contains(parts, _FORMULA)
            merged = _contains(parts, _MERGED)
        with _quiet():
            return _sheets(data, what, formulas=formulas, merged=merged)
    except FileError:
        raise
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            f"{what}: cannot be read as a workbook ({reason}); open it in a spreadsheet program "
            "and save it again as XLSX"
        ) from error


_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    EOFError,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RuntimeError,
)
"""What openpyxl and zipfile raise on a damaged file."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what openpyxl says of styles and validations that it does not keep."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        yield


def _contains(parts: zipfile.ZipFile, pattern: re.Pattern[bytes]) -> bool:
    """Say whether any sheet holds a pattern of a few bytes; reads block by block."""
    for name in parts.namelist():
        if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
            continue
        with parts.open(name) as stream:
            tail = b""
            while block := stream.read(_BLOCK):
                if pattern.search(tail + block):
                    return True
                tail = block[-64:]
    return False


def _open(data: bytes, *, values: bool) -> ExcelReader:
    """Open a workbook row by row, for the saved values of its formulas or for these."""
    reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
    reader.read()
    return reader


def _sheets(
    data: bytes, what: str, *, formulas: bool, merged: bool
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    reader = _open(data, values=True)
    unsaved = _formulas(data, what) if formulas else {}
    areas = _merged(reader) if merged else {}
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for sheet in reader.wb.worksheets:
        name = f"{what}, sheet {sheet.title!r}"
        rows, blank, wrong = _rows(sheet, name)
        missing = sorted(place for place in unsaved.get(sheet.title, ()) if place not in blank)
        missing = [place for place in missing if _value(rows, place) is None]
        for places, why in ((missing, "a formula without saved value"), (wrong, "an error value")):
            if places:
                where = some(f"{get_column_letter(column)}{row}" for row, column in places)
                findings.append(Finding("unread_part", f"{name}: {why} in {where}; left empty"))
        _fill_down(rows, areas.get(sheet.title, []))
        if any(rows):
            width = max(map(len, rows))
            rows = [row + [None] * (width - len(row)) for row in rows]
            cells = pd.DataFrame(rows, index=range(1, len(rows) + 1), dtype="str")
            tables[sheet.title] = to_table(cells, name)
    if not tables:
        raise FileError(f"{what}: no cell has content; export the table again")
    return tables, tuple(findings)


def _rows(sheet: Any, what: str) -> tuple[list[list[str | None]], set[Place], list[Place]]:
    """Return the texts of a sheet, and the cells with an empty text and with an error value."""
    rows: list[list[str | None]] = []
    blank: set[Place] = set()
    wrong: list[Place] = []
    for number, row in _numbered(sheet, what):
        texts: list[str | None] = [None] * len(row)
        for place, cell in enumerate(row):
            if cell.data_type == "e" and cell.value is not None:
                wrong.append((number, place + 1))
            elif cell.value is not None:
                texts[place] = _text(cell.value)
            elif cell.data_type == "str":
                blank.add((number, place + 1))
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > MOST_COLUMNS:
            raise FileError(f"{what}: more than {MOST_COLUMNS} columns are not read")
        rows.append(texts)
    while rows and not rows[-1]:
        rows.pop()
    return rows, blank, wrong


def _numbered(sheet: Any, what: str) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a sheet with their numbers."""
    sheet.reset_dimensions()  # some programs write a wrong size into the sheet
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number > MOST_ROWS:
            raise FileError(f"{what}: more rows than a workbook can have; save it again as XLSX")
        yield number, row


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _value(rows: list[list[str | None]], place: Place) -> str | None:
    row, column = place
    return rows[row - 1][column - 1] if len(rows) >= row and len(rows[row - 1]) >= column else None


def _formulas(data: bytes, what: str) -> dict[str, list[Place]]:
    """Return the cells with a formula, by sheet."""
    found: dict[str, list[Place]] = {}
    for sheet in _open(data, values=False).wb.worksheets:
        found[sheet.title] = [
            (number, place)
            for number, row in _numbered(sheet, what)
            for place, cell in enumerate(row, 1)
            if cell.data_type == "f"
        ]
    return found


def _merged(reader: ExcelReader) -> dict[str, list[tuple[int, int, int, int]]]:
    """Return the merged areas of each sheet: first column, first row, last column, last row.

    openpyxl says them only of a sheet that it holds in memory as a whole.
    """
    areas: dict[str, list[tuple[int, int, int, int]]] = {}
    for sheet, part in reader.parser.find_sheets():
        found = areas.setdefault(sheet.name, [])
        with reader.archive.open(part.target) as stream:
            for _, element in iterparse(stream, forbid_dtd=True):
                if element.tag.endswith("}mergeCell"):
                    found.append(range_boundaries(element.get("ref")))
                elif element.tag.endswith(("}c", "}row")):
                    element.clear()
    return areas


def _fill_down(rows: list[list[str | None]], areas: list[tuple[int, int, int, int]]) -> None:
    """Write the value of merged cells into the first column of each of their rows."""
    for column, first, _, last in areas:
        value = _value(rows, (first, column))
        if value is None:
            continue
        for row in rows[first:last]:
            row.extend([None] * (column - len(row)))
            row[column - 1] = value
