"""The window of a sheet: which ground it shows, at which scale, in which projection.

The map is drawn in WGS 84 / UTM zone 48N (EPSG:32648), metres; grid north is up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely

from mine_geo.geo.geometry import densify
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mine_geo.maps.sheets.paper import Box


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
