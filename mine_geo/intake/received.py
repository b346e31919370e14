"""What a reader of one format gives: the records in the words of their source.

What came out of a file: hazards or reports in our words, and how they were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.errors import RecordError
from mine_geo.geo.cells import (
    ID_LENGTH,
    IDS,
    NAME_LENGTH,
    TEXT_LENGTH,
    held,
    text_fault,
    unfit_cells,
)
from mine_geo.geo.crs import system_given
from mine_geo.intake.findings import Finding, as_table
from mine_geo.terms import ITEM_COLUMNS, NEIGHBOURS

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray


Names = Mapping[str, tuple[str, ...]]
"""For each of our words the column names of a source that mean it, the best first."""

REPORT_COLUMNS: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    "reported_size_m2",
    *ITEM_COLUMNS,
    "depth_cm",
    "comment",
    "geometry",
)
"""The columns of a report table, in order; further columns of a file follow them."""

SAID_COLUMNS: Final = (
    "cleared_on",
    "surveyed_on",
    "reported_on",
    "released_m2",
    "cancelled_m2",
    "reduced_m2",
    "cleared_m2",
    "surveyed_m2",
    "worked_m2",
    "report_status",
    "conclusion",
)
"""What a column of a report can say besides: it decides on its day, its m², and on whether land
was released; and it is kept under its own name. Land surveyed, worked on and released are three
things."""

REPORT_TYPES: Final = ("cancelled", "reduced", "cleared", "amended", "confirmed")
"""The types of event that a report of the field tells of."""

BORDER_COLUMNS: Final = (
    "kind",
    "neighbour",
    "left",
    "right",
    "maritime",
    "border_name",
    "border_version",
    "accuracy_m",
    "demarcated",
)
"""What a column of border lines can be: `left` and `right` are the countries on the two sides,
`maritime` says of a line that it lies at sea."""

LINE_WORDS: Final = ("land", "coast", "either", "none")
"""What the word of a border line can mean: `either` is said of land border and of coast alike,
`none` of lines that are no part of the border (at sea, between provinces) and left out."""

COUNTRY_WORDS: Final = (*NEIGHBOURS, "KHM", "sea")
"""What the word for what lies beside a border line can mean."""

ADMIN_COLUMNS: Final = ("district_code", "district", "province_code", "province")
"""What a column of district polygons can be."""
VILLAGE_COLUMNS: Final = (
    "village_code",
    "village",
    "village_km",
    "commune_code",
    "commune",
    "commune_km",
    "district_code",
    "district",
)
"""What a column of a list of villages, communes or districts can be."""

STATES: Final = ("received", "in_review", "validated", "rejected")
"""The states of approval of a record at its source."""

POINT_ROLES: Final = (
    "parent",
    "part",
    "order",
    "lon",
    "lat",
    "easting",
    "northing",
    "zone",
    "mgrs",
    "bearing",
    "distance",
    "from_point",
    "kind_of_point",
    "ring",
    "point_id",
    "point_name",
    "shape",
    "system",
    "wkt",
    "geojson",
    "geoshape",
)
"""What a column of turning points can be."""

OPTIONS: Final = {
    "crs": "the reference system of the coordinates, where the file says none, as EPSG:32648",
    "decimal": "the sign before the tenths of a number, . or , where the numbers leave it open",
    "magnetic_declination_deg": "bearings are magnetic: degrees to true north, east positive",
    "number_gaps": "accept: numbers of geopoints may leave some out",
}
"""The switches of a profile, and what they say."""


@dataclass(frozen=True)
class Raw:
    """Records as they were written, before any profile."""

    table: gpd.GeoDataFrame
    """One row a record, RangeIndex; columns as the source names them, in its order, then
    `geometry` (null where a record has none; not checked). Its crs is the one that the file
    declares, None where it declares none."""
    format: str
    """What the file is, in words for people: "Esri JSON", "Survey123 CSV"."""
    layer: str | None = None
    profile: str | None = None
    """The bundled profile that the format implies."""
    findings: tuple[Finding, ...] = ()
    unclear: str | None = None
    """Why its reference system is not clear, where the file names several, or one that is not
    known; then only one that the caller gives counts."""
    by_zone: bool = False
    """Whether easting and northing were read in the UTM zone that stands beside each point: then a
    geographic system that the caller gives says the datum, and no other coordinates."""


def with_geometry(
    table: pd.DataFrame, geometry: Any, crs: pyproj.CRS | str | None
) -> gpd.GeoDataFrame:
    """Return records as `Raw` has them: RangeIndex, geometry last.

    A column of the source that is called geometry becomes `geometry_text`. What is missing in
    `geometry`, as None or as NaN, is null.
    """
    shapes = np.asarray(list(geometry), dtype=object)
    shapes[pd.isna(shapes)] = None
    table = table.rename(columns={"geometry": "geometry_text"}).reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=table.index, crs=crs))


@dataclass(frozen=True)
class Fields:
    """How a source's columns become ours, for one sort of records."""

    columns: Names = field(default_factory=lambda: MappingProxyType({}))
    """Ours: the source's names, in any case; the first that is there counts."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """For a column of ours the source's words (in any case) and what they mean."""
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What a column of ours is where the source says nothing."""
    factors: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """By what a number is multiplied: 10,000 for hectares to m²."""
    sums: Names = field(default_factory=lambda: MappingProxyType({}))
    """For items found the columns that are added up to give a column of ours, and no others."""
    kept: tuple[str, ...] = ()
    """Columns that are known and none of ours: kept as they are, and not said to be left over."""
    personal: tuple[str, ...] = ()
    """Columns that name or describe persons: kept as `personal_NAME`, taken for none of ours, and
    in no output unless asked for by name."""
    dates: tuple[str, ...] = ()
    """How the source writes days, as strptime has it, or `epoch_ms` for milliseconds since 1970,
    `excel_1900` or `excel_1904` for the numbers of days in a spreadsheet; ISO 8601 is always
    understood."""


@dataclass(frozen=True)
class States:
    """Which columns say whether a record is approved at its source, and in which words."""

    columns: tuple[str, ...] | None = None
    """Names, `*` for any letters; None where the profile says nothing of them."""
    flags: tuple[str, ...] = ()
    """Names of columns that say yes (validated) or no (not yet)."""
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The source's words (in any case) and what they mean: one of `STATES`."""


@dataclass(frozen=True)
class Profile:
    """A source, and how to read it: one TOML file."""

    name: str
    title: str
    formats: tuple[str, ...] = ()
    """Formats that may be this source; any if empty."""
    needs: tuple[tuple[str, ...], ...] = ()
    """Columns by which the source is known: one of each group must be there."""
    hazards: Fields = field(default_factory=Fields)
    reports: Fields = field(default_factory=Fields)
    border: Fields = field(default_factory=Fields)
    """Border lines: columns of `BORDER_COLUMNS`."""
    admin: Fields = field(default_factory=Fields)
    """District polygons: columns of `ADMIN_COLUMNS`."""
    villages: Fields = field(default_factory=Fields)
    """Lists of units down to villages: columns of `VILLAGE_COLUMNS`."""
    points: Names = field(default_factory=lambda: MappingProxyType({}))
    """Columns of turning points, by role: one of `POINT_ROLES`."""
    states: States = field(default_factory=States)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further switches: those of `OPTIONS`."""
    id_column: str | None = None
    """The column that the caller takes as the id of a hazard, before all that a profile says."""
    crs_given: bool = False
    """Whether the option `crs` is the caller's: it counts before a system that the file says."""

    @property
    def gaps(self) -> bool:
        """Whether the numbers of turning points may leave some out."""
        return self.options.get("number_gaps", "").lower() == "accept"

    def system(self) -> pyproj.CRS | None:
        """Return the reference system that its option `crs` says, None where it says none.

        Raises
        ------
        CRSError
            If there is no such system.
        """
        said = self.options.get("crs")
        return None if not said else system_given(said)


NO_PROFILE: Final = Profile("", "")
"""The profile of a caller who says nothing of a source."""
What = Literal["hazards", "reports"]


@dataclass(frozen=True)
class Wanted:
    """What a caller wants of a file: every reader of a format takes it."""

    layer: str | None = None
    """The layer, sheet or table of the records, where the file has several."""
    profile: Profile = NO_PROFILE
    """Its `points` name the columns of turning points by role, its `hazards` and `reports` those
    of a record; its options are those of `OPTIONS`. A bundled profile comes after it."""
    what: What | None = None
    """`hazards` or `reports`, where a file can hold both and `layer` does not say which; a hazard
    may have several reports, which their references tell apart."""


ANYTHING: Final = Wanted()
"""What a caller wants who says nothing."""


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
        texts = {name: text for name, text in vars(self).items() if isinstance(text, str)}
        shown: dict[str, Any] = {name: held(text, NAME_LENGTH) for name, text in texts.items()}
        return replace(self, **shown)


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
    shown = columns.copy()
    for name in columns:
        texts = columns[name][columns[name].map(lambda value: isinstance(value, str))]
        if any(text_fault(text, NAME_LENGTH) for text in texts):
            shown.loc[texts.index, name] = texts.map(lambda text: held(text, NAME_LENGTH))
    return shown


def check_ids(received: Received) -> None:
    """Refuse a file in which no column says the id of its hazards: no record could be told apart.

    So is one of reports that was read as hazards.

    Parameters
    ----------
    received
        What came out of the file.

    Raises
    ------
    RecordError
        With the columns that could be it, or that tell of reports.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read
    >>> check_ids(read(sample.path("minefields")))
    """
    for code in ("are_reports", "missing_id"):
        for finding in received.findings:
            if finding.code == code and finding.record is None:
                raise RecordError(f"{received.source.path}: {finding.message}")
