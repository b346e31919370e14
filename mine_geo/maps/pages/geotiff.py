"""A GeoTIFF as one image for a map: cut to a view, warped to EPSG:3857, coloured, packed.

A big file is never read whole: only the part in the view, no finer than the image needs it, from
the file's overviews where it has them (`gdaladdo` makes them).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from mine_geo.geo.raster_files import opened
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mine_geo.maps.ground import Box

    Colours = NDArray[np.uint8]


WHAT: Final = "basemap"
"""What messages call the file."""
MOST_PX: Final = 2048
"""The longer side of an image, at most."""
WEB: Final = "EPSG:3857"
LATITUDES: Final = 85.0
"""Where maps in EPSG:3857 are cut off, degrees."""
KINDS: Final = (".png", ".jpg", ".webp")
FEW_COLOURS: Final = 256
"""Up to so many, an image is packed without loss."""
_PERCENTILES: Final = (2, 98)
_MIDDLE: Final = 128


@dataclass(frozen=True)
class Cut:
    """An image in EPSG:3857."""

    content: bytes
    suffix: str
    """`.png`, `.jpg` or `.webp`."""
    bounds: Box
    """West, south, east, north in degrees: the outer edges of its outer pixels."""


def declared_copyright(path: Path) -> str:
    """Refuse a file that cannot be a map's basemap; return the copyright that it declares.

    Raises
    ------
    FileError
        If it is missing, is no GeoTIFF, or says not where it lies.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.
    """
    with opened(path, WHAT) as source:
        return " ".join(str(source.tags().get("TIFFTAG_COPYRIGHT", "")).split())[:200]


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
    with opened(path, WHAT) as source:
        kinds = list(source.colorinterp)
        by_palette, has_alpha = kinds[0] == ColorInterp.palette, ColorInterp.alpha in kinds
        options: dict[str, Any] = {
            "crs": WEB,
            # Between two numbers of a palette lies another colour: those are only ever picked.
            "resampling": Resampling.nearest if by_palette else Resampling.bilinear,
            "add_alpha": not has_alpha,
            "UNIFIED_SRC_NODATA": "YES",  # no data where all bands say so: pure red is a colour
        }
        bounds = _common(transform_bounds(source.crs, CRS, *source.bounds), view)
        if bounds is None:
            return None
        west, south, east, north = transform_bounds(CRS, WEB, *bounds)
        # How fine the raster is here: as many pixels as it has in the view, made square.
        left, bottom, right, top = transform_bounds(CRS, source.crs, *bounds)
        there = (right - left) * (top - bottom) / abs(source.transform.determinant)
        fineness = math.sqrt((east - west) * (north - south) / there)
        scale = max(fineness, (east - west) / MOST_PX, (north - south) / MOST_PX)
        width, height = (max(1, round(metres / scale)) for metres in (east - west, north - south))
        # The warp itself is as fine as the raster: GDAL then goes through it block by block, from
        # an overview where it has one, whatever the size of the raster. The image is the mean of
        # so many of its pixels.
        finer = max(1, int(scale / fineness))
        pixel = ((east - west) / (width * finer), (south - north) / (height * finer))
        grid = Affine(pixel[0], 0, west, 0, pixel[1], north)
        with WarpedVRT(
            source, transform=grid, width=width * finer, height=height * finer, **options
        ) as warped:
            alpha = kinds.index(ColorInterp.alpha) + 1 if has_alpha else warped.count
            read = warped.read(
                [*_drawn(kinds), alpha],
                out_shape=(len(_drawn(kinds)) + 1, height, width),
                resampling=Resampling.nearest if by_palette else Resampling.average,
            )
        opacity = read[-1].astype(np.uint8)
        if not opacity.any():
            return None
        image = coloured(read[:-1], opacity, source.colormap(1) if by_palette else None)
    content, suffix = packed(image)
    return Cut(content, suffix, bounds)


def _common(raster: Box, view: Box) -> Box | None:
    """Return what of a raster (degrees) lies in a view; None where nothing does."""
    shared = (
        max(raster[0], view[0]),
        max(raster[1], view[1], -LATITUDES),
        min(raster[2], view[2]),
        min(raster[3], view[3], LATITUDES),
    )
    west, south, east, north = (round(float(degrees), 8) for degrees in shared)
    return (west, south, east, north) if west < east and south < north else None


def _drawn(kinds: list[ColorInterp]) -> list[int]:
    """Return the bands that make the picture: red, green, blue, or one in grey."""
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in kinds for colour in colours):
        return [kinds.index(colour) + 1 for colour in colours]
    plain = [band for band, kind in enumerate(kinds, 1) if kind != ColorInterp.alpha]
    return plain[:3] if len(plain) >= 3 else plain[:1]


def coloured(
    bands: NDArray[Any], valid: Colours, palette: Mapping[int, tuple[int, ...]] | None = None
) -> Colours:
    """Return red, green, blue and opacity (4, rows, columns) of one band or three.

    Parameters
    ----------
    bands
        Numbers of any real type, (1 or 3, rows, columns). One band is stretched from its 2nd to
        its 98th percentile; so are three, each by itself, unless they are bytes.
    valid
        Opacity of each pixel, 0 to 255; what is no finite number becomes transparent anyway.
    palette
        Red, green, blue and opacity of each value of the one band.

    Examples
    --------
    >>> coloured(np.array([[[0, 7]]], dtype="uint8"), np.full((1, 2), 255, "uint8"),
    ...          {7: (255, 0, 0, 255)})[:, 0].T.tolist()
    [[0, 0, 0, 0], [255, 0, 0, 255]]
    """
    if palette is not None:
        return _by_palette(bands[0], valid, palette)
    opacity = np.where(np.isfinite(bands).all(axis=0), valid, 0).astype(np.uint8)
    if len(bands) == 1 or bands.dtype != np.uint8:
        bands = np.stack([_stretched(band, opacity > 0) for band in bands])
    if len(bands) == 1:
        bands = np.repeat(bands, 3, axis=0)
    return np.concatenate([bands, opacity[None]]).astype(np.uint8)


def _by_palette(
    band: NDArray[Any], valid: Colours, palette: Mapping[int, tuple[int, ...]]
) -> Colours:
    table = np.zeros((int(np.iinfo(band.dtype).max) + 1, 4), dtype=np.uint8)
    for value, colour in palette.items():
        table[value] = colour
    made = np.moveaxis(table[band], -1, 0).copy()
    made[3] = np.minimum(made[3], valid)
    return made


def _stretched(band: NDArray[Any], valid: NDArray[np.bool_]) -> Colours:
    """Return a band as bytes, from its low to its high percentile; middle grey if it has one."""
    numbers = np.where(valid, band, np.nan).astype(np.float64)
    if not valid.any():
        return np.zeros(band.shape, dtype=np.uint8)
    low, high = np.percentile(numbers[valid], _PERCENTILES)
    if high <= low:
        low, high = numbers[valid].min(), numbers[valid].max()
    if high <= low:
        return np.full(band.shape, _MIDDLE, dtype=np.uint8)
    share = ((numbers - low) / (high - low)).clip(0, 1)
    return np.asarray(np.nan_to_num(np.rint(share * 255)), dtype=np.uint8)


def packed(rgba: Colours) -> tuple[bytes, str]:
    """Return an image's bytes and its suffix; the same colours give the same bytes.

    Up to 256 colours as PNG, so that they stay exact; a photograph as JPEG, one with transparent
    parts as WebP.

    Examples
    --------
    >>> red = np.zeros((4, 2, 2), dtype=np.uint8)
    >>> red[[0, 3]] = 255
    >>> packed(red)[1]
    '.png'
    """
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgba, 0, -1)))
    out = io.BytesIO()
    if image.getcolors(FEW_COLOURS) is not None:
        image.save(out, "PNG", compress_level=9)
        return out.getvalue(), ".png"
    if (rgba[3] == 255).all():
        image.convert("RGB").save(out, "JPEG", quality=82)
        return out.getvalue(), ".jpg"
    image.save(out, "WEBP", quality=78, method=2)
    return out.getvalue(), ".webp"
