"""GeoTIFFs: opened only where it is sure on which cells their values lie."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyproj
import rasterio
from pyproj.exceptions import CRSError as UnknownCRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from mine_geo.errors import CRSError, FileError
from mine_geo.geo.crs import is_wgs84, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


CACHE_MB: Final = 128
"""What GDAL may keep of a file in memory; a raster is never read whole."""


@contextmanager
def opened(path: Path, what: str = "raster") -> Iterator[Any]:
    """Open a GeoTIFF, or a COG, that can be placed; every fault of it on the way is a `FileError`.

    Parameters
    ----------
    path
        The file.
    what
        What messages call it.

    Yields
    ------
    rasterio.DatasetReader
        On the datum WGS 84, in any projection, turned or not.

    Raises
    ------
    FileError
        If it is missing, is no GeoTIFF, breaks off, or says not where it lies.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.

    Examples
    --------
    >>> from pathlib import Path
    >>> with opened(Path("none.tif")) as source:
    ...     source.count
    Traceback (most recent call last):
    mine_geo.errors.FileError: raster none.tif: no such file; check the path
    """
    if not path.is_file():
        raise FileError(f"{what} {path}: no such file; check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused as an error
            # Of rasterio's own code, which multiplies geotransforms as affine 3.1 would not.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            with (
                rasterio.Env(GDAL_CACHEMAX=CACHE_MB),
                rasterio.open(path, driver="GTiff") as source,
            ):
                _refuse_misplaced(source, f"{what} {path}")
                yield source
    except (RasterioError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).splitlines())[:200]
        raise FileError(
            f"{what} {path} cannot be read as a GeoTIFF ({reason}); export it anew "
            "(gdal_translate -of GTiff)"
        ) from error


def system_of(source: Any) -> pyproj.CRS:
    """Return the reference system of an opened raster."""
    return pyproj.CRS.from_wkt(source.crs.to_wkt())


def _refuse_misplaced(source: Any, named: str) -> None:
    """Refuse a raster that is not sure to lie where it says."""
    if source.transform.is_identity:
        how = "ground control points alone" if source.gcps[0] else "neither corner nor pixel size"
        raise FileError(
            f"{named}: it has {how}, so nobody knows where it lies; georeference it "
            "(gdalwarp, or the Georeferencer of QGIS)"
        )
    if source.transform.is_degenerate:
        raise FileError(f"{named}: its pixels have no size; georeference it anew")
    if source.dtypes[0].startswith("complex"):
        raise FileError(f"{named}: complex numbers are no picture; export a band of it")
    if source.crs is None:
        raise CRSError(
            f"{named}: no coordinate reference system; set it (gdal_edit.py -a_srs "
            "EPSG:32648), after asking its maker which one it is"
        )
    try:
        system = system_of(source)
    except UnknownCRSError as error:
        raise CRSError(
            f"{named}: its coordinate reference system is not understood; set it anew "
            "(gdal_edit.py -a_srs EPSG:32648), after asking its maker which one it is"
        ) from error
    if not is_wgs84(system):
        raise CRSError(
            f"{named}: {system.name} has another datum than WGS 84, and PROJ's own choice "
            "may be hundreds of metres off; warp it to WGS 84 first by a named operation (the "
            "Warp of QGIS, or gdalwarp -ct; mine_geo.geo.crs.operations lists them)"
        )
    nothing = gpd.GeoDataFrame(geometry=[], crs=system)
    to_wgs84(nothing, named)  # refuses a shift that the file declares
