"""Reading and writing the sample's files, the same way every time."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyogrio

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

STAMP = "2023-01-01T00:00:00.000Z"
"""The day that the GeoPackages carry inside, so that a rebuild differs in nothing needlessly."""


def write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write one GeoPackage with one layer, anew.

    Dates are written as dates, with Arrow: otherwise they become texts or moments. There is no
    spatial index: it would be a sixth of the file, and thousands of polygons need none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = frame.copy()
    for column in frame.select_dtypes("datetime"):
        frame[column] = frame[column].astype("date32[pyarrow]")
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            layer=layer,
            driver="GPKG",
            use_arrow=True,
            promote_to_multi=True,
            layer_options={"SPATIAL_INDEX": "NO"},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_table(rows: list[dict[str, object]], path: Path) -> None:
    """Write a CSV table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoPackage of one layer."""
    return pyogrio.read_dataframe(path, use_arrow=True)


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV table as a list of rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
