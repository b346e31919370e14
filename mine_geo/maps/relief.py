"""Relief of a page: heights of a GeoTIFF as one small picture of shadows, inside the page.

Shaded as is usual on maps, from the north-west (azimuth 315 degrees, 45 degrees high). Slopes are
made steeper until the steepest fiftieth of what is not flat stands out: of cells of a kilometre
nothing would be seen else. No figure is read off it.
"""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from mine_geo.errors import FileError
from mine_geo.geo.raster_files import opened
from mine_geo.maps.symbols import symbol
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.maps.ground import Box

    Heights = NDArray[np.float64]


WHAT: Final = "relief"
MOST_PX: Final = 640
"""The longer side of the picture: some tens of kilobytes in the page."""
WEB: Final = "EPSG:3857"
LEVELS: Final = 16
STEEP_DEGREES: Final = 30.0
"""How steep the steepest fiftieth of a view is drawn, at least."""
MOST_STEEPER: Final = 60.0
LEAST_SLOPE: Final = 1e-4
DARKEST: Final = 0.55
EARTH_M: Final = 6378137.0
LATITUDES: Final = 85.0


def shadows(path: Path, view: Box) -> dict[str, Any] | None:
    """Return the shadows of a raster of heights in a view, as a picture in EPSG:3857.

    Parameters
    ----------
    path
        A GeoTIFF of one band, heights in metres, on the datum WGS 84, in any projection.
    view
        West, south, east, north in degrees (EPSG:4326).

    Returns
    -------
    dict or None
        `image`, a PNG as data: address, and `bounds` ([[south, west], [north, east]] in degrees);
        None where nothing of the raster lies in the view.

    Raises
    ------
    FileError
        If the file is missing, broken, no GeoTIFF, or holds more than one band.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> found = shadows(sample.path("terrain"), (102.5, 12.0, 103.5, 13.0))
    >>> found["image"][:22], [[round(each, 2) for each in corner] for corner in found["bounds"]]
    ('data:image/png;base64,', [[12.0, 102.5], [13.0, 103.5]])
    """
    with opened(path, WHAT) as source:
        if source.count != 1:
            raise FileError(
                f"{WHAT} {path}: {source.count} bands; give a raster of heights, of one band"
            )
        there = transform_bounds(source.crs, CRS, *source.bounds)
        west, east = max(there[0], view[0]), min(there[2], view[2])
        south, north = max(there[1], view[1], -LATITUDES), min(there[3], view[3], LATITUDES)
        if not (west < east and south < north):
            return None
        left, bottom, right, top = transform_bounds(CRS, WEB, west, south, east, north)
        pixel = max(right - left, top - bottom) / MOST_PX
        width, height = (max(2, round(side / pixel)) for side in (right - left, top - bottom))
        grid = Affine((right - left) / width, 0, left, 0, (bottom - top) / height, top)
        with WarpedVRT(
            source,
            crs=WEB,
            transform=grid,
            width=width,
            height=height,
            resampling=Resampling.bilinear,
        ) as warped:
            read = warped.read(1, masked=True)
    heights = np.ma.filled(read.astype(np.float64), np.nan)
    # A metre of the projection is less on the ground, the more so the farther from the equator.
    rows = top - (np.arange(height) + 0.5) * (top - bottom) / height
    shade = darkness(heights, pixel / np.cosh(rows / EARTH_M))
    if not np.isfinite(shade).any():
        return None
    return {"image": _picture(shade), "bounds": [[south, west], [north, east]]}


def darkness(heights: Heights, cell_m: NDArray[np.float64]) -> Heights:
    """Return how dark each cell lies in the shadow, 0 to 1; NaN where no height is known.

    Parameters
    ----------
    heights
        Metres, rows from north to south, columns from west to east.
    cell_m
        The width of a cell on the ground in metres, of each row.

    Examples
    --------
    >>> ridge = np.tile([0.0, 50, 100, 50, 0], (3, 1))  # from west to east
    >>> shade = darkness(ridge, np.full(3, 100.0))[1]
    >>> bool(shade[1] == 0), bool(shade[3] > 0.3)  # the light comes from the north-west
    (True, True)
    >>> darkness(np.zeros((2, 2)), np.ones(2)).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    south, east = (part / cell_m[:, None] for part in np.gradient(heights))
    slopes = np.hypot(south, east)
    known = slopes[slopes > LEAST_SLOPE]  # a plain around a hill is not to hide it
    if not len(known):
        return np.where(np.isfinite(heights), 0.0, np.nan)
    steep = float(np.quantile(known, 0.98))
    more = min(MOST_STEEPER, max(1.0, math.tan(math.radians(STEEP_DEGREES)) / steep))
    flat = math.sin(math.radians(45))
    # The cosine between the light and the ground's normal: what rises to east and south is lit.
    light = (flat + flat * flat * more * (east + south)) / np.sqrt(1 + (more * slopes) ** 2)
    found: Heights = np.clip((flat - light) / flat, 0, 1)
    return found


def _picture(shade: Heights) -> str:
    """Return shadows as a PNG of few levels of one colour, the brightest of which is clear."""
    steps = np.rint(np.nan_to_num(shade) * (LEVELS - 1)).astype(np.uint8)
    image = Image.fromarray(steps, mode="P")
    colour = str(symbol("relief").fill)
    image.putpalette([int(colour[at : at + 2], 16) for at in (1, 3, 5)] * LEVELS)
    clear = bytes(round(255 * DARKEST * step / (LEVELS - 1)) for step in range(LEVELS))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, bits=4, transparency=clear)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
