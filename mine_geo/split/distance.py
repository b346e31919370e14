"""How far polygons are from the border: geodesic, metres on WGS 84, the nearest edge.

The search for the nearest border segment: planar to find it, geodesic to measure (metres).
A plane (UTM) finds which border segments can be the nearest, with a bound on what the variation of
its scale can hide; the geodesic on WGS 84 between the two nearest points decides.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.geo import crs
from mine_geo.geo.border import _check_places, border_lines
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import DENSIFY_DEGREES, as_given, finer_edges, line_parts, without_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]


def threads() -> int:
    """Return how many threads a computation may use: the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


CHUNK_SEGMENTS: Final = 8
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
    drawn: Objects
    """The segments as they are drawn, EPSG:4326."""
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
        lonlat, part = shapely.get_coordinates(parts, return_index=True)
        xy = np.column_stack(project.transform(lonlat[:, 0], lonlat[:, 1]))
        inside = np.flatnonzero(part[1:] == part[:-1])
        ends = np.stack([xy[inside], xy[inside + 1]], axis=1)
        chunk = np.arange(len(ends)) // CHUNK_SEGMENTS
        return cls(
            system=system,
            project=project,
            whole=shapely.multilinestrings(shapely.linestrings(xy, indices=part)),
            tree=shapely.STRtree(
                shapely.multilinestrings(shapely.linestrings(ends), indices=chunk)
            ),
            drawn=shapely.linestrings(np.stack([lonlat[inside], lonlat[inside + 1]], axis=1)),
            ends=ends,
            longest=float(np.hypot(*(ends[:, 1] - ends[:, 0]).T).max()),
            owner=line[part[inside]],
        )

    def copy(self) -> Plane:
        """Return one for a thread of its own: a prepared geometry that is shared does not scale."""
        whole = shapely.from_wkb(shapely.to_wkb(self.whole))
        shapely.prepare(whole)
        return self._replace(whole=whole, project=crs.to_plane(self.system))

    def segments_of(self, chunk: Integers) -> tuple[Integers, Integers]:
        """Return the segments of each chunk of the tree, and the place of the chunk in the list."""
        segment = (chunk[:, None] * CHUNK_SEGMENTS + np.arange(CHUNK_SEGMENTS)).ravel()
        place = np.repeat(np.arange(len(chunk)), CHUNK_SEGMENTS)
        real = segment < len(self.ends)
        return segment[real], place[real]


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
    blocks = _blocks(there, shapely.get_num_coordinates(geometries[there]))
    workers = min(threads(), len(blocks))
    planes = [plane.copy() for _ in range(workers)]
    todo = iter(blocks)  # shared: whichever thread is free takes the next
    with ThreadPoolExecutor(workers) as pool:
        for done in pool.map(lambda each: _measure(each, geometries, todo), planes):
            for block, (lengths, owner) in done:
                metres[block], line[block] = lengths, owner
    return metres, line


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
        lonlat, ring, ring_owner = _vertices(geometries)
        lonlat, source = finer_edges(lonlat, ring, DENSIFY_DEGREES)
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


def _vertices(geometries: Objects) -> tuple[Floats, Integers, Integers]:
    """Return every vertex, the ring (or line, or point) it is of, and the geometry of each ring."""
    parts, part_owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, within = shapely.get_parts(parts, return_index=True)
        part_owner = part_owner[within]
    rings, part = _rings(parts)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    return lonlat, ring, part_owner[part]


def _rings(parts: Objects) -> tuple[Objects, Integers]:
    """Return the rings of polygons, other geometries as they are, and the place each is from."""
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[polygon], return_index=True)
    if polygon.all():
        return rings, part
    place = np.concatenate([np.flatnonzero(polygon)[part], np.flatnonzero(~polygon)])
    order = np.argsort(place, kind="stable")
    return np.concatenate([rings, parts[~polygon]])[order], place[order]


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
    """Return the distance in metres and the border line of each hazard of a block."""
    outlines = _Outlines.of(hazards, plane.project)
    reach = _reach(plane, outlines)
    run, segment = _candidates(plane, outlines, reach)
    pair, ends = _shortest(plane, outlines, run, segment, reach)
    lonlat = np.column_stack(plane.project.transform(ends[:, 0], ends[:, 1], direction="INVERSE"))
    touching, there = _touching(plane, hazards, outlines)
    metres = np.append(crs.geodesic_m(lonlat[0::2], lonlat[1::2]), np.zeros(len(touching)))
    hazard = np.append(outlines.hazard[run[pair]], touching)
    segment = np.append(segment[pair], there)
    order = np.lexsort((segment, metres, hazard))
    best = order[np.unique(hazard[order], return_index=True)[1]]
    return metres[best], plane.owner[segment[best]]


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
    segment, place = plane.segments_of(chunk)
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


def _touching(plane: Plane, hazards: Objects, outlines: _Outlines) -> tuple[Integers, Integers]:
    """Return the pairs of hazard and segment that meet: it crosses the rim, or lies within.

    Asked of both as they are drawn, where a valid polygon is sure to be one: projected, a spike
    may cross itself.
    """
    low = np.minimum.reduceat(outlines.bounds[:, :2], outlines.first) - TOUCH_M
    high = np.maximum.reduceat(outlines.bounds[:, 2:], outlines.first) + TOUCH_M
    hazard, chunk = plane.tree.query(shapely.box(*low.T, *high.T))
    segment, place = plane.segments_of(chunk)
    hazard = hazard[place]
    ends = plane.ends[segment]
    meet = (ends.min(axis=1) <= high[hazard]) & (ends.max(axis=1) >= low[hazard])
    pair = np.flatnonzero(meet[:, 0] & meet[:, 1])
    if not len(pair):
        return hazard[pair], segment[pair]
    hazard, segment = hazard[pair], segment[pair]
    there, place = np.unique(hazard, return_inverse=True)
    drawn = shapely.force_2d(without_empty(hazards[there])[0])  # new ones, to be prepared
    shapely.prepare(drawn)
    meet = shapely.intersects(drawn[place], plane.drawn[segment])
    return hazard[meet], segment[meet]


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


def border_distance(
    hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, include_coast: bool = False
) -> pd.Series[float]:
    """Geodesic distance in metres from the nearest edge of each polygon to the border.

    Right to 0.05 m. See `border_nearest` for the method.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326 (any GeoDataFrame or GeoSeries).
    border
        Border lines, as from `read_border`.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.Series
        `border_distance_m`, on the index of `hazards`; 0 where polygon and border touch, NaN for
        a missing or empty geometry.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> border = read_border(sample.path("border"))
    >>> field = gpd.GeoSeries([shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> border_distance(field, border).round(1).tolist()
    [50973.4]
    """
    return border_nearest(hazards, border, include_coast=include_coast)["border_distance_m"]


def border_nearest(
    hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, include_coast: bool = False
) -> pd.DataFrame:
    """Distance to the border and the neighbour there, for each polygon.

    The planar nearest distance in the UTM zone of the border bounds the search; each border
    segment that the variation of the UTM scale (k = 1 + x²/2R², Snyder 1987, section 8) could make
    the nearest is then measured by the geodesic between the two nearest points (Karney 2013,
    GeographicLib through PROJ). Edges are straight in longitude / latitude.

    Returns
    -------
    pandas.DataFrame
        `border_distance_m` (float, metres) and `neighbour` (THA, LAO, VNM; null at the coast), on
        the index of `hazards`.

    Raises
    ------
    CRSError
        If `hazards` is not in EPSG:4326.
    GeometryError
        If no border line is left to measure to, or a place is not in longitude / latitude or more
        than 10 degrees of longitude from the middle of the border, where its plane is no use.
    """
    require_lonlat(hazards, "hazards")
    lines = border_lines(border, include_coast=include_coast)
    geometries = as_given(hazards)
    _check_places(geometries, hazards, lines)
    metres, line = nearest(geometries, lines)
    names = np.array([*lines["neighbour"], None], dtype=object)
    return pd.DataFrame(
        {"border_distance_m": metres, "neighbour": names[line]}, index=hazards.index
    )
