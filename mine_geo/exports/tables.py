"""Tables as files and streams: CSV, JSON, Excel workbooks, layers. Takes frames, opens no store."""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
import pyogrio

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, RecordError, choose, visible
from mine_geo.geo.cells import guarded_table, read_days
from mine_geo.tables.envelope import Envelope, as_columns, as_json, rows_of
from mine_geo.terms import HAZARD_COLUMNS, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd


_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so a workbook, cannot hold."""
FileFormat = Literal["csv", "json", "xlsx"]
FORMATS: Final = ("csv", "json", "xlsx")
MOST_IN_A_CELL: Final = 32_767
"""Letters that a cell of a workbook holds."""
UNNAMED: Final = Envelope()
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_WRITTEN: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
"""When a workbook says that it was made: else the same table would be other bytes each second."""


def write_table(
    table: pd.DataFrame,
    target: str | os.PathLike[str] | IO[str],
    about: Envelope = UNNAMED,
    *,
    format: FileFormat | None = None,  # noqa: A002
    restricted: bool | None = None,
    replace: str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
) -> bool:
    """Write a table as CSV, JSON or an Excel workbook, with what it says of itself.

    Its first column is `row`: `data`, or `total` of a sum. Title, provenance and `synthetic` are
    fields of JSON, further columns of CSV, and the sheet `about` of a workbook, by the schema of
    `tables.envelope`. The same table gives the same bytes.

    A text that a spreadsheet would run as a formula is marked as text: `'` before it in CSV, a
    cell of text in a workbook. Controls, which no workbook holds, are escaped there.

    A table of single records is restricted: it says so with its day (a column `restriction` in CSV,
    a field in JSON, a line and the properties of a workbook), and its file is its owner's alone.

    Parameters
    ----------
    table
        Any table; a geometry column is left out.
    target
        A path, or for `csv` and `json` an open text stream.
    about
        What it says of itself: `Envelope.of_store`, `Envelope.of_split`.
    format
        `csv`, `json` or `xlsx`; else by the ending of the path.
    restricted
        Whether it is; else its columns tell (`restriction.holds_records`).
    replace
        "public": it may take the place of a public file.
    without_remarks
        Leave out comments, who recorded, and of a table of hazards all columns that are none of
        ours.
    with_personal
        Columns that a profile marked as personal and that are written all the same, by name.

    Returns
    -------
    bool
        Whether it was written as restricted.

    Raises
    ------
    OptionError
        If the format is unknown, a workbook is asked for on a stream, or no personal column of a
        name is there.
    RecordError
        If a text is longer than a workbook's cell can be.
    FileError
        If the file cannot be written, or is a public one.

    Examples
    --------
    >>> import sys
    >>> table = pd.DataFrame({"zone": ["near"], "hazards": [4075]})
    >>> about = Envelope(title="Near minefields", threshold_m=7000.0)
    >>> _ = write_table(table, sys.stdout, about, format="csv")
    row,zone,hazards,schema_version,title,...,threshold_m,rule,include_coast,...
    data,near,4075,1,Near minefields,...,7000.0,,,...
    """
    path = Path(target) if isinstance(target, str | os.PathLike) else None
    kind = choose(format or (path.suffix.lstrip(".").lower() if path else ""), FORMATS, "format")
    restriction.check_personal(with_personal, table.columns)
    marked = restriction.holds_records(table.columns) if restricted is None else restricted
    table = restriction.leaving(
        table,
        without_remarks=without_remarks,
        with_personal=with_personal,
        remarks=set(HAZARD_COLUMNS) - {"geometry"} <= set(table.columns),
    )
    table = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    latest = about.as_of is None
    mark = None
    if marked:
        day = _latest(table) if latest else about.as_of
        mark = restriction.said(day, about.known_in_words, latest=latest)
    rows = rows_of(table)
    if not isinstance(target, str | os.PathLike):
        if kind == "xlsx":
            raise OptionError("a workbook needs a file: give --output FILE.xlsx")
        target.write(_text(rows, kind, about, mark))
        return marked
    restriction.check(target, public=False if marked else None, replace=replace)
    if kind == "xlsx":
        content = _workbook(rows, about, mark)
    else:
        content = _text(rows, kind, about, mark).encode()
    try:
        restriction.put(Path(target), content, restricted=marked)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); choose another") from error
    return marked


def _latest(table: pd.DataFrame) -> pd.Timestamp | None:
    """Return the latest day on which anything in a table was surveyed or happened."""
    found = [
        read_days(table[name])[0].max()
        for name in ("surveyed_on", "happened_on")
        if name in table.columns
    ]
    return max((day for day in found if not pd.isna(day)), default=None)


def write_layer(
    table: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    layer: str,
    *,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
) -> None:
    """Write polygons into a new GeoPackage, in the reference system that they are in.

    It is restricted: its description says so, and it is its owner's alone.

    Parameters
    ----------
    table
        Any GeoDataFrame; a geometry may be null or invalid.
    path
        A file that is not there yet.
    layer
        The name of its one layer.
    without_remarks, with_personal
        As for `write_table`.

    Raises
    ------
    FileError
        If the file is there already, lies in the folder of a public atlas, or cannot be written.
    OptionError
        If no personal column of a name is there.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile
    >>> table = gpd.GeoDataFrame({"hazard_id": ["A"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    >>> target = Path(tempfile.mkdtemp(), "hazards.gpkg")
    >>> write_layer(table, target, "hazards")
    >>> gpd.read_file(target)["hazard_id"].tolist()
    ['A']
    """
    if Path(path).exists():
        raise FileError(f"{path}: is there already; choose another name")
    restriction.check(path, public=False)
    restriction.check_personal(with_personal, table.columns)
    left = restriction.leaving(table, without_remarks=without_remarks, with_personal=with_personal)
    target, mode = Path(path), restriction.file_mode()
    try:
        with tempfile.TemporaryDirectory(prefix=".layer-", dir=target.parent) as folder:
            place = Path(folder, target.name)
            pyogrio.write_dataframe(
                left,
                place,
                layer=layer,
                driver="GPKG",
                use_arrow=True,  # else a column of days becomes text
                layer_options={"DESCRIPTION": restriction.said()},
            )
            place.chmod(mode)
            place.replace(target)
    except (RuntimeError, ValueError, OSError) as error:
        raise FileError(f"{path}: cannot be written ({error}); choose another") from error


def _text(rows: pd.DataFrame, kind: str, about: Envelope, mark: str | None) -> str:
    if kind == "json":
        return as_json(rows, about, mark)
    written = _Rows(newline="")
    table = guarded_table(as_columns(rows, about, mark))
    table.to_csv(written, index=False, lineterminator="\r\n")
    return written.getvalue()


class _Rows(io.StringIO):
    """Rows that end in a line feed, of a writer that quotes a carriage return in a cell too.

    Without quotes it would begin a row, and what follows it a cell that nobody guarded.
    """

    def write(self, row: str) -> int:
        return super().write(f"{row.removesuffix(chr(13) + chr(10))}\n")


def for_workbook(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a workbook can hold it: no controls, moments in UTC as text."""
    kept = {}
    for place, name in enumerate(table.columns):
        column = table.iloc[:, place]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.map(lambda moment: moment.isoformat(), na_action="ignore")
        elif not pd.api.types.is_numeric_dtype(column):
            column = column.astype(object)
            long = column.map(lambda v: isinstance(v, str) and len(v) > MOST_IN_A_CELL)
            if long.any():
                raise RecordError(
                    f"{name}: a text of {len(column[long].iloc[0]):,} characters; a workbook's "
                    f"cell holds {MOST_IN_A_CELL:,}: write .csv or .json"
                )
            column = column.map(lambda v: _ILLEGAL.sub(_escaped, v) if isinstance(v, str) else v)
        kept[place] = column
    return pd.DataFrame(kept).set_axis([visible(name) for name in table.columns], axis=1)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _workbook(rows: pd.DataFrame, about: Envelope, mark: str | None) -> bytes:
    """Return a sheet `table`, under its title and warnings, and a sheet `about` with all fields."""
    heading = [] if mark is None else [mark]
    title = f"{about.store}\n{about.title}" if about.store else about.title
    heading += [visible(line, MOST_IN_A_CELL) for line in title.split("\n") if line]
    heading += [SYNTHETIC] if about.synthetic else []
    fields = pd.DataFrame({"field": about.told().keys(), "value": about.told().values()})
    table = for_workbook(rows)
    written = io.BytesIO()
    with pd.ExcelWriter(written, engine="openpyxl") as writer:
        if mark is not None:
            properties = writer.book.properties
            properties.keywords = restriction.KEYWORDS[restriction.RESTRICTED]
            properties.subject = properties.description = mark
        table.to_excel(writer, sheet_name="table", index=False, startrow=len(heading))
        sheet = writer.sheets["table"]
        for row, line in enumerate(heading, start=1):
            # As a value and never a formula, whatever a store's name begins with.
            sheet.cell(row=row, column=1, value=line).data_type = "s"
        for_workbook(fields).to_excel(writer, sheet_name="about", index=False)
        for each in writer.sheets.values():
            for cells in each.iter_rows():
                for cell in cells:
                    if cell.data_type == "f":
                        cell.data_type = "s"
        sheet.freeze_panes = sheet.cell(row=len(heading) + 2, column=1)
        for number, column in enumerate(table.columns, start=1):
            widest = max([len(str(column)), *(len(str(v)) for v in table[column].head(200))])
            letter = sheet.cell(row=1, column=number).column_letter
            sheet.column_dimensions[letter].width = min(widest + 2, 60)
    return without_moment(written)


def without_moment(workbook: io.BytesIO) -> bytes:
    """Return a workbook that does not say when it was written."""
    again = io.BytesIO()
    with ZipFile(workbook) as parts, ZipFile(again, "w", ZIP_DEFLATED) as whole:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = _WRITTEN.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            whole.writestr(entry, content)
    return again.getvalue()
