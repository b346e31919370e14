"""Polygons that were drawn as something else: closed lines, a polygon with its label, CAD texts.

Nothing is closed or cut here: a line is a polygon only where it ends in its first point.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.intake.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


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
