"""The ground: each district with its border, on the plane of UTM zone 48N, in metres.

The plane serves to place hazards, with a margin that is wider than its error (4.4 m at 7 km).
Where a metre counts, `geodesic_m` measures on the ellipsoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from mine_geo import terms

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Geometries = NDArray[np.object_]

MARGIN_M = 30.0
"""No hazard's distance is nearer than this to 7,000 m, the edge cases apart."""
INSET_M = 30.0
"""Hazards stay this far inside their district (25 m is promised)."""
REACH_M = 12000.0
"""How far around a district its border is looked for."""
LAND_ONLY = frozenset({"0905"})
"""Districts whose near hazards lie near the land border: Mondol Seima of Koh Kong."""

TO_UTM = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
GEOD = pyproj.Geod(ellps="WGS84")


def to_plane(geometry: shapely.Geometry) -> shapely.Geometry:
    """Project from longitude and latitude to UTM 48N, edges first cut to 0.005 degree."""
    dense = shapely.segmentize(geometry, 0.005)
    return shapely.transform(
        dense, lambda xy: np.column_stack(TO_UTM.transform(xy[:, 0], xy[:, 1]))
    )


def to_lonlat(xy: Floats) -> Floats:
    """Project coordinates of UTM 48N to longitude and latitude."""
    return np.column_stack(TO_UTM.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))


def area_scale(easting: float) -> float:
    """Return m² on the plane of UTM for each m² of ground (Snyder 1987, equation 8-11)."""
    x = (easting - 500000.0) / 0.9996
    return float((0.9996 * (1 + x**2 / (2 * 6371500.0**2))) ** 2)


def thin(xy: Floats, step_m: float) -> Floats:
    """Keep the first vertex, the last, and those at least `step_m` after the one kept before."""
    kept = [xy[0]]
    for point in xy[1:-1]:
        if np.hypot(*(point - kept[-1])) >= step_m:
            kept.append(point)
    return np.array([*kept, xy[-1]])


def _coarse(lines: shapely.Geometry) -> shapely.Geometry:
    """Return lines of some 600 m a segment: for directions and rough distances."""
    parts = [part for part in shapely.get_parts(lines) if part.length > 1500]
    return shapely.multilinestrings(
        [shapely.linestrings(thin(shapely.get_coordinates(part), 600.0)) for part in parts]
    )


@dataclass(frozen=True)
class Border:
    """All border segments on the plane: exact and coarse, with and without the coast."""

    lines: Geometries
    land: Geometries
    coarse: Geometries
    coarse_land: Geometries


def make_border(border: gpd.GeoDataFrame) -> Border:
    """Return the border table's lines on the plane."""
    every = shapely.multilinestrings(
        shapely.get_parts([to_plane(line) for line in border.geometry])
    )
    land_rows = border.geometry[border["kind"] == "land"]
    land = shapely.multilinestrings(shapely.get_parts([to_plane(line) for line in land_rows]))
    return Border(*(_segments(part) for part in (every, land, _coarse(every), _coarse(land))))


def _segments(lines: shapely.Geometry) -> Geometries:
    """Return the segments of lines, each a line of two vertices."""
    found = []
    for part in shapely.get_parts(lines):
        xy = shapely.get_coordinates(part)
        found.append(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))
    return np.concatenate(found)


@dataclass(frozen=True)
class District:
    """One district on the plane, with grid points inside it and their distance to the border."""

    code: str
    shape: shapely.Geometry
    limit: shapely.Geometry
    border: shapely.Geometry | None
    coarse: shapely.Geometry | None
    points: Floats
    distance_m: Floats
    spacing_m: float

    def room(self) -> float:
        """Return the part of the district that is near, 0 to 1."""
        return float(np.mean(self.distance_m < terms.THRESHOLD_M))

    def geodesic_m(self, shape: shapely.Geometry) -> float:
        """Return the distance from a shape on the plane to the border, on the ellipsoid."""
        ends = to_lonlat(shapely.get_coordinates(shapely.shortest_line(shape, self.border)))
        return float(GEOD.inv(*ends[0], *ends[1])[2])


def _clip(segments: Geometries, box: shapely.Geometry) -> shapely.Geometry | None:
    """Return the segments that touch the box, whole."""
    pieces = segments[shapely.intersects(segments, box)]
    return shapely.multilinestrings(pieces) if len(pieces) else None


def _grid(shape: shapely.Geometry, limit: shapely.Geometry, points: int) -> tuple[Floats, float]:
    """Return about so many grid points inside the shape, off its limit, and their spacing."""
    spacing = float(np.sqrt(shape.area / points))
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.arange(west, east, spacing), np.arange(south, north, spacing))
    xy = np.column_stack([x.ravel(), y.ravel()]) + spacing / 2
    xy = xy[shapely.contains_xy(shape, xy)]
    off = ~shapely.dwithin(limit, shapely.points(xy), INSET_M + 20)
    return xy[off], spacing


def make_district(code: str, polygon: shapely.Geometry, border: Border, count: int) -> District:
    """Return one district (EPSG:4326 polygon) on the plane, ready for `count` hazards."""
    shape = to_plane(polygon)
    limit = shape.boundary
    box = shapely.box(*shape.buffer(REACH_M).bounds) if shape.area else shape
    land_only = code in LAND_ONLY
    lines = _clip(border.land if land_only else border.lines, box)
    coarse = _clip(border.coarse_land if land_only else border.coarse, box)
    for geometry in (shape, limit, lines):
        if geometry is not None:
            shapely.prepare(geometry)
    points, spacing = _grid(shape, limit, max(3000, 12 * count))
    if coarse is None or lines is None:
        distance = np.full(len(points), np.inf)
    else:
        distance = shapely.distance(shapely.points(points), coarse)
    return District(code, shape, limit, lines, coarse, points, distance, spacing)
