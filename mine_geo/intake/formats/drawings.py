"""Polygons that were drawn as something else: closed lines, a polygon with its label, curves.

No line is closed or cut here: it is a polygon only where it ends in its first point.

Curved edges (arcs of ISO 13249-3) become chords. GEOS and shapely have no curves, and GDAL draws
an arc with a point every 4 degrees, so that a circle of a radius of 100 m loses 25 m²; here the
distance between arc and chord is what is bounded, to a millimetre.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.intake.findings import Finding
from mine_geo.intake.guard.binary import wkb_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyproj
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


LINES: Final = ("KML", "GPX", "DXF")
"""Formats in which people draw a polygon as a line."""
_POINT, _LINE, _RING, _POLYGON, _MULTI_POINT, _MULTI_LINE, _COLLECTION = 0, 1, 2, 3, 4, 5, 7
_POLYGONS: Final = (_POLYGON, 6)
_ARCS: Final = re.compile(
    rb"(?m)^[ \t]*(?:0[ \t]*\r?\n[ \t]*(?:CIRCLE|ARC|ELLIPSE|SPLINE)"
    rb"|42[ \t]*\r?\n[ \t]*-?[0.]*[1-9]\S*)[ \t]*\r?$"
)
_RING_NAME: Final = b"LinearRing"


def as_polygons(frame: gpd.GeoDataFrame, form: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return records with the polygons that their geometries draw, and what is to be said of it.

    Parameters
    ----------
    frame
        Records, RangeIndex, any reference system.
    form
        The format: in KML, GPX and DXF a line that ends in its first point is a polygon.

    Returns
    -------
    geopandas.GeoDataFrame
        The same records; of a DXF those without its texts and points, of which the one that lies
        in a polygon is the polygon's `Text`.
    list of Finding
        What was taken as a polygon (`as_polygon`, one for all), lines that are open
        (`not_polygon`, one each, with the mend), texts and points left out (`unread_part`).

    Examples
    --------
    >>> ring = shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)])
    >>> frame, said = as_polygons(gpd.GeoDataFrame(geometry=[ring]), "DXF")
    >>> frame.geometry[0].wkt, said[0].message
    ('POLYGON ((0 0, 1 0, 1 1, 0 0))', 'closed lines are taken as the polygons that they enclose:
    record number 1')
    """
    findings: list[Finding] = []
    texts = frame.iloc[:0]
    if form == "DXF":
        points = np.isin(shapely.get_type_id(frame.geometry.to_numpy()), (_POINT, _MULTI_POINT))
        texts, frame = frame[points], frame[~points].reset_index(drop=True)
    shapes = frame.geometry.to_numpy().copy()
    kinds = shapely.get_type_id(shapes)
    labelled = [int(n) for n in np.flatnonzero(kinds == _COLLECTION) if _is_labelled(shapes[n])]
    for place in labelled:
        shapes[place] = _polygons_of(shapes[place])
    findings += _taken("label points beside a polygon are left out", labelled)
    if form in LINES:
        shapes, closed = _closed(shapes)
        findings += _taken("closed lines are taken as the polygons that they enclose", closed)
        findings += _open_lines(shapes, form)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    if len(texts):
        frame = frame.assign(Text=_lettered(frame, texts))
        message = (
            f"{len(texts):,} texts, points and blocks of the drawing are left out; a text that "
            "lies alone in a polygon is its Text; of polygons in a block: take it apart (EXPLODE)"
        )
        findings.append(Finding("unread_part", message))
    return frame, findings


def _taken(what: str, places: Iterable[int]) -> list[Finding]:
    listed = some((place + 1 for place in places), 12)
    return [Finding("as_polygon", f"{what}: record number {listed}")] if listed else []


def _is_labelled(shape: Any) -> bool:
    """Say whether a collection holds polygons, and besides them points only."""
    kinds = set(shapely.get_type_id(shapely.get_parts(shape)).tolist())
    return kinds <= {_POINT, _MULTI_POINT, *_POLYGONS} and not kinds.isdisjoint(_POLYGONS)


def _polygons_of(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _closed(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[int]]:
    """Return the shapes with closed lines as polygons, and which they were."""
    found = []
    for place, shape in enumerate(shapes):
        if shapely.get_type_id(shape) not in {_LINE, _RING, _MULTI_LINE, _COLLECTION}:
            continue
        parts = shapely.get_parts(shape)
        lines = np.isin(shapely.get_type_id(parts), (_LINE, _RING))
        kinds = shapely.get_type_id(parts[~lines])
        if not lines.any() or not np.isin(kinds, (_POINT, _POLYGON)).all():
            continue
        rings = parts[lines]
        if not shapely.is_closed(rings).all() or (shapely.get_num_points(rings) < 4).any():
            continue
        closed = [shapely.linearrings(shapely.get_coordinates(ring)) for ring in rings]
        drawn = [*shapely.polygons(closed), *parts[~lines][kinds == _POLYGON]]
        shapes[place] = drawn[0] if len(drawn) == 1 else shapely.multipolygons(drawn)
        found.append(place)
    return shapes, found


def _lettered(frame: gpd.GeoDataFrame, texts: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return the Text of each record of a drawing: of a polygon the one that lies alone in it."""
    shapes = frame.geometry.to_numpy()
    written = texts[texts["Text"].notna()]
    polygons = np.flatnonzero(np.isin(shapely.get_type_id(shapes), _POLYGONS))
    tree = shapely.STRtree(written.geometry.to_numpy())
    inside, text = tree.query(shapes[polygons], predicate="intersects")
    own = frame["Text"].to_numpy(dtype=object).copy()
    for place in np.flatnonzero(np.bincount(inside, minlength=len(polygons)) == 1):
        own[polygons[place]] = written["Text"].iloc[int(text[inside == place][0])]
    return pd.Series(own, index=frame.index, dtype="str")


def _open_lines(shapes: NDArray[np.object_], form: str) -> list[Finding]:
    """Return a finding for each line that is no polygon, with its mend."""
    word = {"GPX": "track"}.get(form, "line")
    mend = (
        f"an open {word}, no polygon: it does not end where it begins; end it in its first point "
        "where it was walked around the area, and save it again"
    )
    corners = (
        "a point, no polygon; write its corners as a table (CSV) with hazard_id, lon and lat, one "
        "row a corner"
    )
    kinds = shapely.get_type_id(shapes)
    lines = np.isin(kinds, (_LINE, _RING, _MULTI_LINE))
    points = np.isin(kinds, (_POINT, _MULTI_POINT)) & (form == "GPX")
    return [
        Finding("not_polygon", corners if points[place] else mend, int(place))
        for place in np.flatnonzero(lines | points)
    ]


def draws_arcs(dxf: bytes) -> bool:
    r"""Say whether a drawing has circles, arcs or polylines that bulge, which GDAL draws.

    Examples
    --------
    >>> draws_arcs(b"0\nCIRCLE\n8\n0\n"), draws_arcs(b"0\nLWPOLYLINE\n8\n0\n42\n0.0\n")
    (True, False)
    """
    return _ARCS.search(dxf) is not None


def ring_starts(kml: bytes) -> list[int]:
    """Return where the names of LinearRing stand that are no boundary of a polygon, in bytes.

    GDAL gives nothing for a ring that is a geometry of its own; a LineString, whose name has as
    many letters, it gives.

    Parameters
    ----------
    kml
        The file, in an encoding whose letters are those of ASCII.

    Examples
    --------
    >>> kml = b"<kml><Placemark><LinearRing></LinearRing></Placemark></kml>"
    >>> [kml[place : place + 10] for place in ring_starts(kml)]
    [b'LinearRing', b'LinearRing']
    """
    parents: list[str] = [""]
    alone: list[bool] = []
    found: list[int] = []

    def note() -> None:
        place = kml.find(_RING_NAME, parser.CurrentByteIndex)
        if 0 <= place - parser.CurrentByteIndex < 100:
            found.append(place)

    def start(name: str, _: object) -> None:
        name = name.rpartition(":")[2]
        if name == "LinearRing":
            alone.append(not parents[-1].endswith("BoundaryIs"))
            if alone[-1]:
                note()
        parents.append(name)

    def end(name: str) -> None:
        parents.pop()
        if name.rpartition(":")[2] == "LinearRing" and alone.pop():
            note()

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(kml, True)
    except expat.ExpatError:
        return []  # GDAL says what is wrong with it
    return found


def with_lines_for_rings(kml: bytes) -> bytes | None:
    """Return a KML with lines for the rings that stand alone; None where there is none.

    Examples
    --------
    >>> with_lines_for_rings(b"<kml><LinearRing/></kml>")
    b'<kml><LineString/></kml>'
    """
    places = ring_starts(kml) if _RING_NAME in kml else []
    if not places:
        return None
    new = bytearray(kml)
    for place in places:
        new[place : place + len(_RING_NAME)] = b"LineString"
    return bytes(new)


TOLERANCE_M: Final = 0.001
"""How far a chord may lie from its arc, metres."""
WIDEST: Final = np.pi / 45
"""The largest angle between two points of an arc (4 degrees), however small it is."""
MOST_POINTS: Final = 1_000_000
"""Points that one arc may become."""
METRES_PER_DEGREE: Final = 111_700.0
"""At most, of latitude or longitude, on the WGS 84 ellipsoid (at the pole)."""

_WKB_LINE, _WKB_POLYGON = 2, 3
_CIRCULAR, _COMPOUND, _CURVE_POLYGON, _MULTI_CURVE, _MULTI_SURFACE = 8, 9, 10, 11, 12
_STRAIGHT: Final = {_CURVE_POLYGON: _WKB_POLYGON, _MULTI_CURVE: 5, _MULTI_SURFACE: 6}
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
    if kind in {_WKB_LINE, _CIRCULAR, _COMPOUND}:
        xy = _line(reader, kind, width, order)
        return struct.pack("<BII", 1, _WKB_LINE, len(xy)) + xy.astype("<f8").tobytes()
    if kind in {_WKB_POLYGON, 17}:
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
    head = struct.pack("<BII", 1, _WKB_POLYGON, len(rings))
    written = (struct.pack("<I", len(xy)) + xy.astype("<f8").tobytes() for xy in rings)
    return head + b"".join(written)


def _curve(reader: _Reader) -> Floats:
    """Return the points of the next line, arc or compound of both."""
    kind, width, reader.place, order = wkb_header(reader.wkb, reader.place)
    return _line(reader, kind, width, order)


def _line(reader: _Reader, kind: int, width: int, order: str) -> Floats:
    count = reader.count(order)
    if kind == _WKB_LINE:
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
