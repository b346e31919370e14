"""How far polygons are from the border: geodesic, metres on WGS 84, the nearest edge.

One of two engines measures, see `engines`: the compiled kernel, or NumPy in a plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import GeometryError, some
from mine_geo.geo.border import FAR_OFF, border_lines, window
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import as_given
from mine_geo.split import engines

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]


def engine() -> engines.Engine:
    """Say which engine measures: `compiled` or `numpy`. See `engines.engine`.

    Examples
    --------
    >>> engine() in ("compiled", "numpy")
    True
    """
    return engines.engine()


def border_distance(
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    include_coast: bool = False,
    threads: int | None = None,
) -> pd.Series[float]:
    """Geodesic distance in metres from the nearest edge of each polygon to the border.

    Right to 5 mm up to 600 km, to 0.05 m up to 1,000 km. See `border_nearest` for the method.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326 (any GeoDataFrame or GeoSeries).
    border
        Border lines, as from `read_border`.
    include_coast
        Count the coast as border too.
    threads
        How many threads work; else as MINE_GEO_THREADS says, else one for each core. The answer
        does not depend on it.

    Returns
    -------
    pandas.Series
        `border_distance_m`, on the index of `hazards`; 0 where polygon and border touch, NaN for
        a missing or empty geometry.

    Raises
    ------
    CRSError, GeometryError, OptionError
        As for `border_nearest`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> border = read_border(sample.path("border"))
    >>> field = gpd.GeoSeries([shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> border_distance(field, border).round(1).tolist()
    [50973.4]
    """
    found = border_nearest(hazards, border, include_coast=include_coast, threads=threads)
    return found["border_distance_m"]


def border_nearest(
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    *,
    include_coast: bool = False,
    threads: int | None = None,
) -> pd.DataFrame:
    """Distance to the border and the neighbour there, for each polygon.

    Edges are straight in longitude / latitude. The compiled engine compares points on the
    ellipsoid in space and takes metres from the chord by normal curvature; `kernel.c` derives it,
    with its error. The engine of NumPy measures the candidates of a plane by geodesics; `plane`
    describes it. The two agree within 5 mm.

    Parameters
    ----------
    hazards, border, include_coast, threads
        As for `border_distance`.

    Returns
    -------
    pandas.DataFrame
        `border_distance_m` (float, metres) and `neighbour` (THA, LAO, VNM; null at the coast), on
        the index of `hazards`.

    Raises
    ------
    CRSError
        If `hazards` is not in EPSG:4326.
    GeometryError
        If no border line is left to measure to, or a place is not in longitude / latitude or more
        than 10 degrees of longitude from the middle of the border: an error of coordinates.
    OptionError
        If `threads`, MINE_GEO_THREADS or MINE_GEO_ENGINE is not what it can be.
    """
    require_lonlat(hazards, "hazards")
    lines = border_lines(border, include_coast=include_coast)
    geometries = as_given(hazards)
    metres, line = _nearest(geometries, lines, engines.threads(threads))
    unmeasured = np.flatnonzero(np.isnan(metres))
    drawn = ~(shapely.is_missing(geometries[unmeasured]) | shapely.is_empty(geometries[unmeasured]))
    if drawn.any():
        ids = hazards["hazard_id"] if "hazard_id" in hazards else hazards.index.to_series()
        raise GeometryError(
            f"{some(ids.iloc[unmeasured[drawn]])}: {FAR_OFF}; correct the coordinates"
        )
    names = np.array([*lines["neighbour"], None], dtype=object)
    return pd.DataFrame(
        {"border_distance_m": metres, "neighbour": names[line]}, index=hazards.index
    )


def _nearest(
    geometries: NDArray[np.object_], lines: gpd.GeoDataFrame, workers: int
) -> tuple[Floats, Integers]:
    """Return metres and the place of the nearest line, from the engine that there is."""
    if engine() == "compiled":
        from mine_geo.split.kernel import nearest  # noqa: PLC0415 - one engine is loaded, not two
    else:
        from mine_geo.split.plane import nearest  # noqa: PLC0415
    return nearest(geometries, lines, window=window(lines), workers=workers)
