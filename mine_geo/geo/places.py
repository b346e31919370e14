"""Names to draw on maps: towns, villages, offices; points in EPSG:4326 (degrees)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import FileError, GeometryError, RecordError, some
from mine_geo.geo.vector import read_vector
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import os


COORDINATES: Final = (("lon", "lat"), ("longitude", "latitude"), ("x", "y"))


def read_places(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read names of places from a CSV or any vector file of points.

    Parameters
    ----------
    path
        A CSV with `name`, and `lon`, `lat` (or `longitude`, `latitude`) in degrees on WGS 84; or
        a vector file whose records have a `name`. Polygons and lines count with their centroid.

    Returns
    -------
    geopandas.GeoDataFrame
        `name`, the file's other columns, points in EPSG:4326. Records without a name or a
        geometry are left out.

    Raises
    ------
    FileError
        If the file is missing or cannot be read.
    RecordError
        If there is no column `name`, or none of coordinates in a CSV.
    GeometryError
        If a coordinate is not a longitude or latitude.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> places = read_places(sample.path("places"))
    >>> places.set_index("name").loc["Phnom Penh"].geometry.x > 104
    True
    """
    if Path(path).suffix.lower() in {".csv", ".txt"}:
        found = _read_table(path)
    else:
        found = read_vector(path)
        if found.geometry.name != "geometry":
            found = found.rename_geometry("geometry")
    if "name" not in found:
        raise RecordError(f"{path}: no column 'name'; there are: {some(found.columns, 20)}")
    named = found[found["name"].notna() & found.geometry.notna() & ~found.geometry.is_empty]
    points = shapely.centroid(named.geometry.to_numpy())
    return named.assign(name=named["name"].astype(str)).set_geometry(points, crs=CRS)


def _read_table(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read a CSV with a longitude and a latitude a row."""
    if not Path(path).exists():
        raise FileError(f"{path}: no such file; check the path")
    try:
        table = pd.read_csv(path, dtype={"name": "str"}, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{path}: cannot be read as CSV ({reason}); write it as UTF-8") from error
    pair = next((names for names in COORDINATES if set(names) <= set(table)), None)
    if pair is None:
        raise RecordError(f"{path}: no columns lon and lat; there are: {some(table.columns, 20)}")
    numbers = table[list(pair)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero((np.abs(numbers) > [180, 90]).any(axis=1))
    unread = np.flatnonzero(np.isnan(numbers).any(axis=1) & table[list(pair)].notna().any(axis=1))
    if len(bad) or len(unread):
        row = int(np.concatenate([bad, unread]).min())
        raise GeometryError(f"{path}: record {row} has no longitude and latitude in degrees")
    points = shapely.points(np.nan_to_num(numbers))
    points[np.isnan(numbers).any(axis=1)] = None
    return gpd.GeoDataFrame(table.drop(columns=list(pair)), geometry=points, crs=CRS)
