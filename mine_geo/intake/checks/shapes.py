"""Checks of each polygon by itself: coordinates, rings, parts, long edges.

Repair of polygons, only when it is asked for: what was changed, and by how many m².
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from mine_geo.errors import some
from mine_geo.geo.crs import geodesic_m
from mine_geo.geo.geometry import SHAPES, exact_size_m2, size_m2, to_multipolygons
from mine_geo.intake.checks.records import Records
from mine_geo.intake.findings import EMPTY_LEFT_OUT, Finding, as_table
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mine_geo.intake.checks.records import Objects, Places


DEGREE_M: Final = 111_700.0
"""No degree, of longitude or latitude, is longer on WGS 84."""
_REASON: Final = re.compile(r"(?P<why>[^\[]*)\[(?P<x>\S+) (?P<y>\S+)\]")


def check_shapes(records: Records, longest_edge_m: float) -> Iterator[Finding]:
    """Give the findings of each geometry by itself.

    A geometry with one fault is not looked at for others: an invalid ring is not measured.

    Parameters
    ----------
    records
        The records, in EPSG:4326.
    longest_edge_m
        An edge that is longer, by the geodesic in metres, is a finding.
    """
    for place, fault, message in zip(
        records.faults["id"], records.faults["fault"], records.faults["message"], strict=True
    ):
        geometry = records.geometries[place]
        if fault in {"null", "empty"}:
            yield records.finding(
                "no_polygon", place, f"{message}: kept, and not in the split; ask for its polygon"
            )
        elif fault == "coordinates":
            yield records.finding("bad_coordinates", place, _bad_coordinate(geometry))
        else:
            found = fault_of(geometry)
            yield records.finding(found.code, place, f"{found.what}; {found.mend}", found.where)
    for place in np.flatnonzero(records.emptied):
        yield records.finding("empty_part", place, EMPTY_LEFT_OUT)
    yield from _without_size(records)
    yield from _long_edges(records, longest_edge_m)


def _on_earth(xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(xy) <= [180, 90]).all(axis=1))


def _bad_coordinate(geometry: shapely.Geometry) -> str:
    """Say which vertices are no place on the earth, and why that may be."""
    xy = shapely.get_coordinates(geometry)
    bad = np.flatnonzero(~_on_earth(xy))
    listed = some((f"({x:.7g}, {y:.7g})" for x, y in xy[bad]), 2)
    which = f"vertex {bad[0] + 1} of {len(xy)}" if len(bad) == 1 else f"{len(bad)} of {len(xy)}"
    if not np.isfinite(xy).all():
        return f"{which} vertices: {listed} is no number; give longitude and latitude"
    mend = "give longitude and latitude in degrees"
    if _on_earth(xy[:, ::-1]).all():
        mend = "longitude and latitude seem to be swapped"
    elif np.abs(xy).max() > 1000:
        mend = "these seem to be metres: say in which reference system"
    return f"{which} vertices are not on the earth: {listed}; {mend}"


@dataclass(frozen=True)
class Fault:
    """Why a geometry is no polygon, or none that can be measured."""

    code: str
    what: str
    mend: str
    where: shapely.Point | None


def fault_of(geometry: shapely.Geometry) -> Fault:
    """Return what is wrong with an invalid polygon, or a geometry of another type.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> fault_of(bow_tie).what
    'self-intersection at 0.5000000, 0.5000000'
    """
    parts = shapely.get_parts(geometry)
    if not np.isin(shapely.get_type_id(geometry), SHAPES["polygon"]):
        mend = "draw the polygon"
        if np.isin(shapely.get_type_id(parts), SHAPES["polygon"]).any():
            mend = "keep its polygons only (repair does that)"
        return Fault(
            "not_polygon", f"{geometry.geom_type} instead of a polygon", mend, _middle(geometry)
        )
    why, where = _reason_of(geometry)
    at = "" if where is None else f" at {where.x:.7f}, {where.y:.7f}"
    rings = shapely.get_rings(parts)
    points = min(len(np.unique(shapely.get_coordinates(ring), axis=0)) for ring in rings)
    if points < 3:
        said = f"a ring of {points} different {'point' if points == 1 else 'points'}{at}"
        return Fault("few_points", said, "a polygon needs three or more: complete the ring", where)
    if len(parts) > 1 and shapely.is_valid(parts).all():
        return _overlap(parts, at, where)
    mend = "draw the ring so that it neither crosses nor touches itself"
    return Fault("invalid_ring", f"{why[:1].lower()}{why[1:]}{at}", mend, where)


def _middle(geometry: shapely.Geometry) -> shapely.Point | None:
    with np.errstate(invalid="ignore"):
        middle = shapely.centroid(geometry)
    xy = shapely.get_coordinates(middle)
    return middle if len(xy) and _on_earth(xy).all() else None


def _reason_of(geometry: shapely.Geometry) -> tuple[str, shapely.Point | None]:
    """Return GEOS's reason why a geometry is invalid, and the place."""
    reason = shapely.is_valid_reason(geometry)
    match = _REASON.fullmatch(reason)
    if match is None:
        return reason, None
    return match["why"], shapely.Point(float(match["x"]), float(match["y"]))


def _overlap(parts: NDArray[np.object_], at: str, where: shapely.Point | None) -> Fault:
    """Say how much of valid parts lies one under the other."""
    twice = exact_size_m2(parts).sum() - exact_size_m2([shapely.union_all(parts)])[0]
    if round(twice) < 1:
        return Fault(
            "self_overlap", f"parts that share an edge{at}", "join them to one part", where
        )
    said = f"its {len(parts)} parts overlap{at}: {twice:,.0f} m² would count twice"
    return Fault("self_overlap", said, "draw each square metre once", where)


def _without_size(records: Records) -> Iterator[Finding]:
    for place in np.flatnonzero(records.sound & (records.size_m2 < 0.5)):
        yield records.finding(
            "zero_size",
            place,
            f"a polygon of {records.size_m2[place]:.2f} m², which counts as 0; "
            "check its vertices (all of one place?)",
            shapely.centroid(records.geometries[place]),
        )


def _long_edges(records: Records, longest_edge_m: float) -> Iterator[Finding]:
    """Give the longest edge of each polygon that has one beyond the limit."""
    places = np.flatnonzero(records.sound)
    parts, part = shapely.get_parts(records.geometries[places], return_index=True)
    rings, ring = shapely.get_rings(parts, return_index=True)
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0).T) if len(xy) else np.zeros(0)
    maybe = np.flatnonzero((owner[1:] == owner[:-1]) & (step * DEGREE_M > longest_edge_m))
    metres = geodesic_m(xy[maybe], xy[maybe + 1])
    maybe, metres = maybe[metres > longest_edge_m], metres[metres > longest_edge_m]
    hazard = places[part[ring[owner[maybe]]]]
    order = np.lexsort((-metres, hazard))
    _, first, count = np.unique(hazard[order], return_index=True, return_counts=True)
    for start, edges in zip(first, count, strict=True):
        edge = maybe[order[start]]
        more = f" (and {edges - 1} more beyond {longest_edge_m:,.0f} m)" if edges > 1 else ""
        yield records.finding(
            "vertex_gap",
            hazard[order[start]],
            f"an edge of {metres[order[start]]:,.0f} m{more}; "
            "check its two vertices for a slip of the pen",
            shapely.Point((xy[edge] + xy[edge + 1]) / 2),
        )


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
