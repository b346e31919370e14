"""Geometries as bytes: GeoPackage blobs and PostGIS EWKB, whole columns at a time.

Everything is EPSG:4326 (longitude, latitude in degrees) and two-dimensional.

Source: OGC 12-128r18 (GeoPackage 1.3), clause 2.1.3; PostGIS, extended well-known binary.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
import shapely

from mine_geo.geo.geometry import without_empty

if TYPE_CHECKING:
    from collections.abc import Sequence


SRID: Final = 4326
_HEADER: Final = struct.Struct("<2sBBi4d")
"""As we write it: "GP", version, flags, system, and minx, maxx, miny, maxy."""
_FLAGS: Final = 0b0000_0011  # an envelope of x and y, little endian
_ENVELOPE_BYTES: Final = (0, 32, 48, 48, 64, 0, 0, 0)
"""By its kind: none, xy, xyz, xym, xyzm; the others are not in use."""
_XY_BYTES: Final = 16
_ONE_RING_BYTES: Final = 9 + 9 + 4
"""What a multipolygon of one ring takes beside its vertices: itself, its part, the ring's count.

No other multipolygon has this length, whatever is empty in it: 9 bytes a part and 4 a ring make 13
in one way only. So those, nearly all of a register, need not be taken apart.
"""


def to_blobs(geometries: Sequence[Any]) -> list[bytes | None]:
    """Turn geometries into GeoPackage blobs with an envelope; missing and empty ones into None.

    Examples
    --------
    >>> blob = to_blobs([shapely.box(102.5, 13.5, 102.6, 13.6)])[0]
    >>> blob[:2], len(blob) - len(wkb_of(blob))
    (b'GP', 40)
    >>> to_blobs([None, shapely.MultiPolygon()])
    [None, None]
    """
    shapes = _present(geometries)
    wkbs = shapely.to_wkb(shapes, byte_order=1, flavor="iso")
    return [
        None if wkb is None else _HEADER.pack(b"GP", 0, _FLAGS, SRID, *bounds) + wkb
        for wkb, bounds in zip(wkbs, _gpkg_order(shapely.bounds(shapes)), strict=True)
    ]


def _gpkg_order(bounds: np.ndarray[Any, Any]) -> list[list[float]]:
    """Put (minx, miny, maxx, maxy) into the order of a GeoPackage envelope."""
    return bounds[:, [0, 2, 1, 3]].tolist()


def to_ewkbs(geometries: Sequence[Any]) -> list[bytes | None]:
    """Turn geometries into EWKB with SRID 4326; missing and empty ones into None.

    Examples
    --------
    >>> to_ewkbs([shapely.Point(102.5, 13.5), None])[0].hex()[:18]
    '0101000020e6100000'
    """
    shapes = shapely.set_srid(_present(geometries), SRID)
    return list(shapely.to_wkb(shapes, byte_order=1, include_srid=True))


def _present(geometries: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return a flat object array of 2D geometries, None for missing and empty ones."""
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = list(geometries)
    shapes = shapely.force_2d(shapes)
    shapes[shapely.is_empty(shapes)] = None
    return shapes


@overload
def wkb_of(blob: bytes) -> bytes: ...
@overload
def wkb_of(blob: None) -> None: ...
def wkb_of(blob: bytes | None) -> bytes | None:
    """Cut the header off a GeoPackage blob, whatever program wrote it.

    The header is 8 bytes, then the envelope, whose kind the fourth byte says.

    Examples
    --------
    >>> shapely.from_wkb(wkb_of(to_blobs([shapely.Point(102.5, 13.5)])[0]))
    <POINT (102.5 13.5)>
    >>> wkb_of(None) is None
    True
    """
    return None if blob is None else blob[8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7] :]


def from_wkbs(wkbs: Sequence[bytes | None]) -> np.ndarray[Any, Any]:
    """Read a column of well-known binary in one call: an object array of shapely geometries.

    Empty parts and holes, which earlier versions let in, are left out.

    Examples
    --------
    >>> from_wkbs([None, shapely.Point(102.5, 13.5).wkb])
    array([None, <POINT (102.5 13.5)>], dtype=object)
    """
    column = np.empty(len(wkbs), dtype=object)
    column[:] = list(wkbs)
    shapes = shapely.from_wkb(column)
    lengths = np.fromiter((0 if wkb is None else len(wkb) for wkb in wkbs), np.int64, len(wkbs))
    rest = np.flatnonzero(
        lengths != _ONE_RING_BYTES + _XY_BYTES * shapely.get_num_coordinates(shapes)
    )
    shapes[rest] = without_empty(shapes[rest])[0]
    return shapes


def bounds_of(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """Return (minx, miny, maxx, maxy) of a GeoPackage blob, degrees; None where it has none.

    Examples
    --------
    >>> bounds_of(to_blobs([shapely.box(102.5, 13.5, 102.625, 13.75)])[0])
    (102.5, 13.5, 102.625, 13.75)
    """
    wkb = wkb_of(blob)
    if blob is None or wkb is None:
        return None
    if blob[3] >> 1 & 7 and blob[3] & 1:
        minx, maxx, miny, maxy = struct.unpack_from("<4d", blob, 8)
    else:
        minx, miny, maxx, maxy = shapely.bounds(shapely.from_wkb(wkb)).tolist()
    return None if np.isnan(minx) else (minx, miny, maxx, maxy)
