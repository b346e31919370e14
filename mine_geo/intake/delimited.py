"""CSV as offices write it: encoding, delimiter, quotes; into a table of text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from mine_geo.cells import unguarded
from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.text_tables import MOST_COLUMNS, to_table

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
