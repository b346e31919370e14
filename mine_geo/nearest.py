"""The search for the nearest border segment: planar to find it, geodesic to measure (metres).

A plane (UTM) finds which border segments can be the nearest, with a bound on what the variation of
its scale can hide; the geodesic on WGS 84 between the two nearest points decides.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from mine_geo import crs, settings
from mine_geo.geometry import densify, line_parts

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

CHUNK_SEGMENTS: Final = 8
BLOCK: Final = 4096
EARTH_M: Final = 6_371_000.0
CENTRAL_X_M: Final = 500_000.0
TOUCH_M: Final = 1e-6
MARGIN: Final = 1.1
"""What the bounds on the scale are multiplied by, for its terms of fourth order and the mean R."""
NOT_WORTH_M: Final = 0.02
"""A hazard whose own width can hide no more than this is not searched edge by edge."""


class Plane(NamedTuple):
    """The border in a plane: one prepared whole, its chunks in a tree, its segments."""

    system: pyproj.CRS
    project: pyproj.Transformer
    whole: Any
    tree: shapely.STRtree
    segments: Objects
    ends: Floats
    longest: float
    owner: Integers

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame) -> Plane:
        """Project border lines (EPSG:4326) to the UTM zone of their middle."""
        west, south, east, north = lines.total_bounds
        system = crs.utm_zone((west + east) / 2, (south + north) / 2)
        project = crs.to_plane(system)
        parts, line = line_parts(lines)
        flat = transform(parts, project)
        xy, part = shapely.get_coordinates(flat, return_index=True)
        inside = np.flatnonzero(part[1:] == part[:-1])
        ends = np.stack([xy[inside], xy[inside + 1]], axis=1)
        segments = shapely.linestrings(ends)
        chunk = np.arange(len(segments)) // CHUNK_SEGMENTS
        return cls(
            system=system,
            project=project,
            whole=shapely.multilinestrings(flat),
            tree=shapely.STRtree(shapely.multilinestrings(segments, indices=chunk)),
            segments=segments,
            ends=ends,
            longest=float(shapely.length(segments).max()),
            owner=line[part[inside]],
        )

    def copy(self) -> Plane:
        """Return one for a thread of its own: a prepared geometry that is shared does not scale."""
        whole = shapely.from_wkb(shapely.to_wkb(self.whole))
        shapely.prepare(whole)
        return self._replace(whole=whole, project=crs.to_plane(self.system))


def transform(geometries: Objects, transformer: pyproj.Transformer) -> Objects:
    """Return the geometries, without a third dimension, with their vertices projected."""
    flat: Objects = shapely.force_2d(geometries) if shapely.has_z(geometries).any() else geometries
    xy = shapely.get_coordinates(flat)
    moved = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    return shapely.set_coordinates(flat.copy(), moved)


def nearest(geometries: Objects, lines: gpd.GeoDataFrame) -> tuple[Floats, Integers]:
    """Measure from each geometry to the nearest of some lines, all in EPSG:4326.

    Returns
    -------
    tuple
        Metres (NaN for a missing or empty geometry) and the place of the nearest line (then -1).
    """
    metres = np.full(len(geometries), np.nan)
    line = np.full(len(geometries), -1)
    there = np.flatnonzero(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    if not len(there):
        return metres, line
    # Neighbours one after another find the same part of the border still in the cache.
    there = there[np.argsort(gpd.GeoSeries(geometries[there]).hilbert_distance().to_numpy())]
    plane = Plane.of(lines)
    blocks = [there[start : start + BLOCK] for start in range(0, len(there), BLOCK)]
    workers = min(settings.threads(), len(blocks))
    shares = [blocks[worker::workers] for worker in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for done in pool.map(lambda share: _measure(plane.copy(), geometries, share), shares):
            for block, (lengths, owner) in done:
                metres[block], line[block] = lengths, owner
    return metres, line


def _measure(
    plane: Plane, geometries: Objects, blocks: list[Integers]
) -> list[tuple[Integers, tuple[Floats, Integers]]]:
    return [(block, _measure_block(plane, geometries[block])) for block in blocks]


def _measure_block(plane: Plane, hazards: Objects) -> tuple[Floats, Integers]:
    """Return the distance in metres and the border line of each hazard of a block."""
    flat = transform(densify(hazards), plane.project)
    first = shapely.shortest_line(plane.whole, flat)
    hazard, segment, known = _candidates(plane, flat, first)
    pairs = shapely.reverse(first)[hazard]
    # A prepared line knows the rims of polygons only: a segment may lie within one.
    again = ~known | _in_box(plane.ends[segment, 0], shapely.bounds(flat)[hazard])
    pairs[again] = shapely.shortest_line(flat[hazard[again]], plane.segments[segment[again]])
    hazard, segment, pairs = _with_rivals(plane, flat, hazard, segment, pairs)
    ends = shapely.get_coordinates(pairs)
    lonlat = np.column_stack(plane.project.transform(ends[:, 0], ends[:, 1], direction="INVERSE"))
    metres = crs.geodesic_m(lonlat[0::2], lonlat[1::2])
    metres[shapely.length(pairs) == 0] = 0.0
    order = np.lexsort((segment, metres, hazard))
    best = order[np.unique(hazard[order], return_index=True)[1]]
    return metres[best], plane.owner[segment[best]]


def _reach(flat: Objects, first: Objects) -> Floats:
    """Return the planar distance within which the geodesically nearest segment must lie.

    The scale is k = 0.9996 (1 + x²/2R²) at x metres from the central meridian (Snyder 1987,
    section 8), so its mean from x0 to x1 has (x0² + x0 x1 + x1²)/6R². A segment at planar distance
    d has a geodesic distance of d over the mean scale on the way; so none beyond d times (largest
    mean scale / scale of the first find) can be nearer.
    """
    ends = shapely.get_coordinates(first).reshape(-1, 2, 2)
    planar = shapely.length(first)
    x0, x1 = (ends[:, side, 0] - CENTRAL_X_M for side in (0, 1))
    bounds = shapely.bounds(flat)
    x = np.abs(bounds[:, [0, 2]] - CENTRAL_X_M).max(axis=1)
    found = x0 * x0 + x0 * x1 + x1 * x1
    largest = 3 * x * x + 3 * x * planar + planar * planar
    excess = (largest - found) / (6 * EARTH_M**2)
    reach: Floats = planar * (1 + MARGIN * excess + 1e-7) + TOUCH_M
    return reach


def _candidates(
    plane: Plane, flat: Objects, first: Objects
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return the pairs of hazard and border segment within reach, and which of them `first` is.

    By the circle about each hazard to chunks of the border, to their segments, then exactly. Of
    the segments that meet where `first` ends only one is needed: the end is nearest in all.
    """
    reach = _reach(flat, first)
    bounds = shapely.bounds(flat)
    centre = (bounds[:, :2] + bounds[:, 2:]) / 2
    circle = reach + np.hypot(*(bounds[:, 2:] - centre).T)
    hazard, chunk = plane.tree.query(shapely.points(centre), predicate="dwithin", distance=circle)
    segment = (chunk[:, None] * CHUNK_SEGMENTS + np.arange(CHUNK_SEGMENTS)).ravel()
    hazard = np.repeat(hazard, CHUNK_SEGMENTS)
    real = segment < len(plane.segments)
    hazard, segment = hazard[real], segment[real]
    near = _from_segment(centre[hazard], plane.ends[segment]) <= circle[hazard] + TOUCH_M
    hazard, segment = hazard[near], segment[near]
    foot = shapely.get_coordinates(first)[0::2]
    known = _from_segment(foot[hazard], plane.ends[segment]) <= TOUCH_M
    order = np.lexsort((segment, hazard))
    order = order[known[order]]
    one = order[np.unique(hazard[order], return_index=True)[1]]
    other = np.flatnonzero(~known)
    polygons, segments = flat[hazard[other]], plane.segments[segment[other]]
    other = other[shapely.dwithin(polygons, segments, reach[hazard[other]])]
    kept = np.concatenate([one, other])
    return hazard[kept], segment[kept], known[kept]


def _in_box(points: Floats, bounds: Floats) -> NDArray[np.bool_]:
    inside = (points >= bounds[:, :2]) & (points <= bounds[:, 2:])
    return inside[:, 0] & inside[:, 1]


def _from_segment(points: Floats, ends: Floats) -> Floats:
    """Return the planar distance of each point from its segment."""
    x, y = (points - ends[:, 0]).T
    east, north = (ends[:, 1] - ends[:, 0]).T
    square = east * east + north * north
    along = (x * east + y * north) / np.where(square > 0, square, 1)
    along = np.clip(along, 0, 1)
    distance: Floats = np.hypot(x - along * east, y - along * north)
    return distance


def _with_rivals(
    plane: Plane, flat: Objects, hazard: Integers, segment: Integers, pairs: Objects
) -> tuple[Integers, Integers, Objects]:
    """Add, to the nearest point of a hazard to a segment, its other edges that can be nearer.

    Between points of one hazard (w wide) and of one segment (l long) the mean scale differs by
    less than (3x (w + l) + (w + l)²)/6R². The segment lies beyond the line through its nearest
    point, square to the shortest line; so only an edge with an end beyond the parallel to that
    line, by no less than this slack, can hold a point that is geodesically nearer.
    """
    ends = shapely.get_coordinates(pairs).reshape(-1, 2, 2)
    way = ends[:, 1] - ends[:, 0]
    planar = np.hypot(*way.T)
    bounds = shapely.bounds(flat)[hazard]
    width = np.hypot(*(bounds[:, 2:] - bounds[:, :2]).T) + plane.longest
    x = np.abs(ends[:, :, 0] - CENTRAL_X_M).max(axis=1) + width
    slack = MARGIN * planar * (3 * x * width + width * width) / (6 * EARTH_M**2)
    wide = np.flatnonzero(slack > NOT_WORTH_M)
    xy, owner = shapely.get_coordinates(flat[hazard[wide]], return_index=True)
    pair = wide[owner]
    ahead = ((xy - ends[pair, 0]) * way[pair]).sum(axis=1) >= -slack[pair] * planar[pair]
    rivals = wide[np.bincount(owner[ahead], minlength=len(wide)) > 1]
    if not len(rivals):
        return hazard, segment, pairs
    parts, part_of = shapely.get_parts(flat[hazard[rivals]], return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    pair = rivals[part_of[ring_of[ring]]]
    ahead = ((xy - ends[pair, 0]) * way[pair]).sum(axis=1) >= -slack[pair] * planar[pair]
    start = np.flatnonzero((ring[1:] == ring[:-1]) & (ahead[1:] | ahead[:-1]))
    edges = shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1))
    pair = pair[start]
    more = shapely.shortest_line(edges, plane.segments[segment[pair]])
    return (
        np.concatenate([hazard, hazard[pair]]),
        np.concatenate([segment, segment[pair]]),
        np.concatenate([pairs, more]),
    )
