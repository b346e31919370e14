"""The window of a sheet: its ground, scale and projection; scale bar, north arrow and graticule.

The map is drawn in WGS 84 / UTM zone 48N (EPSG:32648), metres; grid north is up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyproj
import shapely

from mine_geo.geo.geometry import densify
from mine_geo.maps.sheets.paper import GREY, overlap
from mine_geo.terms import CRS
from mine_geo.words import same, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.maps.sheets.paper import Box, Page


PLANE: Final = "EPSG:32648"
ELLIPSOID: Final = pyproj.Geod(ellps="WGS84")
STEPS: Final = (*(quarters / 4 for quarters in range(4, 17)), 4.5, 5, 5.5, 6, 7, 7.5, 8, 9)
"""A scale is one of these times a power of ten: by quarters from 1 to 4, then farther apart."""

ROOM: Final = 0.94
"""The most of the window's width or height that the subject takes."""

LEAST_M: Final = 1000.0
"""The least extent of the ground that a sheet shows, metres."""

EDGE_DEGREES: Final = 0.02
FINENESS_MM: Final = 0.03
"""What is smaller on the paper is not drawn."""

Bounds = tuple[float, float, float, float]


@cache
def _transformer() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(CRS, PLANE, always_xy=True)


def to_plane(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitude and latitude (n, 2) in degrees as metres east and north."""
    return np.column_stack(_transformer().transform(xy[:, 0], xy[:, 1]))


def to_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return metres east and north (n, 2) as longitude and latitude in degrees."""
    return np.column_stack(_transformer().transform(xy[:, 0], xy[:, 1], direction="INVERSE"))


def flat(geometries: Any) -> Any:
    """Return geometries of EPSG:4326 in the map's plane; edges straight in degrees stay so."""
    finer = densify(geometries, EDGE_DEGREES)
    return shapely.transform(shapely.force_2d(finer), to_plane)


def ground_bounds(geometries: Any) -> Bounds | None:
    """Return west, south, east, north in metres of the plane, or None where there is nothing."""
    if not len(geometries):
        return None
    bounds = shapely.total_bounds(flat(geometries))
    if np.isnan(bounds).any():
        return None
    return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))


def round_scale(least: float) -> float:
    """Return the smallest round denominator of a scale that is at least so large.

    Examples
    --------
    >>> round_scale(2_600_000), round_scale(90_001)
    (2750000.0, 100000.0)
    """
    power = 10.0 ** math.floor(math.log10(least))
    return next(
        round(step * power, 6) for step in (*STEPS, 10, 12.5) if step * power >= least * (1 - 1e-12)
    )


@dataclass(frozen=True)
class View:
    """A window of the paper (mm) and the ground in it."""

    box: Box
    """Left, bottom, right, top on the paper, mm."""

    centre: tuple[float, float]
    """The ground in the middle, metres east and north."""

    denominator: float
    """The scale is one to this."""

    @property
    def metres_per_mm(self) -> float:
        """Metres of the plane on a millimetre of the paper."""
        return self.denominator / 1000

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the window on the paper, mm."""
        left, bottom, right, top = self.box
        return ((left + right) / 2, (bottom + top) / 2)

    def to_mm(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres of the plane (n, 2) as millimetres on the paper."""
        placed: NDArray[np.float64] = (xy - self.centre) / self.metres_per_mm + self.middle
        return placed

    def from_mm(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return millimetres on the paper (n, 2) as metres of the plane."""
        placed: NDArray[np.float64] = (xy - self.middle) * self.metres_per_mm + self.centre
        return placed

    def ground(self, margin_mm: float = 0) -> Bounds:
        """Return west, south, east, north of the window and a margin, metres of the plane."""
        left, bottom, right, top = self.box
        corners = np.array(
            [[left - margin_mm, bottom - margin_mm], [right + margin_mm, top + margin_mm]]
        )
        (west, south), (east, north) = self.from_mm(corners).tolist()
        return (west, south, east, north)

    @cached_property
    def degrees(self) -> Bounds:
        """West, south, east, north of the window in degrees, never too narrow."""
        west, south, east, north = self.ground(3)
        ring = densify([shapely.box(west, south, east, north)], (east - west) / 20)[0]
        bounds = shapely.bounds(shapely.transform(ring, to_degrees))
        return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))

    def on_paper(self, geometries: Any) -> Any:
        """Return geometries of EPSG:4326 in millimetres, cut a little outside of the window.

        Those that lie wholly outside become empty; what is too fine to print is left out.
        """
        geometries = np.atleast_1d(np.asarray(geometries, dtype=object))
        west, south, east, north = self.degrees
        cut = shapely.clip_by_rect(geometries, west, south, east, north)
        placed = shapely.transform(flat(cut), self.to_mm)
        return shapely.simplify(placed, FINENESS_MM)


def fit(box: Box, bounds: Bounds) -> View:
    """Return the view of ground (metres) in a window (mm) at the largest round scale that fits."""
    west, south, east, north = bounds
    left, bottom, right, top = box
    wide, high = max(east - west, LEAST_M), max(north - south, LEAST_M)
    least = 1000 * max(wide / (right - left), high / (top - bottom)) / ROOM
    return View(box, ((west + east) / 2, (south + north) / 2), round_scale(least))


def convergence(view: View) -> float:
    """Return the bearing of grid north from true north at the view's middle, degrees, east plus.

    Examples
    --------
    >>> round(convergence(View((0, 0, 100, 100), (283_000.0, 1_440_000.0), 1e5)), 1)
    -0.5
    """
    lon, lat = to_degrees(np.array([view.centre]))[0]
    return float(pyproj.Proj(PLANE).get_factors(lon, lat).meridian_convergence)


MINUTES: Final = (0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300)
"""Spacings of the graticule, minutes of arc."""

LINES_APART_MM: Final = 32.0
LABEL_SIZE: Final = 7.0
BARS: Final = (1, 2, 2.5, 5)
PARTS: Final = {1: 4, 2: 4, 2.5: 5, 5: 5}
"""Into how many parts a bar is divided, by the first figures of its length."""


class Bar(NamedTuple):
    """A scale bar: the ground that it stands for, and how long it is drawn."""

    metres: float
    parts: int
    length_mm: float


def ground_m(view: View, length_mm: float) -> float:
    """Return the geodesic length (m) of a level line of the paper about the view's middle."""
    x, y = view.middle
    ends = np.array([[x - length_mm / 2, y], [x + length_mm / 2, y]])
    (lon, lat), (other_lon, other_lat) = to_degrees(view.from_mm(ends)).tolist()
    return float(ELLIPSOID.inv(lon, lat, other_lon, other_lat)[2])


def bar_of(view: View, most_mm: float) -> Bar:
    """Return the longest bar of a round length that is at most so long on the paper.

    The scale of UTM changes from place to place, and so a bar of the same ground changes its
    length: it is right in the middle of the map, along the geodesic, to a micrometre.
    """
    most = ground_m(view, most_mm)
    power = 10.0 ** math.floor(math.log10(most))
    first = max(step for step in BARS if step * power <= most)
    metres = first * power
    length = most_mm * metres / most
    for _ in range(4):
        length *= metres / ground_m(view, length)
    return Bar(metres, PARTS[first], length)


def _distance(metres: float, *, kilometres: bool) -> str:
    return f"{metres / 1000:g}" if kilometres else f"{metres:g}"


def furniture(view: View, most_mm: float, paper: str) -> dict[str, Any]:
    """Return what stands below a map: scale bar (at most so long), scale, words on north."""
    bar = bar_of(view, most_mm)
    kilometres = bar.metres >= 1000
    key, degrees = north_words(view)
    scale = same(f"{view.denominator:,.0f}")
    return {
        "parts": bar.parts,
        "length_mm": bar.length_mm,
        "labels": [
            _distance(bar.metres * part / bar.parts, kilometres=kilometres)
            for part in range(bar.parts + 1)
        ],
        "unit": say("sheet.kilometres" if kilometres else "sheet.metres"),
        "scale": say("sheet.scale", scale=scale, paper=paper),
        "north": [say("sheet.grid_north"), say(key, degrees=same(degrees))],
    }


def north_words(view: View) -> tuple[str, str]:
    """Return the key and the degrees of what is said of true north."""
    east = -convergence(view)
    if round(abs(east), 1) == 0:
        return "sheet.true_north_same", "0"
    return ("sheet.true_north_right" if east > 0 else "sheet.true_north_left", f"{abs(east):.1f}")


def _step(span_degrees: float, room_mm: float, apart_mm: float) -> float:
    """Return the spacing of lines in minutes of arc: about so far apart on the paper."""
    wanted = span_degrees * 60 * apart_mm / room_mm
    return min(MINUTES, key=lambda minutes: abs(math.log(minutes / wanted)))


def angle(minutes: float, letters: str, *, fine: bool = False) -> str:
    r"""Write minutes of arc as degrees and minutes; `fine`: and seconds.

    Examples
    --------
    >>> angle(6195, "EW") == "103°15\N{PRIME}E"
    True
    >>> angle(-750.5, "NS", fine=True) == "12°30\N{PRIME}30\N{DOUBLE PRIME}S"
    True
    """
    whole, rest = divmod(round(abs(minutes) * 60), 60)
    seconds = f"{rest:02d}\N{DOUBLE PRIME}" if fine else ""
    return f"{whole // 60}°{whole % 60:02d}\N{PRIME}{seconds}{letters[int(minutes < 0)]}"


def _rounds(low: float, high: float, step: float) -> NDArray[np.float64]:
    """Return the multiples of a step (minutes) between two degrees."""
    first, last = math.ceil(low * 60 / step), math.floor(high * 60 / step)
    return np.arange(first, last + 1, dtype=np.float64) * step


class Tick(NamedTuple):
    """Where a line of the graticule meets the window, and what it is called."""

    x: float
    y: float
    side: str
    text: str


class Graticule(NamedTuple):
    """The lines of longitude and latitude on the paper (mm), and their ticks."""

    lines: list[NDArray[np.float64]]
    ticks: list[Tick]


def graticule(view: View, unit: float) -> Graticule:
    """Return the graticule of a view: lines of round minutes, about 3 cm apart."""
    west, south, east, north = view.degrees
    left, bottom, right, top = view.box
    apart = LINES_APART_MM * unit
    across = _step(east - west, right - left, apart)
    along = _step(north - south, top - bottom, apart)
    found = Graticule([], [])
    steps = np.linspace(0, 1, 41)
    for minutes in _rounds(west, east, across):
        lats = south + (north - south) * steps
        line = np.column_stack([np.full_like(lats, minutes / 60), lats])
        _add(found, view, line, ("bottom", "top"), angle(minutes, "EW", fine=across < 1))
    for minutes in _rounds(south, north, along):
        lons = west + (east - west) * steps
        line = np.column_stack([lons, np.full_like(lons, minutes / 60)])
        _add(found, view, line, ("left", "right"), angle(minutes, "NS", fine=along < 1))
    return found


def _add(
    found: Graticule, view: View, line: NDArray[np.float64], sides: tuple[str, str], text: str
) -> None:
    """Add a line (degrees) and its ticks on the two sides that it runs to."""
    placed = view.to_mm(to_plane(line))
    inside = shapely.clip_by_rect(shapely.LineString(placed), *view.box)
    if shapely.is_empty(inside):
        return
    found.lines.append(shapely.get_coordinates(inside))
    left, bottom, right, top = view.box
    place = {"left": left, "right": right, "bottom": bottom, "top": top}
    upright = sides[0] == "bottom"
    for side in sides:
        at = _meet(placed, place[side], axis=1 if upright else 0)
        if upright and left < at < right:
            found.ticks.append(Tick(at, place[side], side, text))
        if not upright and bottom < at < top:
            found.ticks.append(Tick(place[side], at, side, text))


def _meet(line: NDArray[np.float64], value: float, axis: int) -> float:
    """Return the other coordinate where a line has a value on an axis."""
    order = np.argsort(line[:, axis])
    return float(np.interp(value, line[order, axis], line[order, 1 - axis]))


def label_graticule(page: Page, view: View, grid: Graticule) -> None:
    """Write the names of the graticule's lines around the window, none across another."""
    left, bottom, right, top = view.box
    high = page.line_mm(LABEL_SIZE)
    gap = 0.9 * page.unit
    taken: list[Box] = []
    for tick in grid.ticks:
        wide = page.width_of(tick.text, LABEL_SIZE)
        upright = tick.side in ("left", "right")
        half = wide / 2
        low, most = (bottom, top) if upright else (left, right)
        middle = min(max(tick.y if upright else tick.x, low + half), most - half)
        box = {
            "left": (left - gap - high, middle - half, left - gap, middle + half),
            "right": (right + gap, middle - half, right + gap + high, middle + half),
            "bottom": (middle - half, bottom - gap - high, middle + half, bottom - gap),
            "top": (middle - half, top + gap, middle + half, top + gap + high),
        }[tick.side]
        wider = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
        if any(overlap(wider, other) for other in taken):
            continue
        taken.append(box)
        x, y, turned = {
            "left": (left - gap, middle, 90),
            "right": (right + gap + high * 0.72, middle, 90),
            "bottom": (middle, bottom - gap - high * 0.72, 0),
            "top": (middle, top + gap, 0),
        }[tick.side]
        page.text(x, y, tick.text, size=LABEL_SIZE, colour=GREY, align="center", rotation=turned)
