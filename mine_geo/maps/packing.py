"""Numbers, outlines and columns as short text, for a script block of a page.

A whole number goes into one to eleven characters of `ALPHABET`: five bits each, lowest first, the
sixth bit says that more follow. Coordinates (EPSG:4326, longitude and latitude) are rounded to
1e-6 degree (0.11 m; hazards of pages that can draw to 1e-9) and sent as differences from vertex to
vertex, so shared vertices stay shared. `assets/decode.js` reads all of it back.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.geo.cells import read_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Integers = NDArray[np.int64]
    Geometries = NDArray[np.object_]


ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STEPS_PER_DEGREE: Final = 1_000_000
"""Coordinates are rounded to one millionth of a degree: 0.11 m."""

FINE_STEPS_PER_DEGREE: Final = 1_000_000_000
"""Of hazards on a page that can draw: 0.1 mm, so that no size moves by 1 m². Steps of 1e-8 degree
moved those of 0.6 km² by up to 0.8 m²."""

LEAST_RUN: Final = 4
"""Fewer vertices than that are sent again and not pointed to."""

MANY_WORDS: Final = 50
"""From so many texts on, each is told by what it shares with the one before."""

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
    # How many letters each number takes: one more for each five bits that hold anything.
    lengths = np.ones(len(values), dtype=np.int64)
    for bits in range(5, 64, 5):
        lengths += (values >> np.uint64(bits)) > 0
    # One row a letter: whose it is, and which of its letters, the lowest first.
    owner = np.repeat(np.arange(len(values)), lengths)
    place = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner]
    # Its five bits; the sixth is set on all letters of a number but the last.
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
    return pack((values << 1) ^ (values >> 63))  # the shifted sign is 0, or all ones


def pack_words(words: list[str]) -> list[str] | dict[str, Any]:
    """Return texts as they are; many, as the count of letters shared with the one before and rest.

    Letters outside the Basic Multilingual Plane, which a script counts as two, are never shared.

    Examples
    --------
    >>> packed = pack_words([f"AP-{number:03}" for number in range(9, 99)])
    >>> packed["rest"][:3], packed["shared"][:3]
    (['AP-009', '10', '1'], 'AEF')
    """
    if len(words) < MANY_WORDS:
        return words
    shared = [0, *(_shared(one, other) for one, other in pairwise(words))]
    rest = [word[count:] for word, count in zip(words, shared, strict=True)]
    return {"shared": pack(shared), "rest": rest}


def _shared(one: str, other: str) -> int:
    """Return how many first letters two texts share."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1] < "\ud800", pairs))


def lattice(coordinates: NDArray[np.float64], steps_per_degree: int = STEPS_PER_DEGREE) -> Integers:
    """Round degrees to whole steps, of one millionth unless told."""
    return np.asarray(np.rint(coordinates * steps_per_degree), dtype=np.int64)


def _vertices(
    rings: Geometries, *, closed: bool, steps_per_degree: int = STEPS_PER_DEGREE
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return all vertices on the lattice, whose they are, and which are sent.

    Not the closing one of a ring, nor one that lies on the vertex before it.
    """
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    steps = lattice(xy, steps_per_degree)
    keep = np.ones(len(owner), dtype=bool)
    same_ring = owner[1:] == owner[:-1]
    keep[1:] = ~(same_ring & (steps[1:] == steps[:-1]).all(axis=1))
    if closed and len(owner):
        last = np.append(~same_ring, np.True_)
        keep &= ~last
    return steps, owner, keep


def _packed_points(
    rings: Geometries, *, closed: bool, steps_per_degree: int = STEPS_PER_DEGREE
) -> tuple[str, str]:
    """Pack the vertices of rings (the closing one left out) or lines: counts and steps."""
    steps, owner, keep = _vertices(rings, closed=closed, steps_per_degree=steps_per_degree)
    counts = np.bincount(owner[keep], minlength=len(rings))
    return pack(counts), pack_signed(np.diff(steps[keep], axis=0, prepend=0).ravel())


def pack_polygons(geometries: Geometries, *, fine: bool = False) -> dict[str, Any]:
    """Pack polygons and multipolygons: parts a shape, rings a part, points a ring, steps.

    `fine`: with steps of 1e-9 degree; `per_degree` says so.

    Examples
    --------
    >>> pack_polygons(np.array([shapely.box(0, 0, 3e-6, 2e-6)]))
    {'parts': 'B', 'rings': 'B', 'points': 'E', 'steps': 'GAAEFAAD'}
    """
    nothing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    shapes = np.where(nothing, shapely.MultiPolygon(), geometries)
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    per_degree = FINE_STEPS_PER_DEGREE if fine else STEPS_PER_DEGREE
    points, steps = _packed_points(rings, closed=True, steps_per_degree=per_degree)
    return {
        "parts": pack(np.bincount(shape_of, minlength=len(shapes))),
        "rings": pack(np.bincount(part_of, minlength=len(parts))),
        "points": points,
        "steps": steps,
    } | ({"per_degree": per_degree} if fine else {})


class Vertices:
    """The vertices of all lines of a page, in order, on the lattice; areas point to them."""

    def __init__(self, lines: Sequence[Geometries]) -> None:
        steps, owners = [np.empty((0, 2), dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        count = 0
        for parts in lines:
            found, owner, kept = _vertices(parts, closed=False)
            steps.append(found[kept])
            owners.append(owner[kept] + count)
            count += len(parts)
        # Tuples, for a page's lines share most of their vertices with its areas: each is looked up.
        self.steps = [(int(x), int(y)) for x, y in np.concatenate(steps)]
        self.line_of = np.concatenate(owners).tolist()
        self.places: dict[tuple[int, int], list[int]] = {}
        for place, step in enumerate(self.steps):
            self.places.setdefault(step, []).append(place)

    def run(self, ring: list[tuple[int, int]], at: int) -> tuple[int, int]:
        """Return where the longest run from a vertex of a ring on starts, and its signed length.

        The sign says the direction along the line; a length of 0 that the vertex is in no line.
        """
        best = (0, 0)
        # Three borders may meet in a vertex, and a ring may follow any of them, either way.
        for place in self.places.get(ring[at], ()):
            for way in (1, -1):
                length = self._length(ring, at, place, way)
                if length > abs(best[1]):
                    best = (place, way * length)
        return best

    def _length(self, ring: list[tuple[int, int]], at: int, place: int, way: int) -> int:
        length, line, last = 1, self.line_of[place], len(self.steps)
        while at + length < len(ring):
            other = place + way * length
            same_line = 0 <= other < last and self.line_of[other] == line
            if not same_line or self.steps[other] != ring[at + length]:
                break
            length += 1
        return length


def _runs(ring: list[tuple[int, int]], known: Vertices) -> list[tuple[int, int]]:
    """Divide a ring into runs of known vertices (place + 1, signed length) and of others (0)."""
    runs: list[tuple[int, int]] = []
    at = 0
    while at < len(ring):
        place, length = known.run(ring, at)
        if abs(length) >= LEAST_RUN:
            runs.append((place + 1, length))
            at += abs(length)
            continue
        # Too short to be worth pointing to; it joins what was new before it.
        new = max(1, abs(length))
        if runs and runs[-1][0] == 0:
            runs[-1] = (0, runs[-1][1] + new)
        else:
            runs.append((0, new))
        at += new
    return runs


def pack_areas(geometry: Any, known: Vertices) -> dict[str, str]:
    """Pack the polygons of one geometry, pointing to vertices that lines of the page have.

    Rings a part, runs a ring, for each run its first vertex among the known (0: its vertices are
    among `steps`) and its length, negative where it runs against the line.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (2e-6, 0), (2e-6, 2e-6), (0, 2e-6)])
    >>> known = Vertices([np.array([line])])
    >>> pack_areas(shapely.Polygon(line), known)
    {'rings': 'B', 'runs': 'B', 'starts': 'B', 'lengths': 'I', 'steps': ''}
    """
    parts = shapely.get_parts(geometry)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    steps, owner, kept = _vertices(rings, closed=True)
    counts = np.bincount(owner[kept], minlength=len(rings))
    vertices = [(int(x), int(y)) for x, y in steps[kept]]
    # Each ring as runs; the vertices of the runs that no line has are sent themselves, in order.
    runs: list[list[tuple[int, int]]] = []
    new: list[tuple[int, int]] = []
    for last, count in zip(np.cumsum(counts).tolist(), counts.tolist(), strict=True):
        ring = vertices[last - count : last]
        runs.append(_runs(ring, known))
        at = 0
        for place, length in runs[-1]:
            new += ring[at : at + length] if not place else []
            at += abs(length)
    every = [run for one in runs for run in one]
    told = np.asarray(new, dtype=np.int64).reshape(-1, 2)
    return {
        "rings": pack(np.bincount(part_of, minlength=len(parts))),
        "runs": pack([len(one) for one in runs]),
        "starts": pack([place for place, _ in every]),
        "lengths": pack_signed([length for _, length in every]),
        "steps": pack_signed(np.diff(told, axis=0, prepend=0).ravel()),
    }


def pack_lines(lines: Geometries) -> dict[str, str]:
    """Pack lines, as `lines_of` gives them: points a line, steps."""
    points, steps = _packed_points(lines, closed=False)
    return {"points": points, "steps": steps}


def lines_of(geometry: Any) -> Geometries:
    """Return the lines of a geometry, those that meet in a point joined."""
    return np.asarray(shapely.get_parts(shapely.line_merge(geometry)), dtype=object)


def pack_numbers(values: pd.Series) -> str:
    """Pack a column of whole numbers >= 0 in which 0 means null and n + 1 means n."""
    numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    valid = np.isfinite(numbers) & (numbers >= 0)
    return pack(np.where(valid, np.rint(np.where(valid, numbers, 0)) + 1, 0))


def pack_days(values: pd.Series) -> str:
    """Pack a column of dates as days since 1 January 1900, 0 for null."""
    days = read_days(values)[0].to_numpy(dtype="datetime64[D]")
    missing = np.isnat(days)
    return pack_numbers(
        pd.Series(np.where(missing, np.nan, (days - _EPOCH).astype(np.float64)), dtype=float)
    )
