"""The records under check: hazards or candidates, with what every check needs worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mine_geo.errors import choose, some
from mine_geo.geo.cells import read_texts
from mine_geo.geo.geometry import exact_size_m2, find_faults, to_multipolygons, without_empty
from mine_geo.geo.hazards import canonical_names
from mine_geo.intake.findings import Finding
from mine_geo.terms import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    import shapely
    from numpy.typing import ArrayLike, NDArray

    Objects = NDArray[np.object_]
    Places = NDArray[np.intp]


@dataclass(frozen=True)
class Records:
    """Hazards in EPSG:4326, one place (from 0) each."""

    table: gpd.GeoDataFrame
    """RangeIndex, the hazard columns in small letters."""
    ids: Objects
    """Trimmed, None where missing."""
    kinds: Objects
    geometries: Objects
    """As given, without a third dimension; MultiPolygon where it was a polygon."""
    emptied: NDArray[np.bool_]
    """Which had an empty part or hole, left out."""
    faults: pd.DataFrame
    """`geometry.find_faults`; `id` is the place."""
    sound: NDArray[np.bool_]
    """Which are polygons that can be measured and compared."""
    size_m2: NDArray[np.float64]
    """Not rounded; 0 where not sound."""
    numbers: Places
    """What each is called in messages: its number in its file, from 1."""

    @classmethod
    def of(
        cls,
        hazards: gpd.GeoDataFrame,
        kind: str | None = None,
        *,
        what: str = "hazards",
        numbers: ArrayLike | None = None,
    ) -> Records:
        """Take records over from any table of hazards.

        Raises
        ------
        CRSError
            If the table is not in EPSG:4326.
        GeometryError
            If it has no active geometry column.
        RecordError
            If it has no column `hazard_id`, or a column twice.
        OptionError
            If `kind` is none of `terms.KINDS`.
        """
        table = canonical_names(hazards, what).reset_index(drop=True)
        kinds = texts_of(table, "kind")
        if kind is not None:
            kinds[kinds == None] = choose(kind, KINDS, "kind")  # noqa: E711  (element by element)
        drawn, emptied = without_empty(table)
        geometries = to_multipolygons(drawn)
        faults = find_faults(geometries, np.arange(len(table)))
        sound = np.ones(len(table), dtype=bool)
        sound[faults["id"].to_numpy(dtype=np.intp)] = False
        size = np.zeros(len(table))
        size[sound] = exact_size_m2(geometries[sound])
        ids = texts_of(table, "hazard_id")
        named = np.arange(1, len(table) + 1) if numbers is None else np.asarray(numbers, np.intp)
        return cls(table, ids, kinds, geometries, emptied, faults, sound, size, named)

    def finding(
        self,
        code: str,
        place: int | np.integer[Any],
        message: str,
        where: shapely.Point | None = None,
    ) -> Finding:
        """Return a finding of the record at a place."""
        return Finding(code, message, int(self.numbers[place]) - 1, where, self.ids[place])

    def label(self, place: int | np.integer[Any]) -> str:
        """Name a record for a message: its id, else its number.

        Examples
        --------
        >>> import geopandas as gpd
        >>> frame = gpd.GeoDataFrame({"hazard_id": ["A", None]}, geometry=[None, None], crs=4326)
        >>> [Records.of(frame).label(place) for place in (0, 1)]
        ['A', 'record 2']
        """
        return self.ids[place] or f"record {self.numbers[place]}"

    def labels(self, places: Iterable[int | np.integer[Any]], most: int = 3) -> str:
        """Name the first few records for a message."""
        return some((self.label(place) for place in places), most)


def texts_of(table: pd.DataFrame, column: str) -> Objects:
    """Return the trimmed texts of a column, None where missing, and where there is no column."""
    if column not in table:
        return np.full(len(table), None)
    texts = read_texts(table[column]).astype(object)
    return np.asarray(texts.where(texts.notna(), None), dtype=object)
