"""What came out of a file: hazards or reports in our words, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError
from mine_geo.findings import as_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

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

    def __str__(self) -> str:
        """Say in a line what the file is and how it was read."""
        layer = f", layer {self.layer}" if self.layer else ""
        shift = f", {self.operation}" if self.operation else ""
        return f"{self.format}{layer}, profile {self.profile}, {self.crs}{shift}"


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
        """Give the records the numbers of their places, where nothing was left out."""
        if len(self.numbers) != len(self.table):
            object.__setattr__(self, "numbers", np.arange(len(self.table)))

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
