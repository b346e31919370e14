"""The near zone as a polygon: all that lies nearer to the border than the threshold (metres)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely

from mine_geo.geo.border import border_lines
from mine_geo.geo.geometry import as_geometries, densify, line_parts
from mine_geo.split.engines import threads
from mine_geo.terms import THRESHOLD_M

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
    return NearZone(border, include_coast=include_coast).whole(threshold_m, around=around)


class NearZone:
    """The near zone of a border at any threshold, made piece by piece where it is asked for.

    A piece is all that lies within the threshold of those segments of the border whose middle is
    in one tile. It depends on the border and the threshold alone, and what a hazard is cut by on
    the pieces that it meets: so a hazard is cut alike by itself, in a batch and among thousands.
    Pieces are kept as long as this object is, so that several readings of one border share them.

    Parameters
    ----------
    border
        Border lines in EPSG:4326.
    include_coast
        Hold the coast too; a reading may still leave it out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.geo.border import to_border
    >>> line = shapely.LineString([(103, 13), (103.2, 13)])
    >>> border = to_border(gpd.GeoDataFrame({"kind": ["land"]}, geometry=[line], crs=4326))
    >>> fields = shapely.box(103.1, [13.01, 13.06, 13.2], 103.11, [13.02, 13.07, 13.21])
    >>> inside, wholly = NearZone(border).inside(fields, 7000)
    >>> wholly.tolist(), (shapely.area(inside) / shapely.area(fields)).round(2).tolist()
    ([True, False, False], [1.0, 0.33, 0.0])
    """

    def __init__(self, border: gpd.GeoDataFrame, *, include_coast: bool = False) -> None:
        lines = border_lines(border, include_coast=include_coast)
        parts, line = line_parts(lines)
        xy, part = shapely.get_coordinates(parts, return_index=True)
        inside = np.flatnonzero(part[1:] == part[:-1])
        ends = np.stack([xy[inside], xy[inside + 1]], axis=1)
        self._coast = (lines["kind"] == "coast").to_numpy()[line[part[inside]]]
        self._segments = shapely.linestrings(ends)
        self._tree = shapely.STRtree(self._segments)
        tiles, tile_of = np.unique(
            np.floor(ends.mean(axis=1) / TILE_DEGREES).astype(int), axis=0, return_inverse=True
        )
        self._tiles, self._tile_of = tiles, tile_of.ravel()
        self._has_coast = np.bincount(self._tile_of, self._coast, len(tiles)) > 0
        self._made: dict[tuple[int, float, bool], shapely.Geometry] = {}

    def whole(
        self, threshold_m: float, *, include_coast: bool = True, around: Any = None
    ) -> shapely.Geometry:
        """Return the zone as one polygon in EPSG:4326; see `near_zone`.

        Parameters
        ----------
        threshold_m
            The distance, metres.
        include_coast
            Count the coast too, where this holds it.
        around
            Geometries in EPSG:4326: only the pieces that can touch them are made.
        """
        reach = None if around is None else as_geometries(around)
        pieces = self._pieces(threshold_m, reach, include_coast=include_coast)
        return shapely.union_all(pieces) if len(pieces) else shapely.Polygon()

    def inside(
        self, geometries: NDArray[np.object_], threshold_m: float, *, include_coast: bool = True
    ) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
        """Cut polygons at the threshold.

        Parameters
        ----------
        geometries
            Valid polygons in EPSG:4326.
        threshold_m
            The distance, metres.
        include_coast
            Count the coast too, where this holds it.

        Returns
        -------
        tuple
            What of each polygon lies in the zone (empty where nothing does), and whether all of
            it does: then it is the polygon itself.
        """
        found = np.full(len(geometries), shapely.Polygon(), dtype=object)
        wholly = np.zeros(len(geometries), dtype=bool)
        pieces = self._pieces(threshold_m, geometries, include_coast=include_coast)
        if not len(pieces):
            return found, wholly
        shapely.prepare(pieces)
        place, piece = shapely.STRtree(pieces).query(geometries)
        meet = shapely.intersects(pieces[piece], geometries[place])
        place, piece = place[meet], piece[meet]
        # Hazards that meet the same pieces are cut by the union of just these: what else there
        # is of the zone has no say in it.
        met: dict[int, list[int]] = {}
        for one, of in sorted(zip(place.tolist(), piece.tolist(), strict=True)):
            met.setdefault(one, []).append(of)
        together: dict[tuple[int, ...], list[int]] = {}
        for one, all_of in met.items():
            together.setdefault(tuple(all_of), []).append(one)
        for these, members in together.items():
            zone = shapely.union_all(pieces[list(these)])
            shapely.prepare(zone)
            whole = shapely.contains_properly(zone, geometries[members])
            wholly[members] = whole
            found[members] = np.where(
                whole, geometries[members], shapely.intersection(geometries[members], zone)
            )
        return found, wholly

    def _pieces(
        self, threshold_m: float, around: NDArray[np.object_] | None, *, include_coast: bool
    ) -> NDArray[np.object_]:
        """Return the pieces of the zone that can touch some geometries, by order of tiles."""
        counted = ~self._coast | include_coast
        if around is not None:
            counted &= _within_reach(self._tree, around, threshold_m, len(self._segments))
        wanted = np.unique(self._tile_of[counted])
        # A tile without coast has one piece, whether the coast counts or not.
        keys = [
            (int(tile), threshold_m, include_coast and bool(self._has_coast[tile]))
            for tile in wanted
        ]
        missing = [key for key in keys if key not in self._made]
        with ThreadPoolExecutor(threads()) as pool:
            self._made.update(zip(missing, pool.map(self._piece, missing), strict=True))
        return np.array([self._made[key] for key in keys], dtype=object)

    def _piece(self, key: tuple[int, float, bool]) -> shapely.Geometry:
        tile, threshold_m, coast = key
        its = (self._tile_of == tile) & (~self._coast | coast)
        return _buffer(self._segments[its], self._tiles[tile], threshold_m)


def _within_reach(
    tree: shapely.STRtree, around: NDArray[np.object_], threshold_m: float, segments: int
) -> NDArray[np.bool_]:
    """Say which segments are near enough to any geometry, by boxes in degrees, never too few."""
    west, south, east, north = shapely.bounds(around).T
    north_most = np.nanmax(np.abs(np.concatenate([south, north])), initial=0)
    margin = threshold_m / METRES_PER_DEGREE / np.cos(np.radians(min(north_most + 1, 89)))
    boxes = shapely.box(west - margin, south - margin, east + margin, north + margin)
    near = np.zeros(segments, dtype=bool)
    near[tree.query(boxes[~shapely.is_empty(boxes)])[1]] = True
    return near


def _buffer(
    segments: NDArray[np.object_], tile: NDArray[np.int_], threshold_m: float
) -> shapely.Geometry:
    """Buffer the segments of a tile in its own plane and return the result in EPSG:4326."""
    lon, lat = (tile + 0.5) * TILE_DEGREES
    # As steps: between two systems PROJ would first look through its database for a way, the same
    # one to the bit, and take longer than for all that is projected here.
    project = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=aeqd +lat_0={lat} +lon_0={lon} +ellps=WGS84"
    )
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
