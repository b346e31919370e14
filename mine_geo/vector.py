"""Reading a layer of a vector file into a GeoDataFrame in EPSG:4326, with clear errors."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from mine_geo.crs import to_wgs84
from mine_geo.errors import FileError, GeometryError, some

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


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
        with _without_a_word():
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
    GeometryError
        If a ring is not closed or has too few points to be read at all.

    Examples
    --------
    >>> from mine_geo import sample
    >>> len(read_vector(sample.path("districts")))
    198
    """
    layers = list_layers(path)
    layer = _choose(path, layer, layers, prefer)
    try:
        frame = _read(path, layer)
    except shapely.errors.GEOSException as error:
        raise _broken_rings(path, layer, error) from error
    except (RuntimeError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{path}: layer {layer!r} has no geometry; it has: {some(layers, 12)}")
    return to_wgs84(frame, str(path), operation)


def _read(path: str | os.PathLike[str], layer: str, on_invalid: str = "raise") -> Any:
    with _without_a_word():
        return pyogrio.read_dataframe(path, layer=layer, on_invalid=on_invalid)


@contextmanager
def _without_a_word() -> Iterator[None]:
    """Silence what is dropped on purpose (a measure, M) and what becomes an error of ours."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        for message in ("Measured", "Non closed ring"):
            warnings.filterwarnings("ignore", message=message)
        yield


def _broken_rings(
    path: str | os.PathLike[str], layer: str, error: shapely.errors.GEOSException
) -> GeometryError:
    """Return the error that names the records whose rings GEOS cannot even build."""
    frame = _read(path, layer, on_invalid="ignore")
    with _without_a_word():
        binary = pyogrio.raw.read(path, layer=layer)[2]
    there = np.array([wkb is not None for wkb in binary], dtype=bool)
    bad = np.flatnonzero(shapely.is_missing(frame.geometry.to_numpy()) & there)
    name = next((c for c in frame.columns if str(c).lower() == "hazard_id"), None)
    records = [f"number {place + 1}" for place in bad] if name is None else frame[name].iloc[bad]
    reason = str(error).strip().removeprefix("IllegalArgumentException: ")
    return GeometryError(
        f"{path}: record {some(records)}: broken ring ({reason}); "
        "mend the polygons in their source and load again"
    )


def _choose(
    path: str | os.PathLike[str], layer: str | None, layers: list[str], prefer: tuple[str, ...]
) -> str:
    if not layers:
        raise FileError(f"{path}: no layer with geometry; export the polygons again")
    if layer is not None and layer not in layers:
        raise FileError(f"{path}: no layer {layer!r}; it has: {some(layers, 12)}")
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
