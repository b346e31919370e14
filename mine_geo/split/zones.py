"""The 7 km split: how far each hazard is from the border, and in which zone it counts.

Frame in, frame out; metres and m² on the WGS 84 ellipsoid; geometries in EPSG:4326. `near_zone`
gives the near zone as a polygon: all that lies nearer to the border than the threshold. Maps and
bounds are drawn with it; a hazard's zone is decided by its distance (`border_split`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from mine_geo.errors import GeometryError, OptionError, OutsideError, RecordError, choose, some
from mine_geo.geo import crs
from mine_geo.geo.border import border_lines, far_off
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import (
    EMPTY_PART,
    as_geometries,
    as_given,
    densify,
    exact_size_m2,
    find_faults,
    line_segments,
    size_m2,
    without_empty,
)
from mine_geo.split.distance import border_distance, border_nearest
from mine_geo.split.engines import threads
from mine_geo.terms import CRS, RULES, THRESHOLD_M

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mine_geo.terms import Rule

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


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

    Raises
    ------
    CRSError
        If the border is not in EPSG:4326.
    GeometryError
        If no border line is left to measure to.

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
        ends, line, _ = line_segments(lines)
        self._coast = (lines["kind"] == "coast").to_numpy()[line]
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


CUTTING: Final = ("majority", "area")
OnOutside = Literal["raise", "keep"]
ON_OUTSIDE: Final = ("raise", "keep")
FOOT_M: Final = 1.0
"""How far from the border line, beyond its accuracy, the country's outline may be."""
DEGREE_M: Final = 111_700.0
"""A little more than any degree of latitude or longitude, so that a length is never too short."""


def border_split(
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    rule: Rule = "edge",
    include_coast: bool = False,
    country: Any = None,
    on_outside: OnOutside = "raise",
    distances: pd.DataFrame | None = None,
    zones: NearZone | None = None,
) -> gpd.GeoDataFrame:
    """Say for each hazard how far it is from the border and how much of it lies near and far.

    Parameters
    ----------
    hazards
        Hazard table in EPSG:4326.
    border
        Border lines in EPSG:4326, as from `read_border`.
    threshold_m
        Hazards nearer than this, unrounded, are near; exactly at it they are far. Metres.
    rule
        Which distance decides, and what of the size counts where:

        - `edge`: that of the nearest edge; the whole hazard counts in its zone;
        - `centroid`: that of the centroid; the whole hazard counts in its zone;
        - `majority`: the hazard is cut at the threshold; the whole counts in the zone of its
          larger part, near if both are equal;
        - `area`: the hazard is cut, right to 1 m, and each part counts in its own zone; `zone` is
          that of the larger part.
    include_coast
        Count the coast as border too.
    country
        The country's polygon (geometry, GeoSeries or GeoDataFrame in EPSG:4326). Then
        `outside_m2` says how much of a hazard lies outside; one that reaches out over the border
        by more than the border's accuracy stays near under every rule.
    on_outside
        What to do when a hazard lies wholly outside `country`: `raise`, or `keep` it as near.
    distances
        Distances known already, for the same polygons, border and `include_coast`: a DataFrame
        on the index of `hazards` with `border_distance_m` and `neighbour`.
    zones
        For the rules that cut: the near zones of the same border, so that several splits by it
        (batches, thresholds) make their pieces once.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame: the hazards with `border_distance_m` (nearest edge, whatever the rule),
        `border_margin_m` (distance less threshold), `neighbour`, `zone`, `near_size_m2`,
        `far_size_m2` (whole m², their sum is `size_m2`), `outside_m2` if `country` is given, and
        the provenance `threshold_m`, `rule`, `include_coast`, `border_name`, `border_version`.

    Raises
    ------
    OptionError
        For an unknown rule or a threshold that is not a positive length.
    GeometryError
        For a hazard without a polygon, or a border without lines.
    OutsideError
        For a hazard wholly outside `country`, with the ids.
    CRSError
        If a frame is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> from mine_geo.geo.hazards import to_hazards
    >>> fields = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["A", "B"]},
    ...     geometry=shapely.box([102.35, 103], [13.3, 13], [102.36, 103.01], [13.31, 13.01]),
    ...     crs=4326))
    >>> split = border_split(fields, read_border(sample.path("border")))
    >>> split[["hazard_id", "neighbour", "zone", "near_size_m2", "far_size_m2"]]
      hazard_id neighbour  zone  near_size_m2  far_size_m2
    0         A       THA  near       1198718            0
    1         B       THA   far             0      1200149
    """
    choose(rule, RULES, "rule")
    choose(on_outside, ON_OUTSIDE, "on_outside")
    if not (isinstance(threshold_m, (int, float, np.number)) and 0 < threshold_m < np.inf):
        raise OptionError(f"threshold_m {threshold_m!r} is not a length; give metres above 0")
    cut = rule in CUTTING or country is not None
    geometries = _checked(hazards, cut=cut, moved=cut or rule != "edge")
    sizes = _sizes(hazards)
    if distances is None:
        distances = border_nearest(hazards, border, include_coast=include_coast)
    metres = distances["border_distance_m"].reindex(hazards.index).to_numpy(dtype=float)
    if np.isnan(metres).any():
        raise RecordError(
            f"{some(_ids(hazards)[np.isnan(metres)])}: no border distance among those given; "
            "leave distances out, or give one for each hazard"
        )
    measured = _Measured(geometries, sizes, metres, border, include_coast)
    near, near_size = measured.apply(rule, threshold_m, zones)
    columns: dict[str, Any] = {}
    if country is not None:
        columns["outside_m2"], forced = _outside(
            hazards, geometries, country, border, metres, on_outside, include_coast=include_coast
        )
        near, near_size = near | forced, np.where(forced, sizes, near_size)
    return hazards.assign(
        size_m2=sizes,
        border_distance_m=metres,
        border_margin_m=metres - threshold_m,
        neighbour=distances["neighbour"].reindex(hazards.index),
        zone=np.where(near, "near", "far"),
        near_size_m2=near_size,
        far_size_m2=sizes - near_size,
        **columns,
        threshold_m=float(threshold_m),
        rule=rule,
        include_coast=bool(include_coast),
        border_name=_joined(border, "border_name"),
        border_version=_joined(border, "border_version"),
    )


def unmeasurable(
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    rule: Rule = "edge",
    include_coast: bool = False,
) -> pd.Series[str]:
    """Say which hazards no split can hold, and why; `border_split` refuses them by name.

    Parameters
    ----------
    hazards
        Hazard table in EPSG:4326.
    border
        Border lines in EPSG:4326.
    rule
        As for `border_split`: where a polygon is cut, a broken ring is a reason too.
    include_coast
        Count the coast as border too.

    Returns
    -------
    pandas.Series
        On the index of `hazards`: the reason, null where the split can hold it.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> afar = gpd.GeoSeries([shapely.box(13, 12, 13.1, 12.1)], crs=4326)
    >>> unmeasurable(afar, read_border(sample.path("border")))[0][:28]
    'not in longitude / latitude,'
    """
    why = far_off(hazards, border_lines(border, include_coast=include_coast))
    if choose(rule, RULES, "rule") in CUTTING:
        fine = np.flatnonzero(why.isna())
        faults = find_faults(as_geometries(hazards)[fine], fine)
        said = dict(zip(faults["id"], faults["message"], strict=True))
        why = why.fillna(pd.Series([said.get(n) for n in range(len(why))], why.index, dtype="str"))
    return why


def _checked(hazards: gpd.GeoDataFrame, *, cut: bool, moved: bool = True) -> NDArray[np.object_]:
    """Return the polygons of a table that can be split.

    Where one is `cut`, it has to be valid; where GEOS makes anything of it (`moved`), nothing in
    it may be empty. Distances come from the coordinates, which an empty part has none of.
    """
    require_lonlat(hazards, "hazards")
    if not hazards.index.is_unique:
        raise OptionError("the index of the hazards has repeated labels; use reset_index()")
    geometries = as_given(hazards)
    if moved:
        geometries, hollow = without_empty(hazards)
        if hollow.any():
            raise GeometryError(f"{some(_ids(hazards)[hollow])}: {EMPTY_PART}")
    bad = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if bad.any():
        raise GeometryError(f"{some(_ids(hazards)[bad])}: no polygon; leave it out of the split")
    if cut and not shapely.is_valid(geometries).all():
        lines = find_faults(geometries, _ids(hazards))
        told = some((f"{row.id}: {row.message}" for row in lines.itertuples()), 3)
        raise GeometryError(f"{told}; a broken polygon cannot be cut: mend it in its source")
    return geometries


def _ids(hazards: gpd.GeoDataFrame) -> NDArray[np.object_]:
    ids = hazards["hazard_id"] if "hazard_id" in hazards else hazards.index.to_series()
    return ids.to_numpy(dtype=object)


def _sizes(hazards: gpd.GeoDataFrame) -> NDArray[np.int64]:
    if "size_m2" in hazards:
        missing = hazards["size_m2"].isna().to_numpy()
        if missing.any():
            raise RecordError(f"{some(_ids(hazards)[missing])}: no size_m2; use to_hazards first")
        return hazards["size_m2"].to_numpy(dtype=np.int64)
    return size_m2(hazards)


def _joined(border: gpd.GeoDataFrame, column: str) -> str:
    return " + ".join(sorted(set(border[column].astype(str))))


class _Measured(NamedTuple):
    """Hazards with their distance to one reading of the border."""

    geometries: NDArray[np.object_]
    sizes: NDArray[np.int64]
    metres: Floats
    border: gpd.GeoDataFrame
    include_coast: bool

    def centroid_m(self) -> Floats:
        """Return the distance of each centroid to the border, metres."""
        centroids = gpd.GeoSeries(shapely.centroid(self.geometries), crs=CRS)
        near = border_nearest(centroids, self.border, include_coast=self.include_coast)
        return near["border_distance_m"].to_numpy()

    def near_part(self, zones: NearZone, threshold_m: float) -> NDArray[np.int64]:
        """Return the whole m² of each hazard that lie nearer than the threshold."""
        bounds = shapely.bounds(self.geometries)
        longest = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) * DEGREE_M
        near = self.metres < threshold_m
        part = np.where(near, self.sizes, 0)
        cut = np.flatnonzero(near & (self.metres + longest >= threshold_m))
        if len(cut):
            inside, wholly = zones.inside(
                self.geometries[cut], threshold_m, include_coast=self.include_coast
            )
            cut, inside = cut[~wholly], inside[~wholly]
            part[cut] = np.clip(size_m2(inside), 0, self.sizes[cut])
        return part

    def apply(
        self, rule: Rule, threshold_m: float, zones: NearZone | None
    ) -> tuple[Flags, NDArray[np.int64]]:
        """Return for each hazard whether it is near, and its near size, under a rule."""
        if rule in CUTTING:
            zones = zones or NearZone(self.border, include_coast=self.include_coast)
            return _by_part(rule, self.sizes, self.near_part(zones, threshold_m))
        near = (self.metres if rule == "edge" else self.centroid_m()) < threshold_m
        return near, np.where(near, self.sizes, 0)


def _by_part(
    rule: str, sizes: NDArray[np.int64], part: NDArray[np.int64]
) -> tuple[Flags, NDArray[np.int64]]:
    larger = (2 * part >= sizes) & (part > 0)
    return larger, part if rule == "area" else np.where(larger, sizes, 0)


def _outside(
    hazards: gpd.GeoDataFrame,
    geometries: NDArray[np.object_],
    country: Any,
    border: gpd.GeoDataFrame,
    metres: Floats,
    on_outside: OnOutside,
    *,
    include_coast: bool,
) -> tuple[NDArray[np.int64], Flags]:
    """Return the m² of each hazard outside the country, and which are near because of it."""
    land = shapely.union_all(as_geometries(country))
    shapely.prepare(land)
    out = np.flatnonzero(~shapely.covers(land, geometries))
    beyond = shapely.difference(geometries[out], land)
    outside = np.zeros(len(geometries), dtype=np.int64)
    outside[out] = np.rint(exact_size_m2(beyond))
    wholly = np.zeros(len(geometries), dtype=bool)
    wholly[out] = ~shapely.intersects(land, geometries[out])
    if wholly.any() and on_outside == "raise":
        raise OutsideError(
            f"{some(_ids(hazards)[wholly])}: wholly outside the country; check the coordinates "
            '(longitude and latitude swapped? another datum?), or keep them with on_outside="keep"'
        )
    accuracy_m = float(border["accuracy_m"].max())
    reach, foot = _farthest_out(beyond, land)
    reaching = np.zeros(len(geometries), dtype=bool)
    reaching[out] = reach > accuracy_m
    outside[~(wholly | reaching)] = 0
    # Over the border that counts, not into the sea; a part may lie beyond without touching it.
    over = metres == 0
    feet = gpd.GeoSeries(shapely.points(foot), crs=CRS)
    at_border = border_distance(feet, border, include_coast=include_coast).to_numpy()
    over[out] |= at_border <= accuracy_m + FOOT_M
    return outside, wholly | (reaching & over)


def _farthest_out(beyond: NDArray[np.object_], land: shapely.Geometry) -> tuple[Floats, Floats]:
    """Return how many metres, about, each part is off the country at the most, and from where."""
    metres, foot = np.zeros(len(beyond)), np.zeros((len(beyond), 2))
    xy, owner = shapely.get_coordinates(beyond, return_index=True)
    ends = shapely.get_coordinates(shapely.shortest_line(land, shapely.points(xy)))
    lengths = crs.geodesic_m(ends[0::2], ends[1::2])
    order = np.argsort(lengths, kind="stable")  # of each part the farthest comes last
    metres[owner[order]], foot[owner[order]] = lengths[order], ends[0::2][order]
    nothing = np.setdiff1d(np.arange(len(beyond)), owner)
    foot[nothing] = shapely.get_coordinates(land)[0]
    return metres, foot


def border_sensitivity(
    hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, *, threshold_m: float = THRESHOLD_M
) -> pd.DataFrame:
    """Show what the totals depend on: every rule, with and without coast, threshold ± accuracy.

    Parameters
    ----------
    hazards
        Hazard table in EPSG:4326.
    border
        Border lines in EPSG:4326; the largest `accuracy_m` of them is taken off and added to the
        threshold.
    threshold_m
        The threshold in the middle, metres.

    Returns
    -------
    pandas.DataFrame
        One row for each reading: `rule`, `include_coast`, `threshold_m`, `near_hazards`,
        `near_size_m2`, `far_hazards`, `far_size_m2`, and, against the first rule (`edge`) without
        the coast at `threshold_m`, `changed_hazards` (in another zone) and `near_change_m2`.
        Sizes are whole m².

    Raises
    ------
    CRSError, GeometryError, RecordError
        As for `border_split`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["A"]}, geometry=[shapely.box(102.55, 13.1, 102.6, 13.2)], crs=4326)
    >>> table = border_sensitivity(fields, read_border(sample.path("border")))
    >>> len(table), sorted(table.threshold_m.unique().tolist())
    (24, [6950.0, 7000.0, 7050.0])
    """
    geometries = _checked(hazards, cut=True)
    accuracy_m = float(border["accuracy_m"].max())
    thresholds = sorted({threshold_m - accuracy_m, threshold_m, threshold_m + accuracy_m})
    coasts = _coasts(border)
    zones = NearZone(border, include_coast=True in coasts)  # one, so that readings share its pieces
    readings = [
        reading
        for include_coast in coasts
        for reading in _readings(hazards, geometries, border, include_coast, thresholds, zones)
    ]
    base = next(r for r in readings if r[:3] == ("edge", False, threshold_m))
    rows = [
        (
            *key,
            near.sum(),
            size.sum(),
            (~near).sum(),
            _sizes(hazards).sum() - size.sum(),
            (near != base[3]).sum(),
            size.sum() - base[4].sum(),
        )
        for *key, near, size in readings
    ]
    columns = ["rule", "include_coast", "threshold_m", "near_hazards", "near_size_m2"]
    columns += ["far_hazards", "far_size_m2", "changed_hazards", "near_change_m2"]
    table = pd.DataFrame(rows, columns=columns)
    table["rule"] = pd.Categorical(table["rule"], RULES)
    table = table.sort_values(["rule", "include_coast", "threshold_m"], ignore_index=True)
    return table.astype({"rule": "str", "include_coast": bool, "threshold_m": float})


def _coasts(border: gpd.GeoDataFrame) -> list[bool]:
    return [False, True] if (border["kind"] == "coast").any() else [False]


def _readings(
    hazards: gpd.GeoDataFrame,
    geometries: NDArray[np.object_],
    border: gpd.GeoDataFrame,
    include_coast: bool,
    thresholds: list[float],
    zones: NearZone,
) -> Iterator[tuple[str, bool, float, Flags, NDArray[np.int64]]]:
    """Yield each rule at each threshold; distances and cuts are computed once for all."""
    near = border_nearest(hazards, border, include_coast=include_coast)
    metres = near["border_distance_m"].to_numpy()
    measured = _Measured(geometries, _sizes(hazards), metres, border, include_coast)
    middle = measured.centroid_m()
    for threshold in thresholds:
        for rule, distance in (("edge", metres), ("centroid", middle)):
            flags = distance < threshold
            yield rule, include_coast, threshold, flags, np.where(flags, measured.sizes, 0)
        part = measured.near_part(zones, threshold)
        for rule in CUTTING:
            yield (rule, include_coast, threshold, *_by_part(rule, measured.sizes, part))
