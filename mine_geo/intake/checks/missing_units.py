"""The province and district of hazards that record none, from where their polygons lie.

Nothing that is recorded is overwritten: a hazard belongs to its recorded unit, and one that lies
elsewhere is a finding of the checks. Polygons are EPSG:4326.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.geo.admin import assign_admin
from mine_geo.geo.geometry import as_geometries
from mine_geo.geo.hazards import without_unit
from mine_geo.intake.findings import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.intake.received import Received


UNIT_FROM: Final = "unit_from"
"""The column that says of a hazard which districts its unit was taken from; null: recorded."""
_PROVINCE: Final = ("province", "province_code")
_DISTRICT: Final = ("district", "district_code")


@dataclass(frozen=True)
class Filled:
    """Hazards with the units that were missing, as far as their polygons tell."""

    table: gpd.GeoDataFrame
    whole: NDArray[np.bool_]
    """Rows that were given their province and district."""
    district: NDArray[np.bool_]
    """Rows that were given a district of the province that they record."""

    def __str__(self) -> str:
        """Say in a line what was filled, and what is still without a unit."""
        filled = (
            f"province and district of {self.whole.sum():,} hazards and the district of "
            f"{self.district.sum():,} taken from their polygons"
        )
        return f"{filled}; {said_without_unit(self.table) or 'each has its unit'}"


def fill_units(hazards: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, source: str) -> Filled:
    """Give hazards that record no province or district the one in which their largest part lies.

    Parameters
    ----------
    hazards
        A hazard table in EPSG:4326, on any index.
    admin
        Districts, as from `read_admin`.
    source
        What the districts are called; it is kept with what they give, in the column `unit_from`.

    Returns
    -------
    Filled
        A new table. A hazard without both is given both; one with a province and no district is
        given the district if that is in its province. What has no polygon, a broken one, or lies
        in no district stays as it is.

    Raises
    ------
    CRSError
        If one of the two is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.intake import read_admin
    >>> field = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(102.85, 12.61, 102.86, 12.62)],
    ...     crs=4326))
    >>> filled = fill_units(field, read_admin(sample.path("districts")), "sample")
    >>> filled.table[["province", "district_code", "unit_from"]].values.tolist()
    [['Battambang', '0209', 'sample']]
    """
    bare = [without_unit(hazards, level).to_numpy(dtype=bool) for level in ("province", "district")]
    shapes = as_geometries(hazards)
    drawn = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    asked = np.flatnonzero(bare[1] & drawn)
    polygons = gpd.GeoDataFrame(geometry=shapes[asked], crs=hazards.crs)
    proposed = assign_admin(polygons, admin)
    found = proposed["district_code"].notna().to_numpy(dtype=bool)
    recorded = hazards["province_code"].to_numpy(dtype=object)[asked]
    same = proposed["province_code"].to_numpy(dtype=object) == recorded
    whole, district = (np.zeros(len(hazards), dtype=bool) for _ in range(2))
    whole[asked] = found & bare[0][asked]
    district[asked] = found & ~bare[0][asked] & same
    table = hazards.copy()
    for names, rows in ((_PROVINCE, whole), (_DISTRICT, whole | district)):
        for name in names:
            given = np.full(len(hazards), None, dtype=object)
            given[asked] = proposed[name].to_numpy(dtype=object)
            table[name] = _with(hazards[name], given, rows)
    if (whole | district).any():
        none = pd.Series(None, index=table.index, dtype="str")
        given = np.full(len(table), source, dtype=object)
        table[UNIT_FROM] = _with(table.get(UNIT_FROM, none), given, whole | district)
    return Filled(table, whole, district)


def _with(column: pd.Series[Any], given: NDArray[Any], rows: NDArray[np.bool_]) -> pd.Series[Any]:
    values = column.to_numpy(dtype=object, copy=True)
    values[rows] = given[rows]
    return pd.Series(values, index=column.index, dtype="str")


def assign_units(received: Received, filled: Filled, source: str) -> Received:
    """Return received hazards with the units that were missing; each is a finding.

    Parameters
    ----------
    received
        Hazards, as from `intake.read`.
    filled
        What `fill_units` made of its table.
    source
        What the districts are called.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read, read_admin
    >>> received = read(sample.path("minefields"))
    >>> filled = fill_units(received.table, read_admin(sample.path("districts")), "sample")
    >>> assign_units(received, filled, "sample").findings == received.findings
    True
    """
    said = [
        Finding("unit_assigned", f"{text}, where its polygon lies ({source})", int(place))
        for rows, names in (
            (filled.whole, ("district", "province")),
            (filled.district, ("district",)),
        )
        for place in np.flatnonzero(rows)
        for text in [", ".join(str(filled.table[name].iloc[place]) for name in names)]
    ]
    return replace(received, table=filled.table, findings=(*received.findings, *said))


def said_without_unit(hazards: pd.DataFrame) -> str:
    """Say in a line how many hazards record no province or no district; nothing if none.

    Examples
    --------
    >>> said_without_unit(pd.DataFrame({"province": ["Pailin", None], "district": [None, None]}))
    '1 hazards record no province, 2 no district'
    """
    counts = [int(without_unit(hazards, level).sum()) for level in ("province", "district")]
    if not any(counts):
        return ""
    return f"{counts[0]:,} hazards record no province, {counts[1]:,} no district"
