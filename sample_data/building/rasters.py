"""Two made-up rasters of the country: heights, and people in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.features import geometry_mask
from rasterio.transform import Affine

if TYPE_CHECKING:
    from pathlib import Path

    import shapely
    from numpy.typing import NDArray

CELL_DEGREES = 0.01
SAID = "SYNTHETIC SAMPLE: invented, not for operations"
NO_HEIGHT = -32768
NO_COUNT = -1.0

HILLS = (
    # longitude, latitude, height in metres, half-width east and north in degrees: a range each
    (103.35, 12.1, 1100, 0.55, 0.45),
    (103.9, 11.4, 700, 0.5, 0.35),
    (102.75, 12.75, 350, 0.3, 0.35),
    (104.3, 14.4, 420, 1.6, 0.13),
    (107.2, 12.4, 650, 0.5, 0.4),
    (107.1, 14.2, 500, 0.5, 0.45),
    (105.1, 13.4, 150, 0.6, 0.4),
)
TOWN_DEGREES = 0.06
"""How far from a place its people live: a fall to 1/e."""
PEOPLE_AT_PLACE = 900
PEOPLE_ELSEWHERE = 12


def make_terrain(country: shapely.Geometry, path: Path) -> None:
    """Write heights in whole metres: ranges of hills, and waves between."""
    lon, lat, affine, _ = _grid(country)  # neighbours have hills too
    heights = 12 + 6 * np.sin(40 * lon) * np.cos(37 * lat)
    for east, north, top, wide, high in HILLS:
        bell = np.exp(-(((lon - east) / wide) ** 2 + ((lat - north) / high) ** 2))
        heights += top * bell * (1 + 0.18 * np.sin(25 * lon + 11 * lat) * np.cos(31 * lat))
    _write(
        path, heights.round().astype(np.int16), affine, NO_HEIGHT, "metre", "height above sea level"
    )


def make_population(country: shapely.Geometry, places: list[dict[str, str]], path: Path) -> None:
    """Write people in each cell: more of them about each place."""
    lon, lat, affine, outside = _grid(country)
    people = np.full(lon.shape, float(PEOPLE_ELSEWHERE))
    for place in places:
        near = np.hypot(lon - float(place["lon"]), lat - float(place["lat"])) / TOWN_DEGREES
        people += PEOPLE_AT_PLACE * np.exp(-near)
    values = np.where(outside, NO_COUNT, people.round()).astype(np.float32)
    _write(path, values, affine, NO_COUNT, "people", "people in each cell")


def _grid(
    country: shapely.Geometry,
) -> tuple[NDArray[np.float64], NDArray[np.float64], Affine, NDArray[np.bool_]]:
    """Return longitudes and latitudes of the cells' middles, the grid, and what lies outside."""
    west, south, east, north = country.bounds
    left, top = np.floor(west * 100) / 100, np.ceil(north * 100) / 100
    shape = round((top - south) / CELL_DEGREES) + 1, round((east - left) / CELL_DEGREES) + 1
    affine = Affine(CELL_DEGREES, 0, left, 0, -CELL_DEGREES, top)
    row, column = np.indices(shape) + 0.5
    outside = geometry_mask([country], shape, affine, all_touched=True)
    return left + column * CELL_DEGREES, top - row * CELL_DEGREES, affine, outside


def _write(
    path: Path, values: NDArray[np.generic], affine: Affine, nodata: float, unit: str, what: str
) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype=values.dtype,
        crs="EPSG:4326",
        transform=affine,
        nodata=nodata,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="DEFLATE",
        predictor=2,
        zlevel=9,
    ) as made:
        made.write(values, 1)
        made.set_band_unit(1, unit)
        made.set_band_description(1, what)
        made.update_tags(TIFFTAG_IMAGEDESCRIPTION=f"{SAID}: {what}", synthetic="true")
