"""Polygons in longitude / latitude (EPSG:4326): their rings, size in m², densifying, faults.

An edge is straight in longitude / latitude (RFC 7946), as GeoJSON, GeoPackage and the overlay
functions of GEOS have it. So the sizes of the parts of a cut polygon add up to the whole.

`Rings` holds geometries as chains of coordinates. Taking a polygon apart into objects of shapely,
part by part and ring by ring, costs ten times what its coordinates cost. Most hazards are one
ring; only the others are taken apart here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import GeometryError
from mine_geo.geo.crs import require_lonlat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

BLOCK: Final = 100_000
"""The most hazards whose coordinates are held at once, some 50 MB where they have 17 vertices."""


def in_blocks(count: int) -> Iterator[slice]:
    """Yield the places of `count` geometries in blocks, so that memory does not grow with them.

    Examples
    --------
    >>> list(in_blocks(150_000))
    [slice(0, 100000, None), slice(100000, 150000, None)]
    """
    for begin in range(0, count, BLOCK):
        yield slice(begin, min(begin + BLOCK, count))


class Rings(NamedTuple):
    """The coordinates of geometries, and where each ring begins.

    A line counts as one ring that does not close, a place as one of a single vertex. Rings of a
    polygon, its parts and what a collection holds follow one another as they are drawn.

    Examples
    --------
    >>> box, hole = shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2).exterior
    >>> rings = Rings.of([shapely.Polygon(box.exterior, [hole]), None, shapely.Point(7, 7)])
    >>> rings.vertex.tolist(), rings.ring.tolist()
    ([0, 5, 10, 11], [0, 2, 2, 3])
    >>> rings.sign.tolist(), len(rings.xy)
    ([1, -1, 0], 11)
    """

    xy: Floats
    """Longitude and latitude of every vertex, shape (vertices, 2)."""
    vertex: Integers
    """The first vertex of each ring, and one more: where the last one ends."""
    ring: Integers
    """The first ring of each geometry, and one more."""
    sign: NDArray[np.int8]
    """1 for the shell of a polygon, -1 for a hole, 0 for what encloses nothing."""

    @classmethod
    def of(cls, geometries: Geometries | list[shapely.Geometry | None]) -> Rings:
        """Take the coordinates of geometries, whatever their types; missing ones have no ring."""
        geometries = np.asarray(geometries, dtype=object)
        xy, owner = shapely.get_coordinates(geometries, return_index=True)
        count = np.bincount(owner, minlength=len(geometries))
        kind = shapely.get_type_id(geometries)
        areal = (kind == shapely.GeometryType.POLYGON) | (kind == shapely.GeometryType.MULTIPOLYGON)
        # Most are one ring: taken apart is only what may be more.
        several = (count > 0) & (kind >= shapely.GeometryType.POLYGON)
        several[areal] = _closes_early(xy, count)[areal] & (count[areal] > 0)
        rings = (count > 0).astype(np.int64)
        apart = np.flatnonzero(several)
        length, sign, of = _taken_apart(geometries[apart])
        rings[apart] = np.bincount(of, minlength=len(apart))
        ring = np.append(0, np.cumsum(rings))
        lengths = np.empty(ring[-1], dtype=np.int64)
        signs = np.zeros(ring[-1], dtype=np.int8)
        whole = (count > 0) & ~several
        lengths[ring[:-1][whole]] = count[whole]
        signs[ring[:-1][whole & areal]] = 1
        within = np.repeat(several, rings)
        lengths[within], signs[within] = length, sign
        return cls(xy, np.append(0, np.cumsum(lengths)), ring, signs)


def _closes_early(xy: Floats, count: Integers) -> NDArray[np.bool_]:
    """Return for each geometry whether its first vertex comes again before its last vertex.

    A first ring ends there. Where it never does, the whole geometry is one ring.
    """
    start = np.cumsum(count) - count
    filled = count > 0
    # One coordinate tells nearly all apart; the other decides for the few that are left.
    again = np.flatnonzero(xy[:, 0] == np.repeat(xy[start[filled], 0], count[filled]))
    owner = np.searchsorted(start[filled], again, side="right") - 1
    first, last = start[filled][owner], (start + count)[filled][owner] - 1
    early = (again > first) & (again < last) & (xy[again, 1] == xy[first, 1])
    found = np.zeros(len(count), dtype=bool)
    found[np.flatnonzero(filled)[owner[early]]] = True
    return found


def _taken_apart(geometries: Geometries) -> tuple[Integers, NDArray[np.int8], Integers]:
    """Return the vertices, the sign and the geometry of each ring, in the order of coordinates."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        # A multipolygon within a collection.
        parts, within = shapely.get_parts(parts, return_index=True)
        owner = owner[within]
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[polygon], return_index=True)
    full = ~shapely.is_empty(rings)
    rings, part = rings[full], np.flatnonzero(polygon)[part[full]]
    first = np.append(True, part[1:] != part[:-1])[: len(part)]
    sign = np.where(first, 1, -1)
    others = np.flatnonzero(~polygon & ~shapely.is_empty(parts))
    place = np.concatenate([part, others])
    order = np.argsort(place, kind="stable")
    length = np.concatenate(
        [shapely.get_num_coordinates(rings), shapely.get_num_coordinates(parts[others])]
    )
    signs = np.concatenate([sign, np.zeros(len(others), dtype=int)])
    return length[order].astype(np.int64), signs[order].astype(np.int8), owner[place[order]]


SEMI_MAJOR_M: Final = 6378137.0
FLATTENING: Final = 1 / 298.257223563
ECCENTRICITY: Final = float(np.sqrt(FLATTENING * (2 - FLATTENING)))
DENSIFY_DEGREES: Final = 0.005
"""Longest edge left by `densify`: 550 m, whose UTM chord is within 2 mm of it."""

EMPTY_PART: Final = (
    "an empty part or hole; take it out with mine_geo.geo.geometry.without_empty, or draw it anew"
)

SHAPES: Final = {
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
}

_GAUSS_NODES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(3)
_STRETCH: Final = 1 << 14
_Q: Final = [
    (1 - ECCENTRICITY**2) * ECCENTRICITY ** (2 * n) * (2 * n + 2) / (2 * n + 1) for n in range(9)
]
"""The factors of the odd powers in `_authalic`."""


def as_geometries(geometries: Any) -> Geometries:
    """Return an object array of shapely geometries from a frame, series, array or list.

    What is measured or cut goes through here: empty parts and holes are left out, see
    `without_empty`.
    """
    return without_empty(geometries)[0]


def as_given(geometries: Any) -> Geometries:
    """Return an object array of shapely geometries with whatever is empty in them."""
    geometries = getattr(geometries, "geometry", geometries)
    return np.atleast_1d(np.asarray(geometries, dtype=object))


def _authalic(latitude_rad: Floats) -> Floats:
    """Return q(latitude) of Snyder (1987), equation 3-12: twice the sine of authalic latitude.

    q = (1 - e²) [s / (1 - e² s²) + artanh(e s) / e], with s the sine of the latitude, as its power
    series: (1 - e²) Σ e²ⁿ s²ⁿ⁺¹ (2n + 2) / (2n + 1). What is cut off is below 1e-17.
    """
    s = np.sin(latitude_rad)
    square = s * s
    sum_ = np.full_like(s, _Q[-1])
    for factor in _Q[-2::-1]:
        sum_ *= square
        sum_ += factor
    return np.asarray(sum_ * s)


def _ring_sizes(rings: Rings) -> Floats:
    """Return the area within each closed ring in m², whatever its direction."""
    first, last = rings.vertex[:-1], rings.vertex[1:] - 1
    # The reference latitude of the ring cancels out of a closed sum and spares digits.
    base = np.repeat(_authalic(np.radians(rings.xy[first, 1])), np.diff(rings.vertex))
    strips = np.zeros(len(rings.xy))
    # A stretch of edges at a time, so that what is worked on stays in the cache.
    for begin in range(0, len(strips) - 1, _STRETCH):
        lon, lat = np.radians(rings.xy[begin : begin + _STRETCH + 1]).T
        middle, half = (lat[1:] + lat[:-1]) / 2, np.diff(lat) / 2
        mean = np.zeros_like(middle)
        for node, weight in zip(_GAUSS_NODES, _GAUSS_WEIGHTS, strict=True):
            mean += weight / 2 * _authalic(middle + node * half)
        here = slice(begin, begin + len(middle))
        strips[here] = np.diff(lon) * (mean - base[here])
    strips[last] = 0  # from the last vertex no edge leads on
    return np.abs(np.add.reduceat(strips, first)) * (SEMI_MAJOR_M**2 / 2)


def exact_size_m2(geometries: Any) -> Floats:
    """Area on the WGS 84 ellipsoid of each polygon as drawn, in m², not rounded.

    Edges are straight in longitude / latitude. Edge by edge, the integral of the sine of the
    authalic latitude over longitude (Snyder 1987, "Map Projections: A Working Manual", section 3,
    equation 3-12), with three Gauss points: parts of a cut polygon add up to within 1e-4 m².

    Parameters
    ----------
    geometries
        Polygons and multipolygons in EPSG:4326: a GeoDataFrame, GeoSeries, array or list.
        Ring direction does not matter; holes are taken off.

    Returns
    -------
    numpy.ndarray
        Float64, one size each; 0 for empty, missing and non-polygon geometries.

    Raises
    ------
    CRSError
        If a frame or series says another reference system.

    Examples
    --------
    >>> round(float(exact_size_m2([shapely.box(103, 13, 103.01, 13.01)])[0]), 2)
    1200148.56
    >>> exact_size_m2([shapely.Polygon(), None])
    array([0., 0.])
    """
    if getattr(geometries, "crs", None) is not None:  # metres taken for degrees give a size, too
        require_lonlat(geometries, "polygons to be measured")
    given = as_given(geometries)
    sizes = np.zeros(len(given))
    for block in in_blocks(len(given)):
        rings = Rings.of(given[block])
        if len(rings.sign):
            count = len(rings.ring) - 1
            owner = np.repeat(np.arange(count), np.diff(rings.ring))
            signed = _ring_sizes(rings) * rings.sign
            sizes[block] = np.bincount(owner, weights=signed, minlength=count)
    return sizes


def size_m2(geometries: Any) -> NDArray[np.int64]:
    """Size of each polygon in whole m²: `exact_size_m2` rounded, the one that totals add up.

    Parameters
    ----------
    geometries
        Polygons in EPSG:4326, of any kind that `exact_size_m2` takes.

    Raises
    ------
    CRSError
        If a frame or series says another reference system.

    Examples
    --------
    >>> size_m2([shapely.box(103, 13, 103.01, 13.01)])
    array([1200149])
    """
    return np.rint(exact_size_m2(geometries)).astype(np.int64)


def densify(geometries: Any, degrees: float = DENSIFY_DEGREES) -> Geometries:
    """Add vertices along edges, straight in longitude / latitude, so that none is longer.

    Every vertex stays where it is, to the last digit, and so do rings, holes and parts. GEOS's
    `segmentize` is no use here: where the rounding of a new vertex makes a ring touch itself, as
    at an out-and-back spike, it builds the polygon anew and may leave a sliver of it.

    Parameters
    ----------
    geometries
        Geometries in EPSG:4326, or in a plane.
    degrees
        The longest edge that stays; metres where the geometries are in metres.

    Returns
    -------
    numpy.ndarray
        New geometries without a third dimension; missing and empty ones as they were.

    Examples
    --------
    >>> line = shapely.LineString([(103, 13), (103.014, 13)])
    >>> len(densify([line])[0].coords)
    4
    """
    geometries = shapely.force_2d(as_given(geometries))
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    steps = np.diff(xy, axis=0) ** 2
    long = (steps[:, 0] + steps[:, 1] > degrees * degrees) & (owner[1:] == owner[:-1])
    coarse = np.unique(owner[1:][long])
    geometries[coarse] = _rebuilt(geometries[coarse], degrees)
    return geometries


def _rebuilt(geometries: Geometries, degrees: float) -> Geometries:
    """Return geometries with finer edges, made of their rings and parts as these are."""
    kinds = shapely.get_type_id(geometries)
    finer = geometries.copy()
    for kind in np.unique(kinds):
        here = kinds == kind
        finer[here] = _BUILDERS.get(kind, _as_they_are)(geometries[here], degrees)
    return finer


def _as_they_are(geometries: Geometries, _degrees: float) -> Geometries:
    return geometries


def _finer_lines(lines: Geometries, degrees: float) -> Geometries:
    return np.asarray(_finer_chains(lines, degrees, shapely.linestrings), dtype=object)


def _finer_rings(rings: Geometries, degrees: float) -> Geometries:
    return np.asarray(_finer_chains(rings, degrees, shapely.linearrings), dtype=object)


def _finer_polygons(polygons: Geometries, degrees: float) -> Geometries:
    rings, owner = shapely.get_rings(polygons, return_index=True)
    full = ~shapely.is_empty(rings)
    finer = _finer_rings(rings[full], degrees)
    return np.asarray(shapely.polygons(finer, indices=owner[full]), dtype=object)


def _finer_chains(chains: Geometries, degrees: float, build: Callable[..., Any]) -> Any:
    xy, chain = shapely.get_coordinates(chains, return_index=True)
    finer, source = finer_edges(xy, chain, degrees)
    return build(finer, indices=chain[source])


def _finer_parts(build: Callable[..., Any]) -> Callable[[Geometries, float], Geometries]:
    def finer(geometries: Geometries, degrees: float) -> Geometries:
        parts, owner = shapely.get_parts(geometries, return_index=True)
        full = ~shapely.is_empty(parts)
        return np.asarray(build(_rebuilt(parts[full], degrees), indices=owner[full]), dtype=object)

    return finer


_BUILDERS: Final = {
    shapely.GeometryType.LINESTRING: _finer_lines,
    shapely.GeometryType.LINEARRING: _finer_rings,
    shapely.GeometryType.POLYGON: _finer_polygons,
    shapely.GeometryType.MULTILINESTRING: _finer_parts(shapely.multilinestrings),
    shapely.GeometryType.MULTIPOLYGON: _finer_parts(shapely.multipolygons),
    shapely.GeometryType.GEOMETRYCOLLECTION: _finer_parts(shapely.geometrycollections),
}


def finer_edges(
    xy: Floats, chain: NDArray[np.intp], longest: float | Floats
) -> tuple[Floats, NDArray[np.intp]]:
    """Divide the edges of chains of places so that none is longer.

    Parameters
    ----------
    xy
        The places, in the order of the chains, degrees or metres.
    chain
        The chain that each place is of: an edge leads to the next place of the same chain.
    longest
        The longest edge that stays, in the unit of `xy`: one length, or one for each edge (one
        less than places).

    Returns
    -------
    tuple
        The places with new ones between them, those given bit for bit; and for each the number
        of the given place that it is, or that its edge begins with.

    Examples
    --------
    >>> finer, source = finer_edges(np.array([[0.0, 0], [3, 0], [3, 4]]), np.zeros(3, int), 2)
    >>> finer.tolist(), source.tolist()
    ([[0.0, 0.0], [1.5, 0.0], [3.0, 0.0], [3.0, 2.0], [3.0, 4.0]], [0, 0, 1, 1, 2])
    """
    way = np.diff(xy, axis=0)
    length = np.hypot(way[:, 0], way[:, 1])
    divided = (chain[1:] == chain[:-1]) & (length > longest) & np.isfinite(length)
    if not divided.any():
        return xy, np.arange(len(xy))
    pieces = np.ones(len(xy), dtype=np.intp)
    pieces[:-1][divided] = np.ceil((length / longest)[divided]).astype(np.intp)
    source = np.repeat(np.arange(len(xy)), pieces)
    number = np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    finer = xy[source]
    new = number > 0
    share = (number[new] / pieces[source[new]])[:, None]
    finer[new] += share * way[source[new]]
    return finer, source


def line_segments(lines: Any) -> tuple[Floats, NDArray[np.intp], NDArray[np.bool_]]:
    """Return border lines as segments of at most 0.005 degree, without a call of GEOS.

    Repeated vertices and parts without length are left out: GEOS stumbles over them.

    Parameters
    ----------
    lines
        Lines in EPSG:4326.

    Returns
    -------
    tuple
        Both ends of each segment, shape (segments, 2, 2), longitude and latitude; the place of
        the line that it is of; and whether a part of a line begins with it.

    Examples
    --------
    >>> twice, nothing = [(103, 13), (103, 13), (103.008, 13)], [(104, 13), (104, 13)]
    >>> ends, line, begins = line_segments([shapely.MultiLineString([twice, nothing])])
    >>> ends.round(3).tolist(), line.tolist(), begins.tolist()
    ([[[103.0, 13.0], [103.004, 13.0]], [[103.004, 13.0], [103.008, 13.0]]], [0, 0], [True, False])
    """
    rings = Rings.of(as_given(lines))
    part = np.repeat(np.arange(len(rings.vertex) - 1), np.diff(rings.vertex))
    new = np.append(True, (rings.xy[1:] != rings.xy[:-1]).any(axis=1) | (part[1:] != part[:-1]))
    new = new[: len(part)]
    xy, source = finer_edges(rings.xy[new], part[new], DENSIFY_DEGREES)
    part = part[new][source]
    inside = np.flatnonzero(part[1:] == part[:-1])
    part = part[inside]
    begins = np.append(True, part[1:] != part[:-1])[: len(part)]
    line = np.searchsorted(rings.ring, part, side="right") - 1
    return np.stack([xy[inside], xy[inside + 1]], axis=1), line, begins


def without_empty(geometries: Any) -> tuple[Geometries, NDArray[np.bool_]]:
    """Take empty parts and empty holes out of geometries that have others.

    A polygon drawn as `[[ring], []]` is the one ring: nothing of what is drawn is lost. GEOS calls
    it valid, and some of its functions end the whole process at it.

    Parameters
    ----------
    geometries
        Geometries of any type, missing ones too.

    Returns
    -------
    tuple
        The geometries, wholly empty ones as they were; and which ones had something empty.

    Examples
    --------
    >>> ring = "((103 13, 103.1 13, 103.1 13.1, 103 13))"
    >>> drawn, which = without_empty(shapely.from_wkt([f"MULTIPOLYGON ({ring}, EMPTY)"]))
    >>> print(drawn[0], which.tolist())
    MULTIPOLYGON (((103 13, 103.1 13, 103.1 13.1, 103 13))) [True]
    """
    geometries = as_given(geometries)
    which = np.zeros(len(geometries), dtype=bool)
    for block in in_blocks(len(geometries)):
        which[block] = _with_empty(geometries[block])
    if which.any():
        geometries = geometries.copy()
        geometries[which] = [_full(geometry) for geometry in geometries[which]]
    return geometries, which


def _with_empty(geometries: Geometries) -> NDArray[np.bool_]:
    """Return which geometries are not empty and have a part or a hole that is."""
    which = np.zeros(len(geometries), dtype=bool)
    parts, owner = geometries, np.arange(len(geometries))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, within = shapely.get_parts(parts, return_index=True)
        owner = owner[within]
        which[owner[shapely.is_empty(parts)]] = True
    holed = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    if len(holed):
        rings, within = shapely.get_rings(parts[holed], return_index=True)
        which[owner[holed[within[shapely.is_empty(rings)]]]] = True
    return which & ~shapely.is_empty(geometries)


def _full(geometry: Any) -> Any:
    """Return a geometry without what is empty in it."""
    if isinstance(geometry, shapely.Polygon):
        return shapely.Polygon(
            geometry.exterior, [hole for hole in geometry.interiors if not hole.is_empty]
        )
    if not hasattr(geometry, "geoms"):
        return geometry
    return type(geometry)([_full(part) for part in geometry.geoms if not part.is_empty])


def to_multipolygons(geometries: Any) -> Geometries:
    """Return each polygon as a multipolygon without a third dimension; others unchanged.

    Empty parts and holes are left out, see `without_empty`.

    Examples
    --------
    >>> to_multipolygons([shapely.box(0, 0, 1, 1)])[0].geom_type
    'MultiPolygon'
    """
    flat = shapely.force_2d(without_empty(geometries)[0])
    single = shapely.get_type_id(flat) == shapely.GeometryType.POLYGON
    if single.any():
        flat[single] = shapely.multipolygons(flat[single], indices=np.arange(single.sum()))
    return flat


def find_faults(
    geometries: Any, ids: Sequence[object] | ArrayLike, *, shape: str = "polygon"
) -> pd.DataFrame:
    """List the geometries that cannot be a hazard: missing, empty in part, no polygon, invalid.

    Parameters
    ----------
    geometries
        Geometries in EPSG:4326.
    ids
        One identifier each, for the list.
    shape
        `polygon`, or `line` for borders.

    Returns
    -------
    pandas.DataFrame
        Columns `id`, `fault` (`null`, `empty`, `part`, `type`, `coordinates`, `length`, `ring`)
        and `message`; no row when all is well. For a ring the message gives GEOS's reason and
        place.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> find_faults([bow_tie], ["AP-1"]).message[0]
    'invalid ring: Self-intersection[0.5 0.5]'
    """
    geometries = as_given(geometries)
    kinds = shapely.get_type_id(geometries)
    areal = np.isin(kinds, SHAPES[shape])
    short = areal & ~shapely.is_empty(geometries) & (shape == "line")
    with np.errstate(invalid="ignore"):  # the length to an infinite coordinate
        short &= shapely.length(geometries) == 0
    null, empty = kinds < 0, shapely.is_empty(geometries)
    bounds = shapely.bounds(geometries)
    world = np.array([-180, -90, 180, 90])
    with np.errstate(invalid="ignore"):
        on_earth = ((bounds >= world[[0, 1, 0, 1]]) & (bounds <= world[[2, 3, 2, 3]])).all(axis=1)
    fine = areal & ~empty
    finite = np.zeros(len(geometries), dtype=bool)
    finite[fine] = _all_finite(geometries[fine])
    part = without_empty(geometries)[1]
    ring = np.zeros(len(geometries), dtype=bool)
    if shape == "polygon":
        ring[fine & finite] = ~shapely.is_valid(geometries[fine & finite])
    found: list[tuple[Any, str, Callable[[Any], str]]] = [
        (null, "null", lambda _: "no geometry"),
        (~null & empty, "empty", lambda _: "empty geometry"),
        (part, "part", lambda _: EMPTY_PART),
        (~null & ~empty & ~areal, "type", lambda g: f"{g.geom_type} instead of a {shape}"),
        (fine & ~finite, "coordinates", lambda _: "a coordinate is not a finite number"),
        (
            fine & finite & ~on_earth,
            "coordinates",
            lambda g: f"not longitude / latitude: {tuple(round(v, 3) for v in g.bounds)}",
        ),
        (short, "length", lambda _: "a line without length"),
        (ring, "ring", lambda g: f"invalid ring: {shapely.is_valid_reason(g)}"),
    ]
    identifiers = np.asarray(ids, dtype=object)
    rows = [
        (place, identifiers[place], fault, say(geometries[place]))
        for mask, fault, say in found
        for place in np.flatnonzero(mask)
    ]
    rows.sort(key=lambda row: row[0])  # stable; one geometry has few
    return pd.DataFrame([row[1:] for row in rows], columns=["id", "fault", "message"])


def refuse_invalid(geometries: Any, what: str) -> None:
    """Refuse polygons of a layer with which no area can be computed; what is missing passes.

    Raises
    ------
    GeometryError
        If one of them is invalid, with its row (counted from 1), the reason and the place.

    Examples
    --------
    >>> refuse_invalid([shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], "layer 'parks'")
    Traceback (most recent call last):
    mine_geo.errors.GeometryError: layer 'parks', row 1: invalid ring: Self-intersection[0.5 0.5];
    mend it first (Fix geometries of QGIS)
    """
    drawn = as_given(geometries)
    wrong = np.flatnonzero(~shapely.is_missing(drawn) & ~shapely.is_valid(drawn))
    if len(wrong):
        reason = shapely.is_valid_reason(drawn[wrong[0]])
        more = f" (and {len(wrong) - 1:,} more rows)" if len(wrong) > 1 else ""
        raise GeometryError(
            f"{what}, row {wrong[0] + 1}: invalid ring: {reason}{more}; mend it first (Fix "
            "geometries of QGIS)"
        )


def _all_finite(geometries: Geometries) -> NDArray[np.bool_]:
    finite = np.ones(len(geometries), dtype=bool)
    for block in in_blocks(len(geometries)):
        xy, owner = shapely.get_coordinates(geometries[block], return_index=True)
        finite[block][owner[~np.isfinite(xy).all(axis=1)]] = False
    return finite
