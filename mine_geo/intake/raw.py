"""What a reader of one format gives: the records in the words of their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mine_geo.terms import ITEM_COLUMNS

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

REPORT_TYPES: Final = ("cancelled", "reduced", "cleared", "amended", "confirmed")
"""The types of event that a report of the field tells of."""

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
    by_zone: bool = False
    """Whether easting and northing were read in the UTM zone that stands beside each point: then a
    geographic system that the caller gives says the datum, and no other coordinates."""


@dataclass(frozen=True)
class Fields:
    """How a source's columns become ours, for hazards or for reports."""

    columns: Names = field(default_factory=lambda: MappingProxyType({}))
    """Ours: the source's names, in any case; the first that is there counts."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """For a column of ours the source's words (in any case) and what they mean."""
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What a column of ours is where the source says nothing."""
    factors: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """By what a number is multiplied: 10,000 for hectares to m²."""
    dates: tuple[str, ...] = ()
    """How the source writes days, as strptime has it, or `epoch_ms` for milliseconds since 1970,
    `excel_1900` or `excel_1904` for the numbers of days in a spreadsheet; ISO 8601 is always
    understood."""


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
    points: Names = field(default_factory=lambda: MappingProxyType({}))
    """Columns of turning points, by role: one of `POINT_ROLES`."""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further switches: those of `OPTIONS`."""
    crs_given: bool = False
    """Whether the option `crs` is the caller's: it counts before a system that the file says."""
