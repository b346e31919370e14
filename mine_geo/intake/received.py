"""What came out of a file: hazards or reports in our words, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mine_geo.cells import (
    ID_LENGTH,
    IDS,
    NAME_LENGTH,
    TEXT_LENGTH,
    held,
    text_fault,
    unfit_cells,
)
from mine_geo.errors import RecordError
from mine_geo.findings import Finding, as_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

What = Literal["hazards", "reports"]


@dataclass(frozen=True)
class Source:
    """A file, and how it was read."""

    path: str
    name: str
    """The file's own name, for headings."""
    checksum: str
    """SHA-256 of its bytes, hexadecimal; of all files of a Shapefile, a folder or a form."""
    bytes: int
    format: str
    layer: str | None
    profile: str
    crs: str
    """The reference system as it was declared, by the file or by the caller."""
    operation: str | None = None
    """The datum transformation that was named; None where the data stand on WGS 84."""
    accuracy_m: float | None = None
    """Of that transformation, metres; None where it is not known."""
    closed_left_out: int = 0
    """Closed records: such files keep their full polygon, of which nothing remains."""
    closed_m2: int = 0
    """The size of those polygons, m²."""

    def __str__(self) -> str:
        """Say in a line what the file is and how it was read."""
        layer = f", layer {self.layer}" if self.layer else ""
        shift = f", {self.operation}" if self.operation else ""
        return f"{self.format}{layer}, profile {self.profile}, {self.crs}{shift}"

    def held(self) -> Source:
        """Return this with texts that every store takes; a file's name may be any bytes."""
        return replace(
            self,
            path=held(self.path, NAME_LENGTH),
            name=held(self.name, NAME_LENGTH),
            format=held(self.format, NAME_LENGTH),
            layer=None if self.layer is None else held(self.layer, NAME_LENGTH),
            profile=held(self.profile, NAME_LENGTH),
            crs=held(self.crs, NAME_LENGTH),
            operation=None if self.operation is None else held(self.operation, NAME_LENGTH),
        )


@dataclass(frozen=True)
class Received:
    """The records of a file, not checked yet and in no register."""

    what: What
    table: gpd.GeoDataFrame
    """In EPSG:4326, RangeIndex. Hazards: the canonical columns, then the file's others; a polygon
    may be missing or invalid, a word unknown. Reports: see `read_reports`."""
    findings: tuple[Finding, ...]
    """What the reading itself has to say; `record` is the place in `table`."""
    columns: pd.DataFrame
    """Which column went where: `source`, `ours` (null where left over), `how`, `filled`,
    `example`."""
    source: Source
    numbers: NDArray[np.intp] = field(default_factory=lambda: np.arange(0))
    """The place of each record in its file, from 0; as in `table` unless some were left out."""

    def __post_init__(self) -> None:
        """Give the records the numbers of their places, where nothing was left out.

        And show what no store takes as text that every store does: it is a finding of its record,
        and takes down neither the others nor the file.
        """
        if len(self.numbers) != len(self.table):
            object.__setattr__(self, "numbers", np.arange(len(self.table)))
        table, found = _holdable(self.table)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "findings", (*self.findings, *found))
        object.__setattr__(self, "columns", _shown(self.columns))
        object.__setattr__(self, "source", self.source.held())

    def said(self) -> gpd.GeoDataFrame:
        """Return the findings of the reading as a table, with the ids of the records.

        As `findings.as_table`: `code`, `severity`, `hazard_id`, `message`, `record` (in the file,
        from 1), `place`.
        """
        table = as_table(self.findings)
        ids = self.table["hazard_id"].reset_index(drop=True)
        own = table["record"].sub(1).map(ids).astype("str")
        numbers = pd.Series(self.numbers + 1, index=np.arange(1, len(self.numbers) + 1))
        return table.assign(
            hazard_id=table["hazard_id"].fillna(own),
            record=table["record"].map(numbers).astype("Int64"),
        )


def _holdable(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return records as a store takes them, and what was otherwise."""
    unfit = list(unfit_cells(table))
    if not unfit:
        return table, []
    found: list[Finding] = []
    new: dict[str, Any] = {}
    for place, name, why in unfit:
        shown = held(name, NAME_LENGTH - 1)
        if place is None:
            found.append(Finding("bad_text", f"the name of column {shown} {why}; rename it"))
            continue
        code = "bad_number" if "number" in why else "bad_text"
        found.append(Finding(code, f"{shown} {why}; correct it in the source", record=place))
        if name not in new:
            new[name] = table[name].astype(object)
        new[name].iloc[place] = _instead(table[name], place)
    new = {name: column.astype(table[name].dtype) for name, column in new.items()}
    names = {name: held(name, NAME_LENGTH - 1) for place, name, _ in unfit if place is None}
    table = table.copy()
    for name, column in new.items():
        table[name] = column
    return table.rename(columns=names), found


def _instead(column: pd.Series[Any], place: int) -> Any:
    """Return what stands for a cell: a text that shows it, or nothing among numbers and days."""
    if column.dtype != object and not pd.api.types.is_string_dtype(column.dtype):
        return None
    is_id = str(column.name).lower() in IDS
    return held(column.iloc[place], ID_LENGTH if is_id else TEXT_LENGTH, is_id=is_id)


def _shown(columns: pd.DataFrame) -> pd.DataFrame:
    """Return the table of columns with texts that every store takes."""
    texts = [name for name in columns if columns[name].map(_is_unfit).any()]
    shown = columns.copy()
    for name in texts:
        shown[name] = columns[name].map(_as_held)
    return shown


def _is_unfit(value: Any) -> bool:
    return isinstance(value, str) and text_fault(value, NAME_LENGTH) is not None


def _as_held(value: Any) -> Any:
    return held(value, NAME_LENGTH) if isinstance(value, str) else value


def check_ids(received: Received) -> None:
    """Refuse a file in which no column says the id of its hazards: no record could be told apart.

    So is one of reports that was read as hazards.

    Raises
    ------
    RecordError
        With the columns that could be it, or that tell of reports.

    Examples
    --------
    >>> from mine_geo import sample
    >>> from mine_geo.intake import read
    >>> check_ids(read(sample.path("minefields")))
    """
    for code in ("are_reports", "missing_id"):
        for finding in received.findings:
            if finding.code == code and finding.record is None:
                raise RecordError(f"{received.source.path}: {finding.message}")
