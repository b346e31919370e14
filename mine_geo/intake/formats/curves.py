"""Curved edges (arcs of ISO 13249-3) as chords: the polygons that curves draw, to a millimetre.

GEOS and shapely have no curves. GDAL draws an arc with a point every 4 degrees, so that a circle of
a radius of 100 m loses 25 m²; here the distance between arc and chord is what is bounded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mine_geo.intake.guard.binary import wkb_header

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


TOLERANCE_M: Final = 0.001
"""How far a chord may lie from its arc, metres."""
WIDEST: Final = np.pi / 45
"""The largest angle between two points of an arc (4 degrees), however small it is."""
MOST_POINTS: Final = 1_000_000
"""Points that one arc may become."""
METRES_PER_DEGREE: Final = 111_700.0
"""At most, of latitude or longitude, on the WGS 84 ellipsoid (at the pole)."""

_LINE, _POLYGON = 2, 3
_CIRCULAR, _COMPOUND, _CURVE_POLYGON, _MULTI_CURVE, _MULTI_SURFACE = 8, 9, 10, 11, 12
_STRAIGHT: Final = {_CURVE_POLYGON: _POLYGON, _MULTI_CURVE: 5, _MULTI_SURFACE: 6}
"""What a curved type becomes."""
_PARTS: Final = (4, 5, 6, 7, _MULTI_CURVE, _MULTI_SURFACE, 15, 16)


def tolerance(system: pyproj.CRS | None, west: float) -> float:
    """Return `TOLERANCE_M` in the units of a reference system.

    Parameters
    ----------
    system
        Of the coordinates.
    west
        One of them: where no system is known, numbers up to 360 are taken for degrees, whose
        tolerance is the finer one.

    Examples
    --------
    >>> import pyproj
    >>> tolerance(pyproj.CRS(32648), 250000.0), round(tolerance(None, 104.5) * 1e9, 2)
    (0.001, 8.95)
    """
    if system is None or not system.axis_info:
        degrees, factor = abs(west) <= 360, 1.0
    else:
        degrees, factor = system.is_geographic, system.axis_info[0].unit_conversion_factor
    if not degrees:
        return TOLERANCE_M / factor
    return TOLERANCE_M / METRES_PER_DEGREE


def straightened(wkb: bytes, off: float) -> tuple[bytes, int]:
    """Return a geometry with chords for its arcs, in two dimensions, and how many arcs it had.

    Parameters
    ----------
    wkb
        WKB of ISO 13249-3 (or with the flags of EWKB), any type.
    off
        How far a chord may lie from its arc, in the units of the coordinates.

    Returns
    -------
    bytes
        WKB of straight types: a curve polygon becomes a polygon, a multisurface a multipolygon.
    int
        The number of arcs.

    Raises
    ------
    ValueError
        If it is not such a WKB, or an arc would need more than 1,000,000 points.

    Examples
    --------
    >>> import shapely
    >>> ring = struct.pack("<BII6d", 1, 8, 3, 0, 0, 2, 0, 0, 0)
    >>> wkb, arcs = straightened(struct.pack("<BII", 1, 10, 1) + ring, 1e-9)
    >>> round(shapely.from_wkb(wkb).area, 6), arcs
    (3.141593, 1)
    """
    reader = _Reader(wkb, 0, off)
    try:
        return _any(reader), reader.arcs
    except struct.error as error:
        raise ValueError("it breaks off") from error


@dataclass
class _Reader:
    """A WKB, and how far it is read."""

    wkb: bytes
    place: int
    off: float
    arcs: int = 0

    def count(self, order: str) -> int:
        (number,) = struct.unpack_from(f"{order}I", self.wkb, self.place)
        self.place += 4
        return int(number)

    def points(self, order: str, count: int, width: int) -> Floats:
        """Return x and y of points."""
        end = self.place + 8 * width * count
        if end > len(self.wkb):
            raise ValueError("it breaks off")
        found = np.frombuffer(self.wkb, f"{order}f8", count * width, self.place)
        self.place = end
        return found.reshape(count, width)[:, :2].astype(float)


def _any(reader: _Reader) -> bytes:
    """Return the next geometry in straight edges."""
    kind, width, reader.place, order = wkb_header(reader.wkb, reader.place)
    if kind == 1:
        return struct.pack("<BI", 1, 1) + reader.points(order, 1, width).astype("<f8").tobytes()
    if kind in {_LINE, _CIRCULAR, _COMPOUND}:
        xy = _line(reader, kind, width, order)
        return struct.pack("<BII", 1, _LINE, len(xy)) + xy.astype("<f8").tobytes()
    if kind in {_POLYGON, 17}:
        rings = [
            reader.points(order, reader.count(order), width) for _ in range(reader.count(order))
        ]
        return _polygon(rings)
    if kind == _CURVE_POLYGON:
        return _polygon([_curve(reader) for _ in range(reader.count(order))])
    if kind in _PARTS:
        count = reader.count(order)
        parts = b"".join(_any(reader) for _ in range(count))
        return struct.pack("<BII", 1, _STRAIGHT.get(kind, 6 if kind > 12 else kind), count) + parts
    raise ValueError(f"a geometry of type {kind}")


def _polygon(rings: list[Floats]) -> bytes:
    head = struct.pack("<BII", 1, _POLYGON, len(rings))
    written = (struct.pack("<I", len(xy)) + xy.astype("<f8").tobytes() for xy in rings)
    return head + b"".join(written)


def _curve(reader: _Reader) -> Floats:
    """Return the points of the next line, arc or compound of both."""
    kind, width, reader.place, order = wkb_header(reader.wkb, reader.place)
    return _line(reader, kind, width, order)


def _line(reader: _Reader, kind: int, width: int, order: str) -> Floats:
    count = reader.count(order)
    if kind == _LINE:
        return reader.points(order, count, width)
    if kind == _CIRCULAR:
        xy = reader.points(order, count, width)
        if count and count % 2 == 0:
            raise ValueError("an arc without its third point")
        steps = [_arc(xy[n], xy[n + 1], xy[n + 2], reader.off)[1:] for n in range(0, count - 2, 2)]
        reader.arcs += len(steps)
        return np.concatenate([xy[:1], *steps])
    if kind != _COMPOUND:
        raise ValueError(f"a ring of type {kind}")
    parts = [_curve(reader) for _ in range(count)]
    # Each part begins where the one before it ends.
    return np.concatenate([np.zeros((0, 2)), *parts[:1], *(part[1:] for part in parts[1:])])


def _arc(start: Floats, middle: Floats, end: Floats, off: float) -> Floats:
    """Return points from start to end on the circle through three points, both ends exactly.

    Where start and end are one point, the middle one lies across a full circle.
    """
    # 1. The centre, seen from the start; none where the three points are in line.
    full = bool((start == end).all())
    across = (middle - start) / 2 if full else _centre(start, middle, end)
    if across is None or not np.isfinite(across).all():
        return np.array([start, middle, end])
    # 2. How far the arc turns from start to end, counterclockwise; clockwise where the middle
    #    point would not be passed on the way.
    centre = start + across
    radius = float(np.hypot(*across))
    first, second, last = (np.arctan2(*(p - centre)[::-1]) for p in (start, middle, end))
    turn = (last - first) % (2 * np.pi) or 2 * np.pi
    if not full and (second - first) % (2 * np.pi) > turn:
        turn -= 2 * np.pi
    if radius == 0:
        return np.array([start, end])
    # 3. Into how many chords of one angle it is divided, none farther off than allowed.
    # Of an angle t a chord is off its arc by r (1 - cos t/2) = 2 r (sin t/4) squared.
    step = min(WIDEST, 4 * np.arcsin(min(1, np.sqrt(off / (2 * radius)))))
    number = int(np.ceil(abs(turn) / step))
    if number <= 1:
        return np.array([start, middle, end])
    if number > MOST_POINTS:
        raise ValueError("an arc of more than 1,000,000 points")
    # 4. Both ends are kept to the last digit: neighbouring edges share them.
    angles = first + turn * np.arange(1, number) / number
    inner = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return np.vstack([start, inner, end])


def _centre(start: Floats, middle: Floats, end: Floats) -> Floats | None:
    """Return the way from the start to the centre of a circle; None where the three are in line."""
    a, b = middle - start, end - start
    cross = 2 * (a[0] * b[1] - a[1] * b[0])
    if cross == 0:
        return None
    aa, bb = a @ a, b @ b
    return np.array([b[1] * aa - a[1] * bb, a[0] * bb - b[0] * aa]) / cross
