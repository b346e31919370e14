"""The engine in a plane, by NumPy and GEOS: where no kernel is built, and an oracle for it.

Metres on WGS 84, EPSG:4326. A plane (the UTM zone of the border's middle) finds which border
segments can be the nearest, with a bound on what the variation of its scale (k = 1 + x²/2R², Snyder
1987, section 8) can hide; the geodesic (Karney 2013, GeographicLib through PROJ) between the two
nearest points decides. Right to 0.05 m up to 10 degrees of longitude from the middle.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from mine_geo.geo import crs
from mine_geo.geo.geometry import DENSIFY_DEGREES, Rings, finer_edges, in_blocks
from mine_geo.split.segments import CHUNK, Segments

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]


BLOCK: Final = 1024
BLOCK_VERTICES: Final = 1 << 18
"""The most vertices of hazards that are measured at once; a single hazard may have more."""
RUN: Final = 256
"""The most edges of an outline that are measured as one; of longer ones each run is by itself."""
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
    segments: Segments
    ends: Floats
    longest: float

    @classmethod
    def of(cls, segments: Segments) -> Plane:
        """Project border segments (EPSG:4326) to the UTM zone of their middle."""
        lonlat = segments.lonlat
        west, south = lonlat.min(axis=(0, 1))
        east, north = lonlat.max(axis=(0, 1))
        system = crs.utm_zone((west + east) / 2, (south + north) / 2)
        project = crs.to_plane(system)
        ends = np.stack(project.transform(lonlat[..., 0], lonlat[..., 1]), axis=-1)
        lines = shapely.linestrings(ends)
        chunk = np.arange(len(ends)) // CHUNK
        return cls(
            system=system,
            project=project,
            whole=shapely.multilinestrings(lines),
            tree=shapely.STRtree(shapely.multilinestrings(lines, indices=chunk)),
            segments=segments,
            ends=ends,
            longest=float(np.hypot(*(ends[:, 1] - ends[:, 0]).T).max()),
        )

    def copy(self) -> Plane:
        """Return one for a thread of its own: a prepared geometry that is shared does not scale."""
        whole = shapely.from_wkb(shapely.to_wkb(self.whole))
        shapely.prepare(whole)
        return self._replace(whole=whole, project=crs.to_plane(self.system))


def nearest(
    geometries: Objects, lines: gpd.GeoDataFrame, *, window: tuple[float, float], workers: int
) -> tuple[Floats, Integers]:
    """Measure from each geometry to the nearest of some lines, all in EPSG:4326.

    As `kernel.nearest`, whose answer it is within 5 mm.
    """
    metres = np.full(len(geometries), np.nan)
    line = np.full(len(geometries), -1)
    there = np.flatnonzero(_measurable(geometries, window))
    if not len(there):
        return metres, line
    # Neighbours one after another find the same part of the border still in the cache.
    there = there[np.argsort(gpd.GeoSeries(geometries[there]).hilbert_distance().to_numpy())]
    segments = Segments(lines)
    plane = Plane.of(segments)
    blocks = _blocks(there, shapely.get_num_coordinates(geometries[there]))
    workers = min(workers, len(blocks))
    planes = [plane.copy() for _ in range(workers)]
    todo = iter(blocks)  # shared: whichever thread is free takes the next
    with ThreadPoolExecutor(workers) as pool:
        for done in pool.map(lambda each: _measure(each, geometries, todo), planes):
            for block, (lengths, number) in done:
                metres[block], line[block] = lengths, segments.line[number]
    return metres, line


def _measurable(geometries: Objects, window: tuple[float, float]) -> NDArray[np.bool_]:
    """Return which geometries have vertices, all of them places between two longitudes."""
    measurable = shapely.get_num_coordinates(geometries) > 0
    for block in in_blocks(len(geometries)):
        xy, owner = shapely.get_coordinates(geometries[block], return_index=True)
        lon, lat = xy.T
        fine = (lon >= window[0]) & (lon <= window[1]) & (np.abs(lat) <= 90)
        measurable[block][owner[~fine]] = False
    return measurable


def _measure(
    plane: Plane, geometries: Objects, blocks: Iterator[Integers]
) -> list[tuple[Integers, tuple[Floats, Integers]]]:
    return [(block, _measure_block(plane, geometries[block])) for block in blocks]


def _blocks(there: Integers, vertices: Integers) -> list[Integers]:
    """Return the hazards in blocks that a thread takes at once."""
    before = np.cumsum(vertices) - vertices
    block = np.arange(len(there)) // BLOCK + before // BLOCK_VERTICES
    return np.split(there, np.flatnonzero(np.diff(block)) + 1)


class _Outlines(NamedTuple):
    """The outlines of a block of hazards in the plane, no edge longer than `densify` leaves.

    An outline is one run of vertices, or several where it has more than `RUN`, each measured by
    itself: what a run costs grows with the square of its length. The vertex where a run is cut
    stands in both.
    """

    hazard: Integers
    """The hazard that each run is of."""
    xy: Floats
    start: Integers
    vertices: Integers
    """Of each run: its first vertex, and how many it has."""
    has_edge: NDArray[np.bool_]
    """Whether an edge leads from a vertex to the next one."""
    closes: NDArray[np.bool_]
    """Whether a vertex is the first of its ring once more."""
    bounds: Floats
    middle: Floats
    points: Objects
    """The middle of the bounds of each run, as points."""

    @classmethod
    def of(cls, geometries: Objects, project: pyproj.Transformer) -> _Outlines:
        rings = Rings.of(geometries)
        ring = np.repeat(np.arange(len(rings.vertex) - 1), np.diff(rings.vertex))
        ring_owner = np.repeat(np.arange(len(geometries)), np.diff(rings.ring))
        lonlat, source = finer_edges(rings.xy, ring, DENSIFY_DEGREES)
        ring = ring[source]
        leads = np.append(ring[1:] == ring[:-1], False)
        last = np.flatnonzero(~leads)
        first = np.append(0, last[:-1] + 1)
        closes = np.zeros(len(lonlat), dtype=bool)
        closes[last] = (first < last) & (lonlat[first] == lonlat[last]).all(axis=1)
        copied, leads, closes, start = _in_runs(ring_owner[ring], leads, closes)
        lonlat, hazard = lonlat[copied], ring_owner[ring[copied[start]]]
        xy = np.column_stack(project.transform(lonlat[:, 0], lonlat[:, 1]))
        low, high = np.minimum.reduceat(xy, start), np.maximum.reduceat(xy, start)
        middle = (low + high) / 2
        return cls(
            hazard=hazard,
            xy=xy,
            start=start,
            vertices=np.diff(start, append=len(xy)),
            has_edge=leads,
            closes=closes,
            bounds=np.hstack([low, high]),
            middle=middle,
            points=shapely.points(middle),
        )

    @property
    def first(self) -> Integers:
        """The first run of each hazard."""
        return np.flatnonzero(np.append(True, self.hazard[1:] != self.hazard[:-1]))

    def expand(self, hazard: Integers) -> tuple[Integers, Integers]:
        """Return, for a list of hazards, the place in it and the vertex, of every vertex."""
        count = self.vertices[hazard]
        place = np.repeat(np.arange(len(hazard)), count)
        first = self.start[hazard] - (np.cumsum(count) - count)
        return place, np.arange(len(place)) + first[place]


def _in_runs(
    hazard: Integers, leads: NDArray[np.bool_], closes: NDArray[np.bool_]
) -> tuple[Integers, NDArray[np.bool_], NDArray[np.bool_], Integers]:
    """Cut the vertices of each hazard into runs of at most `RUN` edges.

    Returns
    -------
    tuple
        The vertices in order, one twice where a run is cut within a ring; whether an edge leads
        on; whether it closes a ring; and where each run begins.
    """
    count = np.bincount(hazard)
    begin = np.flatnonzero(np.append(True, hazard[1:] != hazard[:-1]))
    if count.max() <= RUN:
        return np.arange(len(hazard)), leads, closes, begin
    number = np.arange(len(hazard)) - np.repeat(begin, count[count > 0])
    starts = number % RUN == 0
    twice = starts & np.append(False, leads[:-1])
    copied = np.repeat(np.arange(len(hazard)), 1 + twice)
    second = np.append(False, copied[1:] == copied[:-1])
    ends = np.append(second[1:], False)
    begins = second | (starts[copied] & ~twice[copied])
    return copied, leads[copied] & ~ends, closes[copied] & ~second, np.flatnonzero(begins)


def _measure_block(plane: Plane, hazards: Objects) -> tuple[Floats, Integers]:
    """Return the distance in metres and the nearest segment of each hazard of a block."""
    outlines = _Outlines.of(hazards, plane.project)
    reach = _reach(plane, outlines)
    run, segment = _candidates(plane, outlines, reach)
    pair, ends = _shortest(plane, outlines, run, segment, reach)
    lonlat = np.column_stack(plane.project.transform(ends[:, 0], ends[:, 1], direction="INVERSE"))
    touching, there = plane.segments.meeting(hazards)
    metres = np.append(crs.geodesic_m(lonlat[0::2], lonlat[1::2]), np.zeros(len(touching)))
    hazard = np.append(outlines.hazard[run[pair]], touching)
    segment = np.append(segment[pair], there)
    order = np.lexsort((segment, metres, hazard))
    best = order[np.unique(hazard[order], return_index=True)[1]]
    return metres[best], segment[best]


def _reach(plane: Plane, outlines: _Outlines) -> Floats:
    """Return, for each run, the planar distance within which the nearest segment must lie.

    It is one distance for all runs of a hazard: of those that are no nearer, none is measured.
    A first find is the border point that is nearest to the middle of a run, and the vertex
    nearest to it. The scale is k = 0.9996 (1 + x²/2R²) at x metres from the central meridian
    (Snyder 1987, section 8), so its mean from x0 to x1 has (x0² + x0 x1 + x1²)/6R². A segment at
    planar distance d has a geodesic distance of d over the mean scale on the way; so none beyond
    d times (largest mean scale / scale of the first find) can be nearer.
    """
    foot = shapely.get_coordinates(shapely.shortest_line(plane.whole, outlines.points))[0::2]
    square = ((outlines.xy - np.repeat(foot, outlines.vertices, axis=0)) ** 2).sum(axis=1)
    nearest_in = np.minimum.reduceat(square, outlines.start)
    first = outlines.first
    least = np.minimum.reduceat(nearest_in, first)
    runs = np.flatnonzero(nearest_in == least[outlines.hazard])
    run = runs[np.searchsorted(runs, first)]
    vertices = np.flatnonzero(square == np.repeat(nearest_in, outlines.vertices))
    vertex = vertices[np.searchsorted(vertices, outlines.start[run])]
    planar = np.sqrt(least)
    x0, x1 = outlines.xy[vertex, 0] - CENTRAL_X_M, foot[run, 0] - CENTRAL_X_M
    west = np.minimum.reduceat(outlines.bounds[:, 0], first)
    east = np.maximum.reduceat(outlines.bounds[:, 2], first)
    x = np.abs(np.stack([west, east]) - CENTRAL_X_M).max(axis=0)
    found = x0 * x0 + x0 * x1 + x1 * x1
    largest = 3 * x * x + 3 * x * planar + planar * planar
    excess = (largest - found) / (6 * EARTH_M**2)
    reach: Floats = planar * (1 + MARGIN * excess + 1e-7) + TOUCH_M
    return reach[outlines.hazard]


def _candidates(plane: Plane, outlines: _Outlines, reach: Floats) -> tuple[Integers, Integers]:
    """Return the pairs of hazard and border segment that can be within reach.

    By the circle about each hazard to chunks of the border, to their segments. Then each segment
    lies beyond the line through its point nearest to the hazard's middle, square to the way
    there, so it is no nearer than that line is to what of the hazard is farthest in that direction:
    of its box first, then of its vertices.
    """
    bounds, middle = outlines.bounds, outlines.middle
    circle = reach + np.hypot(*(bounds[:, 2:] - middle).T)
    hazard, chunk = plane.tree.query(outlines.points, predicate="dwithin", distance=circle)
    segment, place = plane.segments.in_chunks(chunk)
    hazard = hazard[place]
    way, _ = _to_segment(middle[hazard], plane.ends[segment])
    length = np.hypot(*way.T)
    way /= np.where(length > 0, length, 1)[:, None]
    half = ((bounds[:, 2:] - bounds[:, :2]) / 2)[hazard]
    box = np.abs(way[:, 0]) * half[:, 0] + np.abs(way[:, 1]) * half[:, 1]
    near = length - box <= reach[hazard] + TOUCH_M
    hazard, segment, way, length = hazard[near], segment[near], way[near], length[near]
    pair, vertex = outlines.expand(hazard)
    if not len(pair):
        return hazard, segment
    off = outlines.xy[vertex] - middle[hazard][pair]
    ahead = off[:, 0] * way[pair, 0] + off[:, 1] * way[pair, 1]
    begin = np.cumsum(outlines.vertices[hazard]) - outlines.vertices[hazard]
    near = length - np.maximum.reduceat(ahead, begin) <= reach[hazard] + TOUCH_M
    return hazard[near], segment[near]


def _to_segment(points: Floats, ends: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the planar way from each point to its segment, and whether to within it."""
    off, along = points - ends[:, 0], ends[:, 1] - ends[:, 0]
    square = along[:, 0] ** 2 + along[:, 1] ** 2
    share = (off[:, 0] * along[:, 0] + off[:, 1] * along[:, 1]) / np.where(square > 0, square, 1)
    return np.clip(share, 0, 1)[:, None] * along - off, (share > 0) & (share < 1)


def _shortest(
    plane: Plane,
    outlines: _Outlines,
    hazard: Integers,
    segment: Integers,
    reach: Floats,
) -> tuple[Integers, Floats]:
    """Return the shortest planar lines of each pair that can be the geodesically shortest.

    Of two segments apart from each other one end at least is nearest; so each vertex is measured
    to the segment, and each end of the segment to the inner part of each edge.

    Between points of one hazard (w wide) and of one segment (l long) the mean scale differs by
    less than (3x (w + l) + (w + l)²)/6R²: whatever is within that share of the least is kept.

    Returns
    -------
    tuple
        The pair, and the ends of the line: on the hazard and on the border, one after the other.
    """
    pair, vertex = outlines.expand(hazard)
    edge = np.flatnonzero(outlines.has_edge[vertex])
    edges = np.stack([outlines.xy[vertex[edge]], outlines.xy[vertex[edge] + 1]], axis=1)
    edge_pair = pair[edge]
    once = ~outlines.closes[vertex]
    pair, vertices = pair[once], outlines.xy[vertex[once]]
    ways = [_to_segment(vertices, plane.ends[segment[pair]])[0]]
    starts, pairs = [vertices], [pair]
    for end in (0, 1):
        points = plane.ends[segment[edge_pair], end]
        back, within = _to_segment(points, edges)
        ways.append(-back[within])
        starts.append((points + back)[within])
        pairs.append(edge_pair[within])
    pair, start, way = np.concatenate(pairs), np.concatenate(starts), np.concatenate(ways)
    length = np.hypot(way[:, 0], way[:, 1])
    least = np.full(len(hazard), np.inf)
    np.minimum.at(least, pair, length)
    most = np.minimum(least + _slack(plane, outlines, hazard, least), reach[hazard])
    kept = length <= most[pair]
    start, way = start[kept], way[kept]
    return pair[kept], np.stack([start, start + way], axis=1).reshape(-1, 2)


def _slack(plane: Plane, outlines: _Outlines, hazard: Integers, planar: Floats) -> Floats:
    """Return by how much, in the plane, a longer line of a pair may be geodesically shorter."""
    bounds = outlines.bounds
    width = (np.hypot(*(bounds[:, 2:] - bounds[:, :2]).T) + plane.longest)[hazard]
    x = np.abs(bounds[:, [0, 2]] - CENTRAL_X_M).max(axis=1)[hazard] + planar + width
    slack = MARGIN * planar * (3 * x * width + width * width) / (6 * EARTH_M**2)
    return np.where(slack > NOT_WORTH_M, slack, TOUCH_M)
