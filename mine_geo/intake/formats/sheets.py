"""Tables of text from a CSV, an XLSX, a folder of CSV files or a zip of them.

Rows of text to a table: header, empty rows and columns, cells that are too long.

CSV as offices write it: encoding, delimiter, quotes; into a table of text.

XLSX workbooks into tables of text: dates as ISO 8601, whole numbers without `.0`.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import python_calamine
from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import WINDOWS_EPOCH
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS

from mine_geo.errors import FileError, some
from mine_geo.geo.cells import unguarded
from mine_geo.intake.findings import Finding
from mine_geo.intake.guard import most_bytes
from mine_geo.intake.guard.recognise import TABLES
from mine_geo.intake.guard.streams import too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


MOST_CHARACTERS: Final = 1_000_000
"""The longest cell that is read: a WKT of some 25,000 corners."""
MOST_COLUMNS: Final = 2_000


def to_table(cells: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a table whose header is the first row that is not empty.

    Parameters
    ----------
    cells
        All rows as text (dtype str), the header among them; the index counts the rows of the
        source, from 1.
    what
        The file or the sheet, for messages.

    Returns
    -------
    pandas.DataFrame
        RangeIndex, dtype str, null where a cell is empty or blank. Names are trimmed, cells are
        not. Wholly empty rows, and columns without name and content, are left out; a column with
        content and no name is called "column 3" by its place.

    Raises
    ------
    FileError
        If there is no cell at all, a name stands twice, a row goes beyond the header, or a cell
        is too long.

    Examples
    --------
    >>> cells = pd.DataFrame([["", ""], [" id ", "lon"], ["A", " "]], dtype="str")
    >>> to_table(cells, "points.csv").to_dict("list")
    {'id': ['A'], 'lon': [nan]}
    """
    if cells.shape[1] > MOST_COLUMNS:
        raise FileError(f"{what}: {cells.shape[1]} columns; more than {MOST_COLUMNS} are not read")
    cells = _without_blanks(cells, what)
    if cells.empty:
        raise FileError(f"{what}: no cell has content; export the table again")
    header = cells.iloc[0].str.strip()
    body = cells.iloc[1:]
    named = header.notna().to_numpy()
    kept = named | body.notna().any().to_numpy()
    header, body = header[kept], body.loc[:, kept]
    places = np.flatnonzero(kept) + 1
    names = [
        name if isinstance(name, str) else f"column {place}"
        for name, place in zip(header, places, strict=True)
    ]
    table = body.reset_index(drop=True)
    table.columns = pd.Index(names, dtype="str")
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise FileError(f"{what}: column {some(twice)} stands twice; rename one of them")
    return table


def _without_blanks(cells: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the rows that are not empty; blank cells are null."""
    new = {}
    for column in cells.columns:
        texts = cells[column].astype("str")
        long = texts.str.len() > MOST_CHARACTERS
        if long.any():
            raise FileError(
                f"{what}: a cell of row {long.idxmax()} has more than {MOST_CHARACTERS:,} "
                "characters; a quote may be missing before it: export the table again"
            )
        new[column] = texts.mask(texts.str.strip() == "")
    table = pd.DataFrame(new, index=cells.index)
    return table.loc[table.notna().any(axis=1)]


DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL: Final = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
_SAMPLE: Final = 100_000
"""Characters by which the delimiter is told; below the csv module's longest field."""


def read_csv(data: bytes, what: str) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    r"""Return the table of a CSV file, and what its reading has to say.

    Parameters
    ----------
    data
        The bytes of the file. A byte order mark tells UTF-8, UTF-16 and UTF-32; without one they
        are UTF-8 if they can be, else Windows-1252, which a finding says.
    what
        The file, for messages.

    Returns
    -------
    tuple
        The table, as `to_table` makes it, delimited by comma, semicolon, tab or bar, whichever
        splits the rows most evenly (or Excel's first line `sep=;` says); and findings: the
        encoding that was taken, and rows that end before the header does (Excel leaves empty
        cells out), whose other cells are taken as empty.

    Raises
    ------
    FileError
        If the bytes are no text, a quote is never closed, a row has more cells than the header,
        or the last one breaks off; and as `to_table`.

    Examples
    --------
    >>> table, _ = read_csv(b"id;lon;lat\nA;104,5;13,2\n", "points.csv")
    >>> table.to_dict("records")
    [{'id': 'A', 'lon': '104,5', 'lat': '13,2'}]
    """
    text, findings = _decoded(data, what)
    if not text.strip():
        raise FileError(f"{what}: no cell has content; export the table again")
    text, delimiter, above = _delimited(text)
    width = _widths(text[:_SAMPLE], delimiter)[0]
    whole, data = text.endswith(("\n", "\r")), text.encode()
    del text  # a large file stands in memory often enough
    short, long = _uneven(data, delimiter, what)
    cells = _cells(data, delimiter, what, max([width, *long.values()]))
    cells = cells.set_axis(range(above + 1, above + len(cells) + 1))
    _refuse_long(cells, width, what)
    if short:
        last = len(cells)
        if last in short and not whole:
            raise FileError(
                f"{what}: row {above + last}, the last one, breaks off; the file may be truncated: "
                "get it again from its maker"
            )
        rows = some(above + row for row in sorted(short))
        said = f"row {rows} of {what} ends before the header does; the rest is taken as empty"
        findings = (*findings, Finding("short_rows", said))
    return to_table(unguarded(cells), what), findings


def _decoded(data: bytes, what: str) -> tuple[str, tuple[Finding, ...]]:
    """Return the text, and a finding where its encoding was not sure."""
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8")
    )
    findings: tuple[Finding, ...] = ()
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if mark:
            raise FileError(
                f"{what}: no {encoding} text, as its first bytes say; it may be truncated: get it "
                "again from its maker"
            ) from error
        text = _western(data, what)
        said = f"{what} is not UTF-8: taken as Windows-1252; check names with accents"
        findings = (Finding("encoding_taken", said),)
    if "\0" in text:
        raise FileError(
            f"{what}: NUL bytes, so it is damaged or no CSV; export the table again as CSV UTF-8"
        )
    return text, findings


def _western(data: bytes, what: str) -> str:
    """Return bytes as Windows-1252; refuse what no office would have written."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = "\x01"
    if _CONTROL.search(text):
        raise FileError(
            f"{what}: neither UTF-8 nor Windows-1252 text; export the table again as CSV UTF-8"
        )
    return text


def _delimited(text: str) -> tuple[str, str, int]:
    """Return the text from its first row on, the delimiter, and the number of rows above.

    Above may stand empty lines and Excel's line `sep=;`, which says the delimiter.
    """
    rest = text.lstrip("\r\n")
    above = len(text[: len(text) - len(rest)].splitlines())
    told = re.match(r'"?sep=([,;\t|])"?\r?\n', rest, re.IGNORECASE)
    if told:
        return rest[told.end() :], told[1], above + 1
    sample = rest[:_SAMPLE]
    return rest, max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter)), above


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """Return which part of the rows have the cells of the header, and how many cells it has."""
    widths = _widths(sample, delimiter)
    if widths[0] == 1:
        return 0.0, 0
    # The last row of a sample may be cut.
    body = widths[1:-1] or widths[1:] or widths
    return sum(width == widths[0] for width in body) / len(body), widths[0]


def _widths(sample: str, delimiter: str) -> list[int]:
    """Return the number of cells of each row that is not empty; [1] where there is none."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    return [len(row) for row in rows if row] or [1]


def _uneven(data: bytes, delimiter: str, what: str) -> tuple[dict[int, int], dict[int, int]]:
    """Return cells by row (from 1) of the rows shorter and longer than the first one."""
    short: dict[int, int] = {}
    long: dict[int, int] = {}

    def note(row: pyarrow.csv.InvalidRow) -> str:
        wider = row.actual_columns > row.expected_columns
        (long if wider else short)[row.number] = row.actual_columns
        return "skip"

    try:
        pyarrow.csv.read_csv(
            io.BytesIO(data),
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, autogenerate_column_names=True
            ),
            pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            pyarrow.csv.ConvertOptions(column_types={"f0": pa.string()}, include_columns=["f0"]),
        )
    except pa.ArrowInvalid as error:
        raise _broken(what, error) from error
    return short, long


def _cells(data: bytes, delimiter: str, what: str, width: int) -> pd.DataFrame:
    if width > MOST_COLUMNS:
        raise FileError(f"{what}: {width} columns; more than {MOST_COLUMNS} are not read")
    try:
        return pd.read_csv(
            io.BytesIO(data),
            sep=delimiter,
            header=None,
            names=range(width),
            index_col=False,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
        )
    except pd.errors.ParserError as error:
        raise _broken(what, error) from error


def _refuse_long(cells: pd.DataFrame, width: int, what: str) -> None:
    """Refuse rows with content beyond the first row; empty cells there do no harm."""
    beyond = cells.loc[:, width:].notna().any(axis=1).to_numpy()
    if beyond.any():
        row = cells.index[int(beyond.argmax())]
        raise FileError(
            f"{what}: row {row} has more cells than the first row ({width}); a cell with a "
            f"comma in it needs quotes: export the table again, or as XLSX"
        )


def _broken(what: str, error: Exception) -> FileError:
    reason = str(error).strip().splitlines()[0].removeprefix("Error tokenizing data. C error: ")
    return FileError(f"{what}: no table of delimited text ({reason}); export the table again")


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
            if not (formulas or merged):
                plain = _plain_sheets(data)
                if plain is not None:
                    return _tables(plain, what), ()
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
    SyntaxError,  # of the XML: ElementTree's ParseError, and lxml's, which openpyxl takes if there
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


# calamine reads a sheet some ten times faster than openpyxl. It gives a formula, an error value
# and a whole number beyond 2^53 in another way, and some further cells; what it gives as openpyxl
# does is known for the plain cells below, as Excel, LibreOffice, openpyxl and XlsxWriter write
# them. So a workbook is read by it only where every cell of every sheet is a plain one.

_MAIN: Final = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD: Final = re.compile(
    rb"(?:<\?xml(?: [a-z]+=[\"'][\w.-]*[\"'])*\s*\?>)?\s*<(?:worksheet|sst)(?=[ >])[^>]*?"
    rb" xmlns=[\"']" + re.escape(_MAIN) + rb"[\"'][^>]*>"
)
_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-8)[^>]*>", re.IGNORECASE)
_STRANGE: Final = re.compile(
    rb"<!|&(?!(?:amp|lt|gt|quot|apos|#1\d{2,6}|#[2-9]\d{2,5});)|_x[0-9A-Fa-f]{4}_|x005F_|<t>(?:\s|[^<]*\s</t>)"
)
"""A document type, a comment, a control by its number, an escape of OOXML, a text with spaces at an
end that nothing says to keep."""
_T: Final = rb"(?:<t(?: xml:space=\"preserve\")?>[^<\r]*</t>|<t ?/>)"
_ROW_OR_CELL: Final = re.compile(
    rb"<row r=\"(\d{1,7})\"|"
    rb"<c r=\"([A-Z]{1,3})(\d{1,7})\"(?: s=\"(\d{1,5})\")?(?: ?/>|>(?:<v ?/>|<v></v>)?</c>|"
    rb" t=\"n\"(?: ?/>|>(?:<v ?/>|<v></v>)?</c>)|"
    rb"(?: t=\"n\")?><v>(-?\d{1,15}(?:\.\d{1,20})?(?:[Ee][+-]?\d{1,2})?)</v></c>|"
    rb" t=\"s\"><v>(\d{1,9})</v></c>|"
    rb" t=\"b\"><v>[01]</v></c>|"
    rb" t=\"inlineStr\"(?: ?/>|></c>|><is>" + _T + rb"</is></c>))"
)
_ANY_ROW: Final = re.compile(rb"<row[\s/>]")
_ANY_CELL: Final = re.compile(rb"<c[\s/>]")
_ANY_TEXT: Final = re.compile(rb"<si[\s/>]")
_PLAIN_TEXT: Final = re.compile(rb"<si>" + _T + rb"</si>")
_PLAIN_FORMAT: Final = re.compile(r"[0#,.%]+|(?:\[\$-[\w-]+\])?[yYmMdDhHsS\\/:., -]+(?:;@)?")
_TEXTS: Final = "xl/sharedStrings.xml"
_MOST_SCANNED: Final = 64 << 20
"""The largest part, in bytes, that is held in memory to be looked through."""
_MOST_CELLS: Final = 5_000_000
"""Of the rectangle from A1 to the last cell; calamine holds all of it, empty or not."""
_DAYS: Final = (61, 2_958_466)
"""Days after the 29 February 1900 that never was, up to the year 9999: both read them alike."""


class _Shell(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """A workbook without its texts and cells: its parts, its names of sheets, its styles."""

    def read_strings(self) -> None:
        self.texts = self.package.find(SHARED_STRINGS)


def _plain_sheets(data: bytes) -> dict[str, list[list[str | None]]] | None:
    """Return the texts of all sheets by calamine, or None where openpyxl must read them.

    What openpyxl refuses of a workbook is refused here too, since it opens it.
    """
    shell = _Shell(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    shell.read()
    parts = [relation.target for _, relation in shell.parser.find_sheets()]
    names = [sheet.title for sheet in shell.wb.worksheets]
    texts = _plain_texts(shell)
    if (
        texts is None
        or shell.wb.epoch != WINDOWS_EPOCH
        or len(set(parts)) != len(names)
        or not all(_is_plain(_scanned(shell.archive, part), shell.wb, texts) for part in parts)
    ):
        return None
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            if book.sheet_names != names:
                return None
            sheets = [book.get_sheet_by_index(place) for place in range(len(names))]
            return {
                name: _to_the_last(
                    [
                        [None if cell == "" else _text(cell) for cell in row]
                        for row in sheet.to_python(skip_empty_area=False)
                    ]
                )
                for name, sheet in zip(names, sheets, strict=True)
            }
    except python_calamine.CalamineError:
        return None


def _plain_texts(shell: _Shell) -> int | None:
    """Return how many shared texts there are, None if one of them is not a plain one."""
    if shell.texts is None:
        return 0
    content = None
    if shell.texts.PartName == f"/{_TEXTS}":
        content = _scanned(shell.archive, _TEXTS)
    texts = len(_PLAIN_TEXT.findall(content or b""))
    return None if content is None or texts != len(_ANY_TEXT.findall(content)) else texts


def _scanned(parts: zipfile.ZipFile, name: str) -> bytes | None:
    """Return a part whose XML is well formed and has nothing unusual in it, else None."""
    if parts.getinfo(name).file_size > _MOST_SCANNED:
        return None
    content = parts.read(name)
    if _ENCODING.match(content) or not _HEAD.match(content) or _STRANGE.search(content):
        return None
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError:
        return None
    return content


def _is_plain(content: bytes | None, book: Any, texts: int) -> bool:
    """Say whether every cell of a sheet is one that calamine and openpyxl read alike."""
    if content is None or content.count(b"<sheetData") != 1:
        return False
    found = _ROW_OR_CELL.findall(content)
    columns = zip(*found, strict=True) if found else [()] * 6
    row, column, cell_row, style, number, text = (np.array(each, dtype="S") for each in columns)
    is_row = column == b""
    rows = row[is_row].astype(np.int64)
    cells = len(found) - len(rows)
    if len(rows) != len(_ANY_ROW.findall(content)) or cells != len(_ANY_CELL.findall(content)):
        return False
    return cells == 0 or (
        _in_order(is_row, rows, column[~is_row], cell_row[~is_row].astype(np.int64))
        and np.max(text[text != b""].astype(np.int64), initial=-1) < texts
        and _numbers_are_plain(style[number != b""], number[number != b""], book)
    )


def _in_order(
    is_row: NDArray[np.bool_],
    rows: NDArray[np.int64],
    letters: NDArray[np.bytes_],
    row: NDArray[np.int64],
) -> bool:
    """Say whether each cell stands in its own row, rows and cells ascend, and they fit in memory.

    Parameters
    ----------
    is_row
        Of the rows and cells of a sheet, as they follow one another: which are rows.
    rows
        The numbers of the rows.
    letters, row
        The column and the row that each cell names.
    """
    within = np.cumsum(is_row)[~is_row] - 1
    names, which = np.unique(letters, return_inverse=True)
    column = np.array([column_index_from_string(name.decode()) for name in names])[which]
    return bool(
        within.min() >= 0
        and (rows[within] == row).all()
        and rows.min() >= 1
        and (np.diff(rows) > 0).all()
        and (np.diff(row * (1 << 15) + column) > 0).all()
        and column.max() <= MOST_COLUMNS
        and row.max() * column.max() <= _MOST_CELLS
    )


def _numbers_are_plain(style: NDArray[np.bytes_], number: NDArray[np.bytes_], book: Any) -> bool:
    """Say whether numbers have formats that both readers take alike, days within their range."""
    styles, which = np.unique(np.where(style == b"", b"0", style), return_inverse=True)
    values = number.astype(float)
    for place, name in enumerate(styles):
        its = int(name)
        if its >= len(book._cell_styles):  # noqa: SLF001 - openpyxl has no other way to them
            return False
        code = book._cell_styles[its].numFmtId  # noqa: SLF001
        known = code in BUILTIN_FORMATS or _PLAIN_FORMAT.fullmatch(
            book._number_formats[code - BUILTIN_FORMATS_MAX_SIZE]  # noqa: SLF001
        )
        if not known or its in book._timedelta_formats:  # noqa: SLF001
            return False
        if its in book._date_formats:  # noqa: SLF001
            days = values[which == place]
            if days.min() < _DAYS[0] or days.max() >= _DAYS[1]:
                return False
    return True


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
    texts: dict[str, list[list[str | None]]] = {}
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
        texts[sheet.title] = rows
    return _tables(texts, what), tuple(findings)


def _tables(sheets: dict[str, list[list[str | None]]], what: str) -> dict[str, pd.DataFrame]:
    """Return the tables of sheets whose cells are texts already; empty ones are left out."""
    tables: dict[str, pd.DataFrame] = {}
    for title, rows in sheets.items():
        if any(rows):
            width = max(map(len, rows))
            even = [row + [None] * (width - len(row)) for row in rows]
            cells = pd.DataFrame(even, index=range(1, len(rows) + 1), dtype="str")
            tables[title] = to_table(cells, f"{what}, sheet {title!r}")
    if not tables:
        raise FileError(f"{what}: no cell has content; export the table again")
    return tables


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
    return _to_the_last(rows), blank, wrong


def _to_the_last(rows: list[list[str | None]]) -> list[list[str | None]]:
    """Return rows without the empty ones at the end, and each without the empty cells at its end.

    The lists themselves become shorter.
    """
    for row in rows:
        while row and not row[-1]:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


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


_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Book:
    """The tables of a file, all cells text."""

    tables: dict[str, pd.DataFrame]
    """By name of sheet, or of file without its ending; in their order."""
    format: str
    """In words for people: "CSV", "XLSX", "zip of CSV", "folder of CSV"."""
    findings: tuple[Finding, ...] = ()
    """What the reading has to say: an encoding that was taken, cells that hold no value."""


def read_book(path: Path) -> Book:
    r"""Read the tables of a CSV, an XLSX, a folder of CSV files or a zip of them, as text.

    Parameters
    ----------
    path
        The file or folder, recognised by its content. CSV: UTF-8, UTF-16 with its mark, or
        Windows-1252; comma, semicolon, tab or bar. Folder and zip: each file ending in .csv, .tsv
        or .txt.

    Returns
    -------
    Book
        All cells are text (dtype str), null where empty; see `delimited.read_csv` and
        `workbooks.read_workbook`.

    Raises
    ------
    FileError
        If there is no such file, no table in it, it is too large, has a password, is damaged, or
        is an older .xls; one line that says which and how to mend it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "points.csv")
    ...     _ = path.write_text("id,lon\nA,104.5\n")
    ...     book = read_book(path)
    >>> book.format, book.tables["points"].to_dict("list")
    ('CSV', {'id': ['A'], 'lon': ['104.5']})
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _is_table(file.name) and file.is_file())
        _check_size(sum(file.stat().st_size for file in files), path)
        return _several(((file.name, _bytes(file)) for file in files), path, "folder of CSV")
    data = _bytes(path)
    if data.startswith(_ZIP):
        return _from_zip(data, path)
    if data.startswith(_OLE):
        raise FileError(
            f"{path}: a workbook with a password, or an old .xls; open it in a spreadsheet "
            "program and save it as XLSX without a password"
        )
    table, findings = read_csv(data, str(path))
    return Book({path.stem: table}, "CSV", findings)


def _bytes(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, path)
        return path.read_bytes()
    except FileError:
        raise
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check its rights") from error


def _check_size(size: int, path: Path) -> None:
    """Refuse more than a file, or all files of a folder, zip or workbook, may hold unpacked."""
    most = most_bytes()
    if size > most:
        raise too_large(str(path), most)


def _is_table(name: str) -> bool:
    """Say whether a file is looked at: by its ending, hidden files not."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in TABLES and not hidden


def _from_zip(data: bytes, path: Path) -> Book:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.namelist()
            _check_size(sum(part.file_size for part in parts.infolist()), path)
            if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
                tables, findings = read_workbook(data, str(path))
                return Book(tables, "XLSX", findings)
            if any(part.flag_bits & 1 for part in parts.infolist()):
                raise FileError(f"{path}: a zip with a password; pack it again without one")
            files = [name for name in names if _is_table(name)]
            read = ((name, parts.read(name)) for name in files)
            return _several(read, path, "zip of CSV")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{path}: a damaged zip, it may be truncated; get it again from its maker ({error})"
        ) from error


def _several(files: Iterable[tuple[str, bytes]], path: Path, form: str) -> Book:
    tables: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, data in files:
        stem = PurePosixPath(name).stem
        if stem in tables:
            raise FileError(f"{path}: two tables are called {stem!r}; rename one of them")
        tables[stem], said = read_csv(data, f"{path}/{name}")
        findings.extend(said)
    if not tables:
        raise FileError(f"{path}: no table in it; looked for files ending in {some(TABLES)}")
    return Book(tables, form, tuple(findings))
