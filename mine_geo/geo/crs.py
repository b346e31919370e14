"""Coordinate reference systems: everything travels in EPSG:4326, no datum shift is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
from pyproj.exceptions import CRSError as UnknownSystemError
from pyproj.exceptions import ProjError

from mine_geo.errors import CRSError
from mine_geo.geo.datum import Shift, choose_operation, declared_shift, horizontal
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


WGS84 = pyproj.Geod(ellps="WGS84")
"""The ellipsoid on which every distance is measured."""

WGS84_DATUMS: Final = ("wgs 84", "wgs_1984", "wgs 1984", "world geodetic system 1984")
"""How the datum's name begins, in small letters and without ESRI's `D_`, in EPSG, ESRI, OGC."""


def require_lonlat(frame: Any, what: str) -> None:
    """Refuse a frame or series of geometries that is not in EPSG:4326 (longitude, latitude).

    Parameters
    ----------
    frame
        GeoDataFrame or GeoSeries.
    what
        What it holds, as it begins the message: "hazards", "the report".

    Raises
    ------
    CRSError
        If it is in another reference system, or says none; with the call that mends it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> require_lonlat(gpd.GeoSeries([], crs=32648), "hazards")
    Traceback (most recent call last):
        ...
    mine_geo.errors.CRSError: hazards must be in EPSG:4326, not in WGS 84 / UTM zone 48N; use
    to_crs(4326) first
    """
    # Of a table without geometry there is no system; a column could be called crs.
    system = getattr(frame, "crs", None)
    if not isinstance(system, pyproj.CRS):
        raise CRSError(
            f"{what} must be in EPSG:4326, and no reference system is set; use set_crs with the "
            "right one, and to_crs(4326) if it is another"
        )
    if system != CRS:
        raise CRSError(f"{what} must be in EPSG:4326, not in {system.name}; use to_crs(4326) first")


def system_given(said: str) -> pyproj.CRS:
    """Return the reference system that a person names, as "EPSG:32648".

    Raises
    ------
    CRSError
        If there is no such system.

    Examples
    --------
    >>> system_given("EPSG:32648").name
    'WGS 84 / UTM zone 48N'
    """
    try:
        return pyproj.CRS.from_user_input(said)
    except UnknownSystemError as error:
        raise CRSError(f"{said!r} is no reference system; give one as EPSG:32648") from error


def utm_zone(longitude: float, latitude: float) -> pyproj.CRS:
    """Return the UTM zone (WGS 84) that holds a place, for planar work of small extent.

    Examples
    --------
    >>> utm_zone(103.2, 13.1).to_epsg()
    32648
    """
    zone = int((longitude + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def to_plane(crs: pyproj.CRS) -> pyproj.Transformer:
    """Return the transformer from EPSG:4326 (longitude first) to a projected system, metres."""
    return pyproj.Transformer.from_crs(CRS, crs, always_xy=True)


def geodesic_m(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic length in metres from each start to each end on WGS 84 (Karney 2013).

    Parameters
    ----------
    starts, ends
        Arrays of shape (n, 2): longitude, latitude, in EPSG:4326.

    Examples
    --------
    >>> geodesic_m(np.array([[103.0, 13.0]]), np.array([[103.0, 13.1]])).round(2)
    array([11063.09])
    """
    lengths = WGS84.inv(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1])[2]
    return np.asarray(lengths, dtype=float)


def to_wgs84(frame: gpd.GeoDataFrame, what: str, operation: str | None = None) -> gpd.GeoDataFrame:
    """Return a frame in EPSG:4326; refuse a missing reference system and a silent datum shift.

    As `shift_to_wgs84`, which also says the shift.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> utm = gpd.GeoDataFrame(geometry=[shapely.Point(500000, 0)], crs=32648)
    >>> round(to_wgs84(utm, "points.gpkg").geometry[0].x, 9)
    105.0
    """
    return shift_to_wgs84(frame, what, operation)[0]


def shift_to_wgs84(
    frame: gpd.GeoDataFrame, what: str, operation: str | None = None
) -> tuple[gpd.GeoDataFrame, Shift | None]:
    """Return a frame in EPSG:4326, and the datum transformation that brought it there.

    PROJ would choose one by place, or shift nothing, without a word. Here one operation is named,
    and used for all records, inside its area of use or not (`Shift.covers` says which).

    Parameters
    ----------
    frame
        Any GeoDataFrame.
    what
        What the frame is, for messages (a file's name).
    operation
        The datum transformation, where the data's datum is not WGS 84: by its name ("Indian 1960
        to WGS 84 (2)"), its code ("EPSG:1542"), or PROJ's description of the whole way;
        "as the file declares" for a shift in the file itself (TOWGS84).

    Returns
    -------
    geopandas.GeoDataFrame
        The same records; a coordinate that cannot be transformed becomes infinite.
    Shift or None
        The operation, its accuracy and area; None where the data stand on WGS 84.

    Raises
    ------
    CRSError
        If the frame has no reference system; has another datum and `operation` is not given, is
        none of those that there are (the message lists them with accuracy and area) or needs a
        grid that is not installed; or stands on WGS 84 although an operation is named.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> old = gpd.GeoDataFrame(geometry=[shapely.Point(104, 12)], crs=4131)
    >>> new, shift = shift_to_wgs84(old, "old.shp", "EPSG:1542")
    >>> shift.operation, shift.accuracy_m, shift.covers
    ('Indian 1960 to WGS 84 (2)', 44.0, False)
    """
    if frame.crs is None:
        raise CRSError(
            f"{what}: no coordinate reference system; set it in the file (for example EPSG:32648 "
            "in a .prj), after asking its maker which one it is"
        )
    if is_wgs84(frame.crs):
        _check_wgs84(frame.crs, what, operation)
        return _same_datum(frame), None
    transformer, shift = choose_operation(frame.crs, operation, what, extent(frame))
    moved = frame.geometry.transform(
        lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return frame.set_geometry(moved.set_crs(CRS, allow_override=True)), shift


def extent(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a frame in degrees on its own datum.

    Records with a coordinate that is not a number do not count. None where no record is left, or
    the coordinates cannot be places of their reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> utm = gpd.GeoDataFrame(geometry=[shapely.box(500000, 0, 600000, 100000)], crs=3148)
    >>> tuple(round(float(v), 2) for v in extent(utm))
    (105.0, 0.0, 105.9, 0.9)
    """
    system = horizontal(frame.crs)
    boxes = frame.bounds.to_numpy(dtype=float)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes) or not (system.is_projected or system.is_geographic):
        return None
    bounds = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    try:
        to_degrees = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
        degrees = to_degrees.transform_bounds(*bounds)
    except ProjError:
        return None
    west, south, east, north = (float(value) for value in degrees)
    return (west, south, east, north) if np.isfinite(degrees).all() else None


def _check_wgs84(system: pyproj.CRS, what: str, operation: str | None) -> None:
    """Refuse a shift, named or declared, of data that stand on WGS 84; and what is no map."""
    flat = horizontal(system)
    if not (flat.is_geographic or flat.is_projected):
        raise CRSError(
            f"{what}: {system.name!r} ({system.type_name}) has no longitude and latitude, nor "
            "easting and northing; export the file in EPSG:4326"
        )
    numbers = declared_shift(system)
    if any(numbers):
        raise CRSError(
            f"{what}: its reference system says WGS 84, and yet a shift to WGS 84 (TOWGS84 "
            f"{', '.join(f'{number:g}' for number in numbers)}); ask its maker which is true and "
            'set the reference system in the file, or give it, as crs="EPSG:4326"'
        )
    if operation is not None:
        raise CRSError(
            f"{what}: {system.name!r} stands on WGS 84, where operation {operation!r} has nothing "
            "to shift; leave operation out, or set the reference system that the data truly have"
        )


def _same_datum(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame that stands on WGS 84 in EPSG:4326."""
    if frame.crs == pyproj.CRS.from_user_input(CRS):
        return frame
    # A degree that a .prj rounds to 0.01745329 would move Cambodia by 1.5 m.
    unit = frame.crs.axis_info[0].unit_conversion_factor
    degrees = frame.crs.is_geographic and abs(unit * 180 / np.pi - 1) < 1e-6
    return frame.set_crs(CRS, allow_override=True) if degrees else frame.to_crs(CRS)


def is_wgs84(system: pyproj.CRS) -> bool:
    """Say whether a reference system, projected or not, stands on the datum WGS 84.

    By the datum's name, ellipsoid and prime meridian: files often carry no authority's code.

    Examples
    --------
    >>> is_wgs84(pyproj.CRS("OGC:CRS84")), is_wgs84(pyproj.CRS("EPSG:3148"))
    (True, False)
    """
    geodetic = system.geodetic_crs
    if geodetic is None or geodetic.datum is None or geodetic.ellipsoid is None:
        return False
    name = geodetic.datum.name.lower().removeprefix("d_")
    ellipsoid, meridian = geodetic.ellipsoid, geodetic.prime_meridian
    return (
        name.startswith(WGS84_DATUMS)
        and abs(ellipsoid.semi_major_metre - WGS84.a) < 1e-3
        and abs(ellipsoid.inverse_flattening - 1 / WGS84.f) < 1e-6
        and (meridian is None or meridian.longitude == 0)
    )
