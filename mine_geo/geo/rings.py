"""Geometries as chains of coordinates: rings, lines, single places (EPSG:4326, degrees).

Taking a polygon apart into objects of shapely, part by part and ring by ring, costs ten times what
its coordinates cost. Most hazards are one ring; only the others are taken apart here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

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
