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

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.text_tables import MOST_COLUMNS, to_table

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MERGED_BYTES: Final = 100_000_000
"""Unpacked size up to which a workbook with merged cells is held in memory as a whole."""
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
        If the workbook is damaged, has no content, or is large and has merged cells; and as
        `to_table`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            formulas = _contains(parts, _FORMULA)
            merged = _contains(parts, _MERGED)
            unpacked = sum(part.file_size for part in parts.infolist())
        if not merged or unpacked <= MOST_MERGED_BYTES:
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
    raise FileError(f"{what}: a large workbook with merged cells; unmerge them and save it again")


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


def _sheets(
    data: bytes, what: str, *, formulas: bool, merged: bool
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=not merged, data_only=True)
    unsaved = _formulas(data) if formulas else {}
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for sheet in book.worksheets:
        name = f"{what}, sheet {sheet.title!r}"
        rows, blank, wrong = _rows(sheet)
        missing = sorted(place for place in unsaved.get(sheet.title, ()) if place not in blank)
        missing = [place for place in missing if _value(rows, place) is None]
        for places, why in ((missing, "a formula without saved value"), (wrong, "an error value")):
            if places:
                where = some(f"{get_column_letter(column)}{row}" for row, column in places)
                findings.append(Finding("unread_part", f"{name}: {why} in {where}; left empty"))
        if merged:
            _fill_down(sheet, rows)
        if any(rows):
            width = max(map(len, rows))  # rows end with their last cell
            whole = [row + [None] * (width - len(row)) for row in rows]
            cells = pd.DataFrame(whole, index=range(1, len(rows) + 1), dtype="str")
            tables[sheet.title] = to_table(cells, name)
    if not tables:
        raise FileError(f"{what}: no cell has content; export the table again")
    return tables, tuple(findings)


def _rows(sheet: Any) -> tuple[list[list[str | None]], set[Place], list[Place]]:
    """Return the texts of a sheet, and the cells with an empty text and with an error value."""
    rows: list[list[str | None]] = []
    blank: set[Place] = set()
    wrong: list[Place] = []
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # some programs write a wrong size into the sheet
    for number, row in enumerate(sheet.iter_rows(), 1):
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
            raise FileError(f"sheet {sheet.title!r}: more than {MOST_COLUMNS} columns")
        rows.append(texts)
    while rows and not rows[-1]:
        rows.pop()
    return rows, blank, wrong


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


def _formulas(data: bytes) -> dict[str, list[Place]]:
    """Return the cells with a formula, by sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    found: dict[str, list[Place]] = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        found[sheet.title] = [
            (number, place)
            for number, row in enumerate(sheet.iter_rows(), 1)
            for place, cell in enumerate(row, 1)
            if cell.data_type == "f"
        ]
    return found


def _fill_down(sheet: Any, rows: list[list[str | None]]) -> None:
    """Write the value of merged cells into the first column of each of their rows."""
    for area in sheet.merged_cells.ranges:
        value = _value(rows, (area.min_row, area.min_col))
        if value is None:
            continue
        for row in rows[area.min_row : area.max_row]:
            row.extend([None] * (area.min_col - len(row)))
            row[area.min_col - 1] = value
