"""Reading a layer of a vector file into a GeoDataFrame in EPSG:4326, with clear errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError

from mine_geo.crs import to_wgs84
from mine_geo.errors import FileError, some

if TYPE_CHECKING:
    import os


def list_layers(path: str | os.PathLike[str]) -> list[str]:
    """List the layers of a file that hold geometry.

    Raises
    ------
    FileError
        If the file does not exist or GDAL cannot open it.
    """
    if not Path(path).exists():
        raise FileError(f"{path}: no such file; check the path")
    try:
        return [name for name, kind in pyogrio.list_layers(path) if kind is not None]
    except (RuntimeError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_vector(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    prefer: tuple[str, ...] = (),
    operation: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one layer of any file that GDAL reads, in EPSG:4326 (longitude, latitude).

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf, ...
    layer
        Name of the layer; may be left out when the file has one layer with geometry.
    prefer
        Layers to take, in this order, when `layer` is left out and the file has several.
    operation
        The named datum transformation, where the file's datum is not WGS 84.

    Raises
    ------
    FileError
        If the file is missing, unreadable or truncated, or the layer is unknown or unclear.
    CRSError
        If the file has no reference system, or one whose datum shift must be named.

    Examples
    --------
    >>> from mine_geo import sample
    >>> len(read_vector(sample.path("districts")))
    198
    """
    layers = list_layers(path)
    layer = _choose(path, layer, layers, prefer)
    try:
        frame = pyogrio.read_dataframe(path, layer=layer)
    except DataLayerError as error:
        raise FileError(f"{path}: no layer {layer!r}; it has: {some(layers, 12)}") from error
    except (RuntimeError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{path}: layer {layer!r} has no geometry; it has: {some(layers, 12)}")
    return to_wgs84(frame, str(path), operation)


def _choose(
    path: str | os.PathLike[str], layer: str | None, layers: list[str], prefer: tuple[str, ...]
) -> str:
    if not layers:
        raise FileError(f"{path}: no layer with geometry; export the polygons again")
    if layer is not None:
        return layer
    if len(layers) == 1:
        return layers[0]
    for name in prefer:
        if name in layers:
            return name
    raise FileError(f"{path}: several layers; name one of: {some(layers, 12)}")


def _unreadable(path: str | os.PathLike[str], error: Exception) -> FileError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return FileError(
        f"{path}: cannot be read as a vector file, it may be truncated or of another format; "
        f"get it again from its maker ({reason})"
    )
