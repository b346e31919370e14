"""Repair of polygons, only when it is asked for: what was changed, and by how many m²."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from mine_geo.checks.records import Records
from mine_geo.checks.shapes import fault_of
from mine_geo.findings import Finding, as_table
from mine_geo.geometry import exact_size_m2, size_m2, to_multipolygons
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mine_geo.checks.records import Objects, Places


def repair(hazards: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Mend invalid rings, overlapping parts and mixed collections; say what that changed.

    GEOS's `make_valid` by "structure": each ring is made valid by itself, shells are joined and
    holes taken off. So land that was drawn twice stays land; by "linework", the other way, it would
    become a hole, and a hazard lost. What collapses to a line or point is left out.

    Parameters
    ----------
    hazards
        A table in EPSG:4326 as for `check_hazards`, on any index.

    Returns
    -------
    hazards : geopandas.GeoDataFrame
        The same table with the geometries that could be mended (MultiPolygon); where it has a
        column `size_m2`, that of the mended ones is computed again. A valid polygon is never
        touched; what cannot become a polygon with a size stays as it was, with its error.
    findings : geopandas.GeoDataFrame
        One `repaired` for each geometry that was changed: why, the size (whole m²) as it was drawn
        and as it is now, and where.

    Raises
    ------
    CRSError, GeometryError, RecordError
        As `check_hazards`.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
    >>> frame = gpd.GeoDataFrame({"hazard_id": ["AP-1"]}, geometry=[bow_tie], crs=4326)
    >>> mended, found = repair(frame)
    >>> mended.geometry.is_valid.tolist(), found["message"].tolist()
    ([True], ['self-intersection at 103.0050000, 13.0050000: 600,074 m² now, ...])
    """
    records = Records.of(hazards)
    broken = records.faults.loc[records.faults["fault"].isin(["ring", "type"]), "id"]
    places = broken.to_numpy(dtype=np.intp)
    mended = _mend(records.geometries[places])
    good = shapely.is_valid(mended) & (size_m2(mended) > 0)
    places, mended = places[good], mended[good]
    table = hazards.copy()
    name = table.geometry.name
    geometries = table[name].to_numpy().copy()
    geometries[places] = mended
    table[name] = gpd.GeoSeries(geometries, index=table.index, crs=CRS)
    for column in [each for each in table.columns if str(each).lower() == "size_m2"]:
        sizes = table[column].to_numpy().copy()
        sizes[places] = size_m2(mended)
        table[column] = sizes
    return table, as_table(_say(records, places, mended))


def _mend(geometries: Objects) -> Objects:
    """Return valid multipolygons of what is polygonal in each geometry, empty where nothing is."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, within = shapely.get_parts(parts, return_index=True)
        owner = owner[within]
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    empty = np.full(len(geometries), shapely.MultiPolygon(), dtype=object)
    drawn = shapely.multipolygons(parts[areal], indices=owner[areal], out=empty)
    return to_multipolygons(shapely.make_valid(drawn, method="structure", keep_collapsed=False))


def _say(records: Records, places: Places, mended: Objects) -> Iterator[Finding]:
    drawn = records.geometries[places]
    sizes = zip(exact_size_m2(drawn), exact_size_m2(mended), strict=True)
    pieces_of = shapely.get_num_geometries(drawn), shapely.get_num_geometries(mended)
    counts = zip(*pieces_of, strict=True)
    for place, (before, now), (parts, left) in zip(places, sizes, counts, strict=True):
        fault = fault_of(records.geometries[place])
        pieces = "" if parts == left else f"; {left} parts now, {parts} as drawn"
        yield records.finding(
            "repaired",
            place,
            f"{fault.what}: {now:,.0f} m² now, {before:,.0f} m² as drawn "
            f"({now - before:+,.0f} m²){pieces}; compare it with its report",
            fault.where,
        )
