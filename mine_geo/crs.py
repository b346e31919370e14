"""Coordinate reference systems: everything travels in EPSG:4326, no datum shift is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
from pyproj.transformer import TransformerGroup

from mine_geo.errors import CRSError
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

WGS84 = pyproj.Geod(ellps="WGS84")
"""The ellipsoid on which every distance is measured."""


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
        Name of the datum transformation to use, as PROJ lists it, where the data's datum is not
        WGS 84.

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
    geodetic = frame.crs.geodetic_crs
    if geodetic is not None and geodetic.to_2d() == target.geodetic_crs:
        return frame.to_crs(CRS)
    return _by_operation(frame, what, operation)


def _by_operation(frame: gpd.GeoDataFrame, what: str, operation: str | None) -> gpd.GeoDataFrame:
    """Transform by one named operation, or raise with the names that there are."""
    group = TransformerGroup(frame.crs, CRS, always_xy=True, allow_ballpark=False)
    names = {transformer.description: transformer for transformer in group.transformers}
    if operation not in names:
        listed = "; ".join(f"{n} ({t.accuracy:g} m)" for n, t in names.items()) or "PROJ has none"
        raise CRSError(
            f"{what}: {frame.crs.name} has another datum than WGS 84; name the transformation "
            f"(operation=...): {listed}"
        )
    transform = names[operation].transform
    moved = frame.geometry.transform(lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1])))
    return frame.set_geometry(moved.set_crs(CRS, allow_override=True))
