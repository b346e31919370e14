"""A GeoTIFF as one image for a map: cut to a view, warped to EPSG:3857, coloured, packed.

A big file is never read whole: only the part in the view, no finer than the image needs it, from
the file's overviews where it has them (`gdaladdo` makes them).
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import shapely
from pyproj.exceptions import CRSError as UnknownCRSError
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.warp import reproject
from rasterio.windows import Window

from mine_geo.errors import CRSError, FileError
from mine_geo.geo.crs import is_wgs84, to_wgs84
from mine_geo.maps.pages import pixels
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.maps.ground import Box

    Numbers = NDArray[np.float64]


MOST_PX: Final = 2048
"""The longer side of an image, at most."""
WEB: Final = "EPSG:3857"
LATITUDES: Final = 85.0
"""Where maps in EPSG:3857 are cut off, degrees."""
_STEPS: Final = 32
"""Points along each side of a box that is transformed."""


@dataclass(frozen=True)
class Cut:
    """An image in EPSG:3857."""

    content: bytes
    suffix: str
    """`.png`, `.jpg` or `.webp`."""
    bounds: Box
    """West, south, east, north in degrees: the outer edges of its outer pixels."""


class _Part(NamedTuple):
    """The pixels of a raster that lie in a view, and where the image of them will lie."""

    window: Window
    box: Box
    """Metres in EPSG:3857."""
    pixel_m: float
    """Side of a pixel of the raster, metres in EPSG:3857."""


def check(path: Path) -> str:
    """Refuse a file that cannot lie beneath a map; return the copyright that it declares.

    Raises
    ------
    FileError
        If it is missing, is no GeoTIFF, or says not where it lies.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.
    """
    with _opened(path) as source:
        _system(source, path)
        return " ".join(str(source.tags().get("TIFFTAG_COPYRIGHT", "")).split())[:200]


def reaches(path: Path, view: Box) -> bool:
    """Say whether anything of the raster lies in a view (west, south, east, north; degrees)."""
    with _opened(path) as source:
        return _part(source, _system(source, path), view) is not None


def cut(path: Path, view: Box) -> Cut | None:
    """Return the part of a GeoTIFF in a view as an image in EPSG:3857.

    Parameters
    ----------
    path
        A GeoTIFF on the datum WGS 84, in any projection, turned or not. One band is drawn in
        grey from its 2nd to its 98th percentile, or by its palette; three and more as red,
        green and blue, stretched likewise unless they are bytes. What has no data is transparent.
    view
        West, south, east, north in degrees (EPSG:4326).

    Returns
    -------
    Cut or None
        At most 2,048 pixels a side; None where nothing of the raster lies in the view. The same
        file and view give the same bytes.

    Raises
    ------
    FileError
        If the file is missing, broken, no GeoTIFF, of complex numbers, or says not where it lies.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.
    """
    with _opened(path) as source:
        part = _part(source, _system(source, path), view)
        if part is None:
            return None
        west, south, east, north = part.box
        scale = max(part.pixel_m, (east - west) / MOST_PX, (north - south) / MOST_PX)
        width, height = (max(1, round(side / scale)) for side in (east - west, north - south))
        read = _read(source, part.window, max(1, int(scale / part.pixel_m)))
        by_palette = source.colorinterp[0] == ColorInterp.palette
        palette = source.colormap(1) if by_palette else None
        rgba = pixels.coloured(read.bands, read.valid, palette)
        grid = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
        image = _warped(rgba, read.transform, source.crs, grid, (height, width), by_palette)
    content, suffix = pixels.packed(image)
    corners = pyproj.Transformer.from_crs(WEB, CRS, always_xy=True)
    lon, lat = corners.transform([west, east], [south, north])
    bounds = (lon[0], lat[0], lon[1], lat[1])
    return Cut(content, suffix, tuple(round(float(value), 8) for value in bounds))  # type: ignore[arg-type]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a GeoTIFF; every fault of the file on the way is a `FileError`."""
    if not path.is_file():
        raise FileError(f"basemap {path}: no such file; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as an error
            with rasterio.open(path, driver="GTiff") as source:
                yield source
    except (RasterioError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).splitlines())[:200]
        raise FileError(
            f"basemap {path} cannot be read as a GeoTIFF ({reason}); export it anew "
            "(gdal_translate -of GTiff)"
        ) from error


def _system(source: Any, path: Path) -> pyproj.CRS:
    """Return a raster's reference system; refuse what is not sure to lie where it says."""
    if source.transform.is_identity:
        how = "ground control points alone" if source.gcps[0] else "neither corner nor pixel size"
        raise FileError(
            f"basemap {path}: it has {how}, so nobody knows where it lies; georeference it "
            "(gdalwarp, or the Georeferencer of QGIS)"
        )
    if source.transform.is_degenerate:
        raise FileError(f"basemap {path}: its pixels have no size; georeference it anew")
    if source.dtypes[0].startswith("complex"):
        raise FileError(f"basemap {path}: complex numbers are no picture; export a band of it")
    if source.crs is None:
        raise CRSError(
            f"basemap {path}: no coordinate reference system; set it (gdal_edit.py -a_srs "
            "EPSG:32648), after asking its maker which one it is"
        )
    try:
        system = pyproj.CRS.from_wkt(source.crs.to_wkt())
    except UnknownCRSError as error:
        raise CRSError(
            f"basemap {path}: its coordinate reference system is not understood; set it anew "
            "(gdal_edit.py -a_srs EPSG:32648), after asking its maker which one it is"
        ) from error
    if not is_wgs84(system):
        raise CRSError(
            f"basemap {path}: {system.name} has another datum than WGS 84, and PROJ's own choice "
            "may be hundreds of metres off; warp it to WGS 84 first by a named operation (the "
            "Warp of QGIS, or gdalwarp -ct; mine_geo.geo.datum.operations lists them)"
        )
    nothing = gpd.GeoDataFrame(geometry=[], crs=system)
    to_wgs84(nothing, f"basemap {path}")  # refuses a shift that the file declares
    return system


def _ring(west: float, south: float, east: float, north: float) -> Numbers:
    """Return points all around a box: x, y."""
    along = np.linspace(0, 1, _STEPS, endpoint=False)
    x = np.concatenate([along, np.ones(_STEPS), 1 - along, np.zeros(_STEPS)])
    y = np.concatenate([np.zeros(_STEPS), along, np.ones(_STEPS), 1 - along])
    return np.column_stack([west + x * (east - west), south + y * (north - south)])


def _around(points: Numbers) -> Box | None:
    """Return the box around points; None where there are none."""
    if not len(points):
        return None
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return (float(west), float(south), float(east), float(north))


def _finite(points: Numbers) -> Numbers:
    return points[np.isfinite(points).all(axis=1)]


def _moved(points: Numbers, source: Any, target: Any) -> Numbers:
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def _placed(points: Numbers, transform: Affine) -> Numbers:
    """Return points (columns and rows to x and y, or back) as a geotransform places them."""
    turn = np.array([[transform.a, transform.b], [transform.d, transform.e]])
    return np.asarray(points @ turn.T + [transform.c, transform.f])


def _lonlat(source: Any, system: pyproj.CRS, box: Box) -> Numbers:
    """Return places (degrees) all around a box of columns and rows."""
    return _finite(_moved(_placed(_ring(*box), source.transform), system, CRS))


def _common(one: Box | None, other: Box) -> Box | None:
    """Return what two boxes share; None where that is no box."""
    if one is None:
        return None
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if west < east and south < north else None


def _part(source: Any, system: pyproj.CRS, view: Box) -> _Part | None:
    """Return which pixels lie in the view; None where none do.

    First where the raster lies, then which pixels of it: a view far outside the raster may have
    no place in the raster's projection.
    """
    whole = (0.0, 0.0, float(source.width), float(source.height))
    inside = (view[0], max(view[1], -LATITUDES), view[2], min(view[3], LATITUDES))
    shared = _common(_around(_lonlat(source, system, whole)), inside)
    if shared is None:
        return None
    seen = _around(_placed(_finite(_moved(_ring(*shared), CRS, system)), ~source.transform))
    pixels_seen = None if seen is None else _common(seen, whole)
    if pixels_seen is None:
        return None
    left, top = (int(np.floor(value)) for value in pixels_seen[:2])
    right, bottom = (int(np.ceil(value)) for value in pixels_seen[2:])
    places = _lonlat(source, system, (left, top, right, bottom))
    box = _common(_around(places), inside)
    if box is None:
        return None
    west, south, east, north = _moved(np.array(box).reshape(2, 2), CRS, WEB).ravel()
    places[:, 1] = places[:, 1].clip(-LATITUDES, LATITUDES)
    metres2 = shapely.area(shapely.Polygon(_moved(places, CRS, WEB)))
    return _Part(
        Window(left, top, right - left, bottom - top),
        (float(west), float(south), float(east), float(north)),
        float(np.sqrt(metres2 / ((right - left) * (bottom - top)))),
    )


class _Read(NamedTuple):
    bands: NDArray[Any]
    valid: NDArray[np.uint8]
    """0 to 255, as opacity."""
    transform: Affine


def _read(source: Any, window: Window, coarser: int) -> _Read:
    """Read the bands to be drawn, so many times coarser than the file has them."""
    shape = (-(-window.height // coarser), -(-window.width // coarser))
    palette = source.colorinterp[0] == ColorInterp.palette
    how = Resampling.nearest if palette else Resampling.average
    bands = source.read(
        _drawn(source), window=window, out_shape=(len(_drawn(source)), *shape), resampling=how
    )
    valid = source.dataset_mask(window=window, out_shape=shape)
    corner = _placed(np.array([[window.col_off, window.row_off]]), source.transform)[0]
    across, down = window.width / shape[1], window.height / shape[0]
    old = source.transform
    transform = Affine(
        old.a * across, old.b * down, corner[0], old.d * across, old.e * down, corner[1]
    )
    return _Read(bands, valid, transform)


def _drawn(source: Any) -> list[int]:
    """Return the bands that make the picture: red, green, blue, or one in grey."""
    kinds = list(source.colorinterp)
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in kinds for colour in colours):
        return [kinds.index(colour) + 1 for colour in colours]
    plain = [band for band, kind in enumerate(kinds, 1) if kind != ColorInterp.alpha]
    return plain[:3] if len(plain) >= 3 else plain[:1]


def _warped(
    rgba: NDArray[np.uint8],
    transform: Affine,
    system: Any,
    grid: Affine,
    shape: tuple[int, int],
    exact: bool,
) -> NDArray[np.uint8]:
    """Warp red, green, blue and opacity to a grid in EPSG:3857; `exact` mixes no colours."""
    image = np.zeros((4, *shape), dtype=np.uint8)
    reproject(
        rgba,
        image,
        src_transform=transform,
        src_crs=system,
        dst_transform=grid,
        dst_crs=WEB,
        resampling=Resampling.nearest if exact else Resampling.bilinear,
        src_alpha=4,
        dst_alpha=4,
    )
    return image
