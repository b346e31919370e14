"""Small GeoTIFFs for the tests of basemaps."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RED, GREEN, BLUE, YELLOW = (230, 30, 30), (30, 200, 30), (30, 30, 230), (240, 240, 20)
QUADRANTS = ((RED, GREEN), (BLUE, YELLOW))
"""North-west and north-east, south-west and south-east."""

DEGREES = Affine(0.0005, 0, 103.0, 0, -0.0005, 13.5)
"""1000 by 1000 pixels: 103.0 to 103.5 east, 13.0 to 13.5 north."""
UTM = Affine(50, 0, 290_000, 0, -50, 1_500_000)
TURNED = Affine(40, 30, 290_000, 30, -40, 1_470_000)


def quadrants(width: int = 1000, height: int = 1000) -> NDArray[np.uint8]:
    """Return red, green, blue: one colour a quarter."""
    row = np.arange(height)[:, None] * 2 // height
    column = np.arange(width)[None, :] * 2 // width
    return np.moveaxis(np.array(QUADRANTS, dtype=np.uint8)[row, column], -1, 0)


def write(
    path: Path,
    bands: NDArray[Any],
    transform: Affine | None = DEGREES,
    crs: str | None = "EPSG:4326",
    **options: Any,
) -> Path:
    """Write bands (band, row, column) as a GeoTIFF."""
    count, height, width = bands.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=count,
            dtype=bands.dtype,
            crs=crs,
            transform=transform,
            **options,
        ) as made:
            made.write(bands)
    return path
