"""Places from bearing and distance, and how well a traverse closes.

Longitude and latitude in degrees, on the ellipsoid that the caller gives; bearings in degrees
clockwise from true north; distances in metres along the geodesic (Karney 2013, through PROJ).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Closure:
    """How far a traverse ends from where it should."""

    error_m: float
    """From the end that was walked to to the one that was meant, metres."""
    ratio: float
    """The n of 1:n: metres walked for each metre of error; infinite where it closes exactly."""

    def __str__(self) -> str:
        """Say both, as surveyors do."""
        if np.isinf(self.ratio):
            return f"{self.error_m:.2f} m"
        return f"{self.error_m:.2f} m (1:{self.ratio:,.0f})"


def polar(
    origins: ArrayLike,
    bearings_deg: ArrayLike,
    distances_m: ArrayLike,
    geod: pyproj.Geod,
) -> NDArray[np.float64]:
    """Return places seen from an origin each: from one reference point, or one for each.

    Parameters
    ----------
    origins
        Longitude and latitude, degrees: shape (2,) for one origin of all, or (n, 2).
    bearings_deg
        Bearing of each place from its origin, degrees clockwise from true north.
    distances_m
        Distance of each place from its origin, metres.
    geod
        The ellipsoid of the datum.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2): longitude, latitude; NaN where anything given is no number.

    Examples
    --------
    >>> import pyproj
    >>> polar((105.0, 0.0), [90, 270], [111_319.490793] * 2, pyproj.Geod(ellps="WGS84")).round(6)
    array([[106.,   0.],
           [104.,   0.]])
    """
    bearings, distances = _legs(bearings_deg, distances_m)
    from_ = np.broadcast_to(np.asarray(origins, dtype=float), (len(bearings), 2))
    return _fwd(from_[:, 0], from_[:, 1], bearings, distances, geod)


def closure(
    start: tuple[float, float],
    end: tuple[float, float],
    length_m: float,
    geod: pyproj.Geod,
) -> Closure:
    """Return the closure error of a traverse, in metres and as a ratio of the length walked.

    Parameters
    ----------
    start
        Longitude and latitude where the traverse should have ended (its start, or a known point).
    end
        Longitude and latitude where the walk ended.
    length_m
        All legs together, metres.
    geod
        The ellipsoid of the datum.

    Examples
    --------
    >>> import pyproj
    >>> geod = pyproj.Geod(ellps="WGS84")
    >>> str(closure((105.0, 0.0), (105.0, 0.00001), 1000, geod))
    '1.11 m (1:904)'
    """
    error = float(geod.inv(start[0], start[1], end[0], end[1])[2])
    return Closure(error, float(length_m) / error if error > 0 else float("inf"))


def _legs(bearings_deg: ArrayLike, distances_m: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    bearings, distances = np.broadcast_arrays(
        np.asarray(bearings_deg, dtype=float).reshape(-1),
        np.asarray(distances_m, dtype=float).reshape(-1),
    )
    return bearings, distances


def _fwd(
    lon: ArrayLike, lat: ArrayLike, bearings: ArrayLike, distances: ArrayLike, geod: pyproj.Geod
) -> NDArray[np.float64]:
    """Solve the direct problem; NaN in, NaN out."""
    given = np.column_stack([lon, lat, bearings, distances]).astype(float)
    known = np.isfinite(given).all(axis=1)
    places = np.full((len(given), 2), np.nan)
    if known.any():
        ends = geod.fwd(*given[known].T)
        places[known] = np.column_stack(ends[:2])
    return places
