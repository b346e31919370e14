"""Tables as files and streams: CSV, JSON, Excel workbooks, layers. Takes frames, opens no store."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import pandas as pd
import pyogrio

from mine_geo import terms
from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, RecordError, choose, visible
from mine_geo.geo.cells import guarded_table, read_days
from mine_geo.terms import HAZARD_COLUMNS, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    import geopandas as gpd


_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so a workbook, cannot hold."""
FORMATS: Final = ("csv", "json", "xlsx")
MOST_IN_A_CELL: Final = 32_767
"""Letters that a cell of a workbook holds."""


def write_table(
    table: pd.DataFrame,
    target: str | os.PathLike[str] | IO[str],
    *,
    format: str | None = None,  # noqa: A002
    title: str = "",
    synthetic: bool = False,
    restricted: bool | None = None,
    day: date | str | None = None,
    known_at: str | None = None,
    replace: str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
) -> bool:
    """Write a table as CSV, JSON or an Excel workbook.

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
    format
        `csv`, `json` or `xlsx`; else by the ending of the path.
    title
        What the table is; JSON and the workbook carry it.
    synthetic
        Say in the file that the data is an invented sample: a column in CSV, a field in JSON, a
        line in the workbook.
    restricted
        Whether it is; else its columns tell (`restriction.holds_records`).
    day, known_at
        The day of the data (else the latest survey or event in it is named), and the moment at
        which it was known, where it is restricted.
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
    >>> _ = write_table(table, sys.stdout, format="csv")
    zone,hazards
    near,4075
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
    latest = day is None
    told = restriction.said(_latest(table) if latest else day, known_at, latest=latest)
    said = _Said(title, synthetic, told if marked else None)
    if not isinstance(target, str | os.PathLike):
        if kind == "xlsx":
            raise OptionError("a workbook needs a file: give --output FILE.xlsx")
        target.write(_text(table, kind, said))
        return marked
    restriction.check(target, public=False if marked else None, replace=replace)
    content = _workbook(table, said) if kind == "xlsx" else _text(table, kind, said).encode()
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


@dataclass(frozen=True)
class _Said:
    """What a table says of itself."""

    title: str
    synthetic: bool
    restriction: str | None


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


def _text(table: pd.DataFrame, kind: str, said: _Said) -> str:
    return _csv(table, said) if kind == "csv" else _json(table, said)


def _csv(table: pd.DataFrame, said: _Said) -> str:
    marked = table.assign(synthetic=True) if said.synthetic else table
    if said.restriction is not None:
        marked = _named(marked).assign(**{terms.RESTRICTION_COLUMN: said.restriction})
    rows = _Rows(newline="")
    guarded_table(marked).to_csv(rows, index=False, lineterminator="\r\n")
    return rows.getvalue()


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose own column `restriction`, if it has one, is called otherwise."""
    name, taken = terms.RESTRICTION_COLUMN, set(table.columns)
    while name in taken:
        name = f"source_{name}"
    return table.rename(columns={terms.RESTRICTION_COLUMN: name})


class _Rows(io.StringIO):
    """Rows that end in a line feed, of a writer that quotes a carriage return in a cell too.

    Without quotes it would begin a row, and what follows it a cell that nobody guarded.
    """

    def write(self, row: str) -> int:
        return super().write(f"{row.removesuffix(chr(13) + chr(10))}\n")


def _json(table: pd.DataFrame, said: _Said) -> str:
    rows = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15))
    # The restriction comes first: it is what is read of a file to know it again.
    told = {} if said.restriction is None else {terms.RESTRICTION_COLUMN: said.restriction}
    whole = told | {"title": said.title, "synthetic": said.synthetic, "rows": rows}
    return json.dumps(whole, ensure_ascii=False) + "\n"


def _for_workbook(table: pd.DataFrame) -> pd.DataFrame:
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


def _workbook(table: pd.DataFrame, said: _Said) -> bytes:
    """Return one sheet: what is restricted, title, a line that says synthetic, then the table."""
    heading = [] if said.restriction is None else [said.restriction]
    heading += [visible(line, MOST_IN_A_CELL) for line in said.title.split("\n") if line]
    heading += [SYNTHETIC] if said.synthetic else []
    table = _for_workbook(table)
    written = io.BytesIO()
    with pd.ExcelWriter(written, engine="openpyxl") as writer:
        if said.restriction is not None:
            properties = writer.book.properties
            properties.keywords = restriction.KEYWORDS[restriction.RESTRICTED]
            properties.subject = properties.description = said.restriction
        table.to_excel(writer, sheet_name="table", index=False, startrow=len(heading))
        sheet = writer.sheets["table"]
        for row, line in enumerate(heading, start=1):
            # As a value and never a formula, whatever a store's name begins with.
            sheet.cell(row=row, column=1, value=line).data_type = "s"
        for cells in sheet.iter_rows(min_row=len(heading) + 1):
            for cell in cells:
                if cell.data_type == "f":
                    cell.data_type = "s"
        sheet.freeze_panes = sheet.cell(row=len(heading) + 2, column=1)
        for number, column in enumerate(table.columns, start=1):
            widest = max([len(str(column)), *(len(str(v)) for v in table[column].head(200))])
            letter = sheet.cell(row=1, column=number).column_letter
            sheet.column_dimensions[letter].width = min(widest + 2, 60)
    return written.getvalue()
