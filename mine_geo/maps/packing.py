"""Numbers, outlines and columns as short text, for a script block of a page.

A whole number goes into one to eleven characters of `ALPHABET`: five bits each, lowest first, the
sixth bit says that more follow. Coordinates (EPSG:4326, longitude and latitude) are rounded to
1e-6 degree (0.11 m) and sent as differences from vertex to vertex, so shared vertices stay
shared. `assets/decode.js` reads all of it back.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Integers = NDArray[np.int64]
    Geometries = NDArray[np.object_]

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STEPS_PER_DEGREE: Final = 1_000_000
"""Coordinates are rounded to one millionth of a degree: 0.11 m."""

_LETTERS: Final = np.frombuffer(ALPHABET.encode("ascii"), dtype="S1")
_EPOCH: Final = np.datetime64("1900-01-01", "D")
_UNSAFE: Final = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def safe_json(value: object) -> str:
    r"""Write JSON that can stand inside a script element, whatever strings it holds.

    Examples
    --------
    >>> safe_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def pack(numbers: ArrayLike) -> str:
    """Write whole numbers >= 0 as text.

    Examples
    --------
    >>> pack([0, 31, 32])
    'AfgB'
    >>> pack([])
    ''
    """
    values = np.asarray(numbers, dtype=np.uint64)
    lengths = np.ones(len(values), dtype=np.int64)
    for bits in range(5, 64, 5):
        lengths += (values >> np.uint64(bits)) > 0
    owner = np.repeat(np.arange(len(values)), lengths)
    place = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner]
    low = (values[owner] >> (5 * place).astype(np.uint64)) & np.uint64(31)
    more = place < lengths[owner] - 1
    return str(_LETTERS[low.astype(np.int64) + 32 * more].tobytes().decode("ascii"))


def pack_signed(numbers: ArrayLike) -> str:
    """Write whole numbers of either sign: n becomes 2n, -n becomes 2n - 1.

    Examples
    --------
    >>> pack_signed([0, -1, 1]) == pack([0, 1, 2])
    True
    """
    values = np.asarray(numbers, dtype=np.int64)
    return pack((values << 1) ^ (values >> 63))


def lattice(coordinates: NDArray[np.float64]) -> Integers:
    """Round degrees to whole steps of one millionth."""
    return np.asarray(np.rint(coordinates * STEPS_PER_DEGREE), dtype=np.int64)


def _packed_points(rings: Geometries, *, closed: bool) -> tuple[str, str]:
    """Pack the vertices of rings (the closing one left out) or lines: counts and steps."""
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    steps = lattice(xy)
    keep = np.ones(len(owner), dtype=bool)
    same_ring = owner[1:] == owner[:-1]
    keep[1:] = ~(same_ring & (steps[1:] == steps[:-1]).all(axis=1))
    if closed and len(owner):
        last = np.append(~same_ring, np.True_)
        keep &= ~last
    counts = np.bincount(owner[keep], minlength=len(rings))
    return pack(counts), pack_signed(np.diff(steps[keep], axis=0, prepend=0).ravel())


def pack_polygons(geometries: Geometries) -> dict[str, str]:
    """Pack polygons and multipolygons: parts a shape, rings a part, points a ring, steps.

    Examples
    --------
    >>> pack_polygons(np.array([shapely.box(0, 0, 3e-6, 2e-6)]))
    {'parts': 'B', 'rings': 'B', 'points': 'E', 'steps': 'GAAEFAAD'}
    """
    nothing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    shapes = np.where(nothing, shapely.MultiPolygon(), geometries)
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, steps = _packed_points(rings, closed=True)
    return {
        "parts": pack(np.bincount(shape_of, minlength=len(shapes))),
        "rings": pack(np.bincount(part_of, minlength=len(parts))),
        "points": points,
        "steps": steps,
    }


def pack_lines(geometry: Any) -> dict[str, str]:
    """Pack the lines of one geometry: points a line, steps."""
    lines = shapely.get_parts(shapely.line_merge(geometry))
    points, steps = _packed_points(lines, closed=False)
    return {"points": points, "steps": steps}


def pack_numbers(values: pd.Series) -> str:
    """Pack a column of whole numbers >= 0 in which 0 means null and n + 1 means n."""
    numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    valid = np.isfinite(numbers) & (numbers >= 0)
    return pack(np.where(valid, np.rint(np.where(valid, numbers, 0)) + 1, 0))


def pack_days(values: pd.Series) -> str:
    """Pack a column of dates as days since 1 January 1900, 0 for null."""
    days = pd.to_datetime(values).to_numpy(dtype="datetime64[D]")
    missing = np.isnat(days)
    return pack_numbers(
        pd.Series(np.where(missing, np.nan, (days - _EPOCH).astype(np.float64)), dtype=float)
    )
