"""Coordinate reference systems: everything travels in EPSG:4326, no datum shift is silent."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from mine_geo.errors import CRSError
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

WGS84 = pyproj.Geod(ellps="WGS84")
"""The ellipsoid on which every distance is measured."""

WGS84_DATUMS: Final = ("wgs 84", "wgs_1984", "wgs 1984", "world geodetic system 1984")
"""How the datum's name begins, in small letters and without ESRI's `D_`, in EPSG, ESRI, OGC."""


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

    Parameters
    ----------
    frame
        Any GeoDataFrame.
    what
        What the frame is, for messages (a file's name).
    operation
        Name of the datum transformation to use, where the data's datum is not WGS 84: as EPSG
        names it ("Indian 1960 to WGS 84 (2)" is EPSG:1542) or as PROJ describes the whole way.

    Raises
    ------
    CRSError
        If the frame has no reference system, or has another datum and `operation` is not given
        or is none of those that PROJ knows (the message lists them).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> utm = gpd.GeoDataFrame(geometry=[shapely.Point(500000, 0)], crs=32648)
    >>> round(to_wgs84(utm, "points.gpkg").geometry[0].x, 9)
    105.0
    """
    if frame.crs is None:
        raise CRSError(
            f"{what}: no coordinate reference system; set it in the file (for example EPSG:32648 "
            "in a .prj), after asking its maker which one it is"
        )
    target = pyproj.CRS.from_user_input(CRS)
    if frame.crs == target:
        return frame
    if is_wgs84(frame.crs):
        # A degree that a .prj rounds to 0.01745329 would move Cambodia by 1.5 m.
        unit = frame.crs.axis_info[0].unit_conversion_factor
        degrees = frame.crs.is_geographic and abs(unit * 180 / np.pi - 1) < 1e-6
        return frame.set_crs(CRS, allow_override=True) if degrees else frame.to_crs(CRS)
    return _by_operation(frame, what, operation)


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


def _steps(description: str) -> str:
    """Return the steps of a transformation that change the datum, without axes and projection."""
    return " + ".join(step for step in description.split(" + ") if " to " in step)


def _by_operation(frame: gpd.GeoDataFrame, what: str, operation: str | None) -> gpd.GeoDataFrame:
    """Transform by one named operation, or raise with the names that there are."""
    names = {_steps(way.description): way for way in reversed(_ways(frame.crs))}
    every = {way.description: way for way in names.values()} | names
    if not names:
        raise CRSError(
            f"{what}: {frame.crs.name!r} says no datum that can be brought to WGS 84; ask the "
            "file's maker for its coordinate reference system and set that in the file"
        )
    if operation not in every:
        listed = "; ".join(f"{n!r} ({_accuracy(t)})" for n, t in reversed(names.items()))
        raise CRSError(
            f"{what}: {frame.crs.name} has another datum than WGS 84; name the transformation "
            f"(operation=...): {listed}"
        )
    transform = every[operation].transform
    moved = frame.geometry.transform(lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1])))
    return frame.set_geometry(moved.set_crs(CRS, allow_override=True))


def _ways(system: pyproj.CRS) -> list[pyproj.Transformer]:
    """List PROJ's ways to EPSG:4326 that change the datum by a named transformation."""
    try:
        with warnings.catch_warnings():
            # A better way may need a grid that is not installed; those at hand are listed.
            warnings.filterwarnings("ignore", message="Best transformation is not available")
            group = TransformerGroup(system, CRS, always_xy=True, allow_ballpark=False)
    except ProjError:
        return []
    return [way for way in group.transformers if _steps(way.description)]


def _accuracy(way: pyproj.Transformer) -> str:
    return f"{way.accuracy:g} m" if way.accuracy >= 0 else "accuracy not known"
