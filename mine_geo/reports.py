"""Tables as files and streams: CSV, JSON, Excel workbooks, layers. Takes frames, opens no store."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import pandas as pd
import pyogrio

from mine_geo.cells import guarded_table
from mine_geo.errors import FileError, OptionError, RecordError, choose, visible
from mine_geo.terms import SYNTHETIC

if TYPE_CHECKING:
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
) -> None:
    """Write a table as CSV, JSON or an Excel workbook.

    A text that a spreadsheet would run as a formula is marked as text: `'` before it in CSV, a
    cell of text in a workbook. Controls, which no workbook holds, are escaped there.

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

    Raises
    ------
    OptionError
        If the format is unknown, or a workbook is asked for on a stream.
    RecordError
        If a text is longer than a workbook's cell can be.
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> import sys
    >>> write_table(pd.DataFrame({"zone": ["near"], "hazards": [4075]}), sys.stdout, format="csv")
    zone,hazards
    near,4075
    """
    path = Path(target) if isinstance(target, str | os.PathLike) else None
    kind = choose(format or (path.suffix.lstrip(".").lower() if path else ""), FORMATS, "format")
    table = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    try:
        if kind == "xlsx":
            if path is None:
                raise OptionError("a workbook needs a file: give --output FILE.xlsx")
            _write_workbook(table, path, title, synthetic=synthetic)
            return
        text = _csv(table, synthetic=synthetic) if kind == "csv" else _json(table, title, synthetic)
        if isinstance(target, str | os.PathLike):
            Path(target).write_text(text, encoding="utf-8")
        else:
            target.write(text)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); choose another") from error


def write_layer(table: gpd.GeoDataFrame, path: str | os.PathLike[str], layer: str) -> None:
    """Write polygons into a new GeoPackage, in the reference system that they are in.

    Parameters
    ----------
    table
        Any GeoDataFrame; a geometry may be null or invalid.
    path
        A file that is not there yet.
    layer
        The name of its one layer.

    Raises
    ------
    FileError
        If the file is there already, or cannot be written.

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
    try:
        # Through Arrow: else a column of days becomes text.
        pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG", use_arrow=True)
    except (RuntimeError, ValueError, OSError) as error:
        Path(path).unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written ({error}); choose another") from error


def _csv(table: pd.DataFrame, *, synthetic: bool) -> str:
    marked = table.assign(synthetic=True) if synthetic else table
    rows = _Rows(newline="")
    guarded_table(marked).to_csv(rows, index=False, lineterminator="\r\n")
    return rows.getvalue()


class _Rows(io.StringIO):
    """Rows that end in a line feed, of a writer that quotes a carriage return in a cell too.

    Without quotes it would begin a row, and what follows it a cell that nobody guarded.
    """

    def write(self, row: str) -> int:
        return super().write(f"{row.removesuffix(chr(13) + chr(10))}\n")


def _json(table: pd.DataFrame, title: str, synthetic: bool) -> str:
    rows = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15))
    said = {"title": title, "synthetic": synthetic, "rows": rows}
    return json.dumps(said, ensure_ascii=False) + "\n"


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


def _write_workbook(table: pd.DataFrame, path: Path, title: str, *, synthetic: bool) -> None:
    """Write one sheet: title, a line that says synthetic if so, then the table."""
    heading = [visible(line, MOST_IN_A_CELL) for line in title.split("\n") if line]
    heading += [SYNTHETIC] if synthetic else []
    table = _for_workbook(table)
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
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
