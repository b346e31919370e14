"""The geometry of Esri JSON: what GDAL reads right is GDAL's, the rest is made plain for it.

GDAL (ESRIJSON driver, tried with 3.12) is right on rings in either direction, holes, islands in
holes, several parts and on `spatialReference` (`latestWkid`, `wkid` with 102100 as EPSG:3857, WKT).
Tried and found wrong, or not said, and therefore done here before it sees the rings:

- a z or m that is null or "NaN", as servers write it where there is none, loses the whole polygon:
  only x and y are handed on;
- curves (`curveRings`) become null without a word: `not_polygon`;
- a coordinate that is no number, a point of one number: null without a word: `bad_coordinates`;
- rings of one or two points: null or degenerate without a word: `few_points`;
- a ring that is not closed: null in pyogrio; closed here, and said (`repaired`);
- a `spatialReference` that stands in the geometries only, or that PROJ does not know, becomes
  "none" without a word; one in a geometry that differs from that of its layer is passed over.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyogrio
import pyogrio.errors

from mine_geo.declared import same_system, system_of
from mine_geo.errors import FileError, some
from mine_geo.findings import Finding

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from mine_geo.intake.esri_pages import Page

CURVED: Final = ("curveRings", "curvePaths")
BLOCK: Final = 10_000
"""Geometries handed to GDAL at once."""

_Fault = tuple[str, str]


class _PointError(ValueError):
    """A position that is no pair of numbers."""


@dataclass(frozen=True)
class Drawn:
    """The geometries of a page."""

    geometries: NDArray[np.object_]
    """One a record, None where it has none or one that cannot be read."""
    crs: pyproj.CRS | None
    declared: str | None
    """The `spatialReference` as it stands, None where there is none."""
    findings: list[Finding]
    """`record` is the place in the page, from 0."""
    unclear: str | None = None
    """Which systems the geometries name, where they are several."""


def draw(page: Page) -> Drawn:
    """Build the geometries of a page in the reference system that it declares.

    Raises
    ------
    FileError
        If GDAL cannot read the page at all.
    """
    written = [feature.get("geometry") for feature in page.features]
    declared, unclear = _declared(page, written)
    findings: list[Finding] = []
    geometries = np.full(len(written), None, dtype=object)
    crs = None
    for start in range(0, max(len(written), 1), BLOCK):
        plain: list[dict[str, Any] | None] = []
        for record, geometry in enumerate(written[start : start + BLOCK], start):
            shape, faults = _plain(geometry)
            plain.append(shape)
            findings += [Finding(code, message, record=record) for code, message in faults]
        built, crs = _by_gdal(page, plain, declared)
        geometries[start : start + BLOCK] = built
        for record, shape in enumerate(plain, start):
            if shape is not None and geometries[record] is None:
                message = "a geometry that cannot be built from its coordinates"
                findings.append(Finding("bad_coordinates", message, record=record))
    text = None if declared is None else json.dumps(declared, sort_keys=True)
    return Drawn(geometries, crs, text, findings, unclear)


def _by_gdal(
    page: Page, shapes: list[dict[str, Any] | None], declared: dict[str, Any] | None
) -> tuple[NDArray[np.object_], pyproj.CRS | None]:
    answer = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": declared,
        "fields": [{"name": "n", "type": "esriFieldTypeInteger"}],
        "features": [{"attributes": {"n": n}, "geometry": g} for n, g in enumerate(shapes)],
    }
    try:
        with warnings.catch_warnings():
            # Codes of ESRI that PROJ knows under another number.
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = pyogrio.read_dataframe(json.dumps(answer).encode(), columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FileError(f"{page.name}: GDAL cannot read its geometries ({error})") from error
    geometries = frame.geometry.to_numpy(dtype=object)
    if len(geometries) != len(shapes):
        raise FileError(f"{page.name}: GDAL read {len(geometries)} of {len(shapes)} geometries")
    missing = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    geometries[missing] = None
    return geometries, frame.crs


def _declared(page: Page, geometries: list[Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Return the spatial reference of the page, or else the one of all its geometries.

    And what is named, where that is not one: a geometry may say another than its layer.
    """
    said = page.answer.get("spatialReference")
    whole = said if isinstance(said, dict) and said else None
    kept: list[tuple[dict[str, Any] | None, int]] = []
    for record, (feature, geometry) in enumerate(zip(page.features, geometries, strict=True), 1):
        own = _own(geometry) or _own(feature) or whole
        if geometry and not any(_same(own, other) for other, _ in kept):
            kept.append((own, record))
    declared = whole or next((own for own, _ in kept if own), None)
    if all(_same(own, declared) for own, _ in kept):
        return declared, None
    named = [f"{_text(own)} (record {record:,})" for own, record in kept]
    layer = f", and their layer {_text(whole)}" if whole else ""
    return declared, f"its geometries name {some(named, 3)}{layer}"


def _same(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    return one == other or same_system(system_of(one), system_of(other))


def _text(said: dict[str, Any] | None) -> str:
    return "none" if said is None else json.dumps(said, sort_keys=True)[:200]


def _own(value: Any) -> dict[str, Any] | None:
    """Return the spatial reference that a feature or geometry says itself."""
    said = value.get("spatialReference") if isinstance(value, dict) else None
    return said if isinstance(said, dict) and said else None


def _plain(geometry: Any) -> tuple[dict[str, Any] | None, list[_Fault]]:
    """Return a geometry with x and y only, and what is wrong with it."""
    if geometry is None or geometry == {}:
        return None, []
    if not isinstance(geometry, dict):
        return None, [("bad_coordinates", "a geometry that is none (a text or a number)")]
    if any(geometry.get(name) for name in CURVED):
        message = "curved edges; ask the server for straight ones (returnTrueCurves=false)"
        return None, [("not_polygon", message)]
    try:
        if "rings" in geometry:
            return _rings(geometry["rings"])
        return _other(geometry)
    except _PointError as error:
        return None, [("bad_coordinates", str(error))]


def _rings(rings: Any) -> tuple[dict[str, Any] | None, list[_Fault]]:
    faults: list[_Fault] = []
    kept = []
    for number, ring in enumerate(_list(rings), 1):
        points = _positions(ring, f"ring {number}")
        if not points:
            continue
        closed = points if points[0] == points[-1] else [*points, points[0]]
        if len(closed) < 4:
            count = max(len(closed) - 1, 1)
            faults.append(("few_points", f"ring {number} has {count} points, not 3: left out"))
            continue
        if closed is not points:
            faults.append(("repaired", f"ring {number} did not end where it begins: closed"))
        kept.append(closed)
    return ({"rings": kept} if kept else None), faults


def _other(geometry: dict[str, Any]) -> tuple[dict[str, Any] | None, list[_Fault]]:
    """Return a point, a line or points; a hazard it is not, but the checks say so."""
    if "x" in geometry:
        if geometry["x"] in (None, "NaN"):  # so an empty point is written
            return None, []
        x, y = _positions([[geometry["x"], geometry.get("y")]], "the point")[0]
        return {"x": x, "y": y}, []
    if "paths" in geometry:
        paths = [_positions(path, "a path") for path in _list(geometry["paths"])]
        paths = [path for path in paths if len(path) > 1]
        return ({"paths": paths} if paths else None), []
    if "points" in geometry:
        points = _positions(geometry["points"], "the points")
        return ({"points": points} if points else None), []
    named = ", ".join(sorted(geometry))[:60]
    return None, [("not_polygon", f"a geometry of an unknown kind ({named})")]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _PointError("a geometry whose rings are no list")
    return value


def _positions(points: Any, where: str) -> list[list[float]]:
    """Return the pairs of x and y; z and m are left out."""
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) >= 2 for point in points
    ):
        raise _PointError(f"{where}: a point that is no pair of numbers")
    try:
        xy = np.array([point[:2] for point in points], dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise _PointError(f"{where}: a coordinate that is no number") from None
    if not np.isfinite(xy).all():
        raise _PointError(f"{where}: a coordinate that is no number")
    return xy.tolist()
