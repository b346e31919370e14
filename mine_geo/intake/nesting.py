"""Geometries in geometries in geometries: GEOS reads them by recursion, and dies of some 20,000."""

from __future__ import annotations

import struct
from typing import Final

DEEPEST: Final = 50
"""Collections in collections; no format needs more than two."""
SHORT: Final = 1 << 14
"""Bytes below which no geometry can be dangerously deep: a level takes at least nine."""

_POINT, _LINE, _POLYGON, _CIRCULAR, _TRIANGLE = 1, 2, 3, 8, 17
_FLAGS: Final = 0xE0000000
_SRID: Final = 0x20000000
_HEIGHT: Final = 0x80000000
_MEASURE: Final = 0x40000000


def is_deep_wkb(wkb: bytes) -> bool:
    """Say whether a geometry holds geometries in geometries, more than `DEEPEST` levels.

    Read without recursion, in time that goes with the number of parts (OGC 06-103r4, 8.2, and the
    flags of EWKB). What is no WKB is not deep: GEOS says what is wrong with it.

    Examples
    --------
    >>> point = struct.pack("<BIdd", 1, 1, 103.0, 13.0)
    >>> is_deep_wkb(point), is_deep_wkb(struct.pack("<BII", 1, 7, 1) * 5000 + point)
    (False, True)
    """
    if len(wkb) < SHORT:
        return False
    place, open_parts = 0, [1]
    try:
        while open_parts:
            if open_parts[-1] == 0:
                open_parts.pop()
                continue
            open_parts[-1] -= 1
            place, parts = _step(wkb, place)
            if parts:
                open_parts.append(parts)
            if len(open_parts) > DEEPEST:
                return True
    except struct.error:
        pass
    return False


def is_deep_text(text: str) -> bool:
    """Say the same of a geometry written as WKT, or as WKB in hexadecimal digits.

    Examples
    --------
    >>> is_deep_text("POLYGON ((0 0, 1 0, 1 1, 0 0))"), is_deep_text("GeometryCollection(" * 2000)
    (False, True)
    """
    if len(text) < SHORT:
        return False
    if text.upper().count("COLLECTION") > DEEPEST:
        return True
    try:
        return is_deep_wkb(bytes.fromhex(text))
    except ValueError:
        return False


def _step(wkb: bytes, place: int) -> tuple[int, int]:
    """Read one header; return where the next is, and how many geometries are inside."""
    order = "<" if wkb[place : place + 1] == b"\x01" else ">"
    (written,) = struct.unpack_from(f"{order}I", wkb, place + 1)
    place += 5 + (4 if written & _SRID else 0)
    kind, dimensions = (written & ~_FLAGS) % 1000, (written & ~_FLAGS) // 1000
    numbers = 2 + (dimensions in {1, 3}) + (dimensions in {2, 3})
    numbers += bool(written & _HEIGHT) + bool(written & _MEASURE)
    if kind == _POINT:
        return place + 8 * numbers, 0
    (count,) = struct.unpack_from(f"{order}I", wkb, place)
    place += 4
    if kind in {_LINE, _CIRCULAR}:
        return place + 8 * numbers * count, 0
    if kind in {_POLYGON, _TRIANGLE}:
        for _ in range(count):
            (points,) = struct.unpack_from(f"{order}I", wkb, place)
            place += 4 + 8 * numbers * points
        return place, 0
    return place, count
