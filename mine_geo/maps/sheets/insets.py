"""Insets: parts of a map on which hazards stand too close, chosen to be drawn larger.

Hazards stand too close where less than a millimetre of paper is between one and the next. Of those
frames are made: all of them in one at first; then the frame in which most are not legible is
divided, until all are or there are as many frames as pages have room for. In an inset a hazard is
legible that is a millimetre from the next, or 0.4 mm where it is wide enough for its outline. The
same hazards give the same frames. Metres are those of the map's plane, EPSG:32648.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.maps.sheets.mapping import POINTS_PER_PIXEL, widths
from mine_geo.maps.sheets.paper import MM_PER_POINT
from mine_geo.maps.sheets.view import fit
from mine_geo.maps.symbols import marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.maps.sheets.paper import Box
    from mine_geo.maps.sheets.view import View

    Rows = NDArray[np.intp]


CLOSE_MM: Final = 1.0
"""Hazards with less paper between them stand too close."""

APART_MM: Final = 0.4
"""So much is enough where a hazard is drawn with its outline, and not as a mark."""

MOST: Final = 12
"""How many insets a sheet has at most: two pages of them."""

LARGER: Final = 1.5
"""An inset is at least so many times as large as the map."""

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class Inset:
    """A part of a map that is drawn larger."""

    letter: str
    view: View
    rows: Rows
    """The hazards that it is made for: positions among those of the map."""


@dataclass(frozen=True, eq=False)
class Insets:
    """The insets of a map, and which hazards are not legible on it."""

    found: tuple[Inset, ...]
    crowded: Rows
    """The hazards that are not legible on the map."""

    unread: Rows
    """Those of them that are not legible in an inset either."""


NO_INSETS: Final = Insets((), np.empty(0, np.intp), np.empty(0, np.intp))


def gaps_m(shapes: Any, within_m: float) -> NDArray[np.float64]:
    """Return how far (metres) each shape is from the next one; infinite beyond `within_m`.

    Examples
    --------
    >>> gaps_m(shapely.points([[0, 0], [3, 4], [90, 0]]), 10).tolist()
    [5.0, 5.0, inf]
    """
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m)
    one, other = one[one != other], other[one != other]
    found = np.full(len(shapes), np.inf)
    np.minimum.at(found, one, shapely.distance(shapes[one], shapes[other]))
    return found


def choose_insets(shapes: Any, view: View, cell: Box) -> Insets:
    """Return the insets of a map of hazards (polygons, metres of the plane).

    Parameters
    ----------
    shapes
        The hazards; an empty one is drawn nowhere, and never crowded.
    view
        The map.
    cell
        The window (mm) of an inset in its picture; all are as large.
    """
    least = CLOSE_MM * view.metres_per_mm
    gap, wide = gaps_m(shapes, least), widths(shapes)
    crowded = np.flatnonzero(gap < least)
    # so many metres may a millimetre stand for at most, that each is legible
    outlined_mm = marks().thin_px * POINTS_PER_PIXEL * MM_PER_POINT
    needed = np.maximum(gap / CLOSE_MM, np.minimum(gap / APART_MM, wide / outlined_mm))
    most = view.denominator / LARGER
    parts = _divided(shapes, needed, crowded, cell, most) if len(crowded) else []
    larger = []
    read = np.zeros(len(shapes), dtype=bool)
    for rows in parts:
        own = _view(shapes[rows], cell)
        legible = rows[needed[rows] >= own.metres_per_mm]
        if len(legible) and own.denominator <= most:
            larger.append((own, rows))
            read[legible] = True
    # from north to south, as a page is read
    larger.sort(key=lambda each: (-each[0].centre[1], each[0].centre[0]))
    found = tuple(
        Inset(letter, own, rows) for letter, (own, rows) in zip(LETTERS, larger, strict=False)
    )
    return Insets(found, crowded, crowded[~read[crowded]])


def _view(shapes: Any, cell: Box) -> View:
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return fit(cell, (west, south, east, north))


def _divided(
    shapes: Any, needed: NDArray[np.float64], crowded: Rows, cell: Box, most: float
) -> list[Rows]:
    """Divide crowded hazards into at most so many frames that most of them become legible.

    Each has `needed` metres on a millimetre at most; a frame of a scale smaller than one to `most`
    shows none.
    """
    parts = [crowded]
    while len(parts) < MOST:
        counts = []
        for rows in parts:
            view = _view(shapes[rows], cell)
            unread = (needed[rows] < view.metres_per_mm) | (view.denominator > most)
            # one that cannot become larger is left as it is
            divisible = len(rows) > 1 and view.denominator > _smallest(shapes[rows], cell)
            counts.append(int(unread.sum()) if divisible else 0)
        worst = int(np.argmax(counts))
        if not counts[worst]:
            break
        parts[worst : worst + 1] = _halves(shapes, parts[worst])
    return parts


def _smallest(shapes: Any, cell: Box) -> float:
    """Return the scale at which the smallest of some hazards would fill a frame."""
    bounds = shapely.bounds(shapes)
    sides = bounds[:, 2:] - bounds[:, :2]
    wide, high = sides[int(np.argmin(sides.max(axis=1)))].tolist()
    return fit(cell, (0.0, 0.0, wide, high)).denominator


def _halves(shapes: Any, rows: Rows) -> list[Rows]:
    """Divide hazards where the widest strip between their middles is, in the middle half of them.

    Examples
    --------
    >>> rows = np.arange(4)
    >>> [part.tolist() for part in _halves(shapely.points([[0, 0], [1, 0], [9, 0], [8, 0]]), rows)]
    [[0, 1], [3, 2]]
    """
    bounds = shapely.bounds(shapes[rows])
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    axis = int(np.argmax(bounds[:, 2:].max(axis=0) - bounds[:, :2].min(axis=0)))
    order = np.argsort(middles[:, axis], kind="stable")
    strips = np.diff(middles[order, axis])
    first = len(rows) // 4
    most = max(len(rows) - first - 1, first + 1)
    cut = first + int(np.argmax(strips[first:most])) + 1
    return [rows[order[:cut]], rows[order[cut:]]]
