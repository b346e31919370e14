"""What a reader of one format gives: the records in the words of their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mine_geo.terms import ITEM_COLUMNS, NEIGHBOURS

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.findings import Finding

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
    points: Names = field(default_factory=lambda: MappingProxyType({}))
    """Columns of turning points, by role: one of `POINT_ROLES`."""
    states: States = field(default_factory=States)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further switches: those of `OPTIONS`."""
    id_column: str | None = None
    """The column that the caller takes as the id of a hazard, before all that a profile says."""
    crs_given: bool = False
    """Whether the option `crs` is the caller's: it counts before a system that the file says."""
