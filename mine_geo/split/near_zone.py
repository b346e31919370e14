"""The near zone as a polygon: all that lies nearer to the border than the threshold (metres)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely

from mine_geo.geo.border import border_lines
from mine_geo.geo.geometry import as_geometries, densify, line_parts
from mine_geo.terms import CRS, THRESHOLD_M

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


TILE_DEGREES: Final = 0.5
ARC_ERROR_M: Final = 0.25
EDGE_M: Final = 1000
"""Longest edge of the zone in its plane."""
FINER: Final = 10
METRES_PER_DEGREE: Final = 110_000.0
"""A little less than a degree of latitude, so that a margin in degrees is never too small."""


def near_zone(
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    include_coast: bool = False,
    around: Any = None,
) -> shapely.Geometry:
    """Return the polygon of all places whose geodesic distance to the border is below a threshold.

    Right to 1 m for thresholds up to 50 km. Tile by tile of half a degree the border is projected
    azimuthal-equidistant about the tile's middle, where the distance between two points that lie
    b metres beside the middle is wrong by less than b²/6R² (2e-6; Snyder 1987, section 25), and
    buffered with arcs whose chords are within 0.25 m of the circle.

    Parameters
    ----------
    border
        Border lines in EPSG:4326.
    threshold_m
        The distance, metres.
    include_coast
        Count the coast as border too.
    around
        Geometries in EPSG:4326: only the zone that can touch them is made.

    Returns
    -------
    shapely.Geometry
        Polygon or multipolygon in EPSG:4326, on both sides of the border; empty where no border
        is within reach of `around`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.geo.border import to_border
    >>> line = shapely.LineString([(103, 13), (103.2, 13)])
    >>> border = to_border(gpd.GeoDataFrame({"kind": ["land"]}, geometry=[line], crs=4326))
    >>> zone = near_zone(border)
    >>> shapely.contains_xy(zone, 103.1, [13.0632, 13.0634]).tolist()
    [True, False]
    """
    lines = border_lines(border, include_coast=include_coast)
    parts, _ = line_parts(lines)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    inside = np.flatnonzero(part[1:] == part[:-1])
    ends = np.stack([xy[inside], xy[inside + 1]], axis=1)
    segments = shapely.linestrings(ends)
    if around is not None:
        kept = _within_reach(segments, as_geometries(around), threshold_m)
        ends, segments = ends[kept], segments[kept]
    tiles = np.floor(ends.mean(axis=1) / TILE_DEGREES).astype(int)
    pieces = [
        _buffer(segments[(tiles == tile).all(axis=1)], tile, threshold_m)
        for tile in np.unique(tiles, axis=0)
    ]
    return shapely.union_all(pieces) if pieces else shapely.Polygon()


def _within_reach(
    segments: NDArray[np.object_], around: NDArray[np.object_], threshold_m: float
) -> NDArray[np.intp]:
    """Return the segments near enough to any geometry, by boxes in degrees, never too few."""
    west, south, east, north = shapely.bounds(around).T
    north_most = np.nanmax(np.abs(np.concatenate([south, north])))
    margin = threshold_m / METRES_PER_DEGREE / np.cos(np.radians(min(north_most + 1, 89)))
    boxes = shapely.box(west - margin, south - margin, east + margin, north + margin)
    return np.unique(shapely.STRtree(segments).query(boxes[~shapely.is_empty(boxes)])[1])


def _buffer(
    segments: NDArray[np.object_], tile: NDArray[np.int_], threshold_m: float
) -> shapely.Geometry:
    """Buffer the segments of a tile in its own plane and return the result in EPSG:4326."""
    lon, lat = (tile + 0.5) * TILE_DEGREES
    plane = pyproj.CRS.from_proj4(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m")
    project = pyproj.Transformer.from_crs(CRS, plane, always_xy=True)
    flat = shapely.transform(
        shapely.line_merge(shapely.multilinestrings(segments)),
        lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1])),
    )
    arcs = int(np.ceil(np.pi / 2 * np.sqrt(threshold_m / (8 * ARC_ERROR_M)))) + 1
    grown = _trued(shapely.buffer(flat, threshold_m, quad_segs=arcs), flat, threshold_m)
    grown = densify([grown], EDGE_M)[0]
    return shapely.transform(
        grown,
        lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1], direction="INVERSE")),
    )


def _trued(grown: shapely.Geometry, flat: Any, threshold_m: float) -> shapely.Geometry:
    """Return a buffer whose rim has been drawn in to the threshold where it is farther out.

    GEOS first straightens bays of the line that are shallow against the distance
    (`BufferInputLineSimplifier`): 4 m too far out were measured at 7 and 50 km. A place
    of the rim moves along its shortest line, on which the nearest point of the border stays the
    same; so it ends exactly at the threshold.
    """
    shapely.prepare(flat)
    step = np.sqrt(2 * threshold_m * ARC_ERROR_M / 2)
    rings = []
    for ring in shapely.get_rings(shapely.get_parts(grown)):
        xy = shapely.get_coordinates(densify([ring], step))
        out = _too_far(xy, flat, threshold_m)
        if out.any():
            xy = _finer(xy, out[1:] | out[:-1], FINER)
            fine = shapely.linearrings(_drawn_in(xy, flat, threshold_m))
            rings.append(shapely.simplify(fine, ARC_ERROR_M / 5))
        else:
            rings.append(ring)
    faces = shapely.polygons(np.array(rings, dtype=object))
    owner = shapely.get_rings(shapely.get_parts(grown), return_index=True)[1]
    shells = np.concatenate([[True], owner[1:] != owner[:-1]])
    whole = shapely.union_all(shapely.make_valid(faces[shells]))
    return shapely.difference(whole, shapely.union_all(shapely.make_valid(faces[~shells])))


def _too_far(xy: NDArray[np.float64], flat: Any, threshold_m: float) -> NDArray[np.bool_]:
    far: NDArray[np.bool_] = ~shapely.dwithin(
        flat, shapely.points(xy), threshold_m + ARC_ERROR_M / 5
    )
    return far


def _finer(xy: NDArray[np.float64], edges: NDArray[np.bool_], times: int) -> NDArray[np.float64]:
    """Return a chain of places with some of its edges divided."""
    pieces = np.where(edges, times, 1)
    edge = np.repeat(np.arange(len(edges)), pieces)
    part = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    way = (part / pieces[edge])[:, None]
    return np.vstack([xy[edge] + way * (xy[edge + 1] - xy[edge]), xy[-1:]])


def _drawn_in(xy: NDArray[np.float64], flat: Any, threshold_m: float) -> NDArray[np.float64]:
    """Return places moved towards their nearest point of the line until they are near enough."""
    out = _too_far(xy, flat, threshold_m)
    ends = shapely.get_coordinates(shapely.shortest_line(flat, shapely.points(xy[out])))
    foot, way = ends[0::2], ends[1::2] - ends[0::2]
    moved = xy.copy()
    moved[out] = foot + way * (threshold_m / np.hypot(*way.T))[:, None]
    return moved
