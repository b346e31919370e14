"""What came out of a file: hazards or reports in our words, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from mine_geo.findings import Finding

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
