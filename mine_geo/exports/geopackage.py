"""A GeoPackage that QGIS opens styled: layers, `layer_styles`, and a table of what it is."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyogrio
import shapely

from mine_geo.errors import FileError
from mine_geo.exports.contents import typed
from mine_geo.exports.styles import styles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd

    from mine_geo.exports.contents import Contents
    from mine_geo.exports.styles import Style
    from mine_geo.maps.provenance import Provenance


VERSION: Final = "1.2"
"""Of the GeoPackage standard: QGIS of 2022 warns of 1.4, which GDAL writes if not told."""
CLOCK: Final = "OGR_CURRENT_DATE"
"""GDAL's option for the moment that it writes into the contents of a GeoPackage."""
FID: Final = "fid"
GEOMETRY: Final = "geom"
TYPES: Final = {
    "near_zone": "MultiPolygon",
    "near_zone_limit": "MultiLineString",
    "border": "MultiLineString",
    "released": "MultiPolygon",
    "hazards": "MultiPolygon",
    "districts": "MultiPolygon",
    "places": "Point",
}
STYLED_BY: Final = {
    "hazards": ("kind", "area_type", "status"),
    "border": ("kind", "neighbour"),
    "released": ("outcome",),
}
"""Columns that the styles look at; where a layer lacks one it is empty."""


def write_geopackage(held: Contents, path: Path) -> None:
    """Write layers with their styles into a new GeoPackage, EPSG:4326.

    Parameters
    ----------
    held
        Layers and provenance.
    path
        A file that is not there yet.

    Raises
    ------
    FileError
        If the file cannot be written.

    Notes
    -----
    `layer_styles` is the table in which QGIS itself keeps styles in a database: a row a style,
    the QML in it, one of each layer `useAsDefault`. `provenance` holds name and text.
    """
    with _changed_at(held.said):
        try:
            _write(held, path)
        except (RuntimeError, ValueError) as error:
            raise FileError(f"{path.name}: cannot be written ({error})") from error


@contextmanager
def _changed_at(said: Provenance) -> Iterator[None]:
    """Let GDAL say that the file was changed at the moment of its data, where that is known.

    So the same data gives the same bytes on any day.
    """
    before = pyogrio.get_gdal_config_option(CLOCK)
    if said.moment is not None:
        pyogrio.set_gdal_config_options({CLOCK: f"{said.moment:%Y-%m-%dT%H:%M:%S}.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({CLOCK: before})


def _write(held: Contents, path: Path) -> None:
    about = "\n".join(f"{name}: {text}" for name, text in held.said.rows)
    # Without Arrow a column of days would become text.
    common: dict[str, Any] = {"driver": "GPKG", "use_arrow": True}
    for number, (name, frame) in enumerate(held.layers.items()):
        first: dict[str, Any] = {"dataset_options": {"VERSION": VERSION}} if not number else {}
        pyogrio.write_dataframe(
            prepared(frame, name),
            path,
            layer=name,
            geometry_type=TYPES[name],
            append=number > 0,
            layer_metadata={"PROVENANCE": about},
            layer_options={
                "FID": FID,
                "GEOMETRY_NAME": GEOMETRY,
                "IDENTIFIER": name,
                "DESCRIPTION": _described(held.said, name),
            },
            **common,
            **first,
        )
    for name, rows in _tables(held).items():
        options = {"FID": "id", "IDENTIFIER": name}
        pyogrio.write_dataframe(
            rows, path, layer=name, append=True, layer_options=options, **common
        )


def _described(said: Provenance, layer: str) -> str:
    """Return the description of a layer, which QGIS shows: with the standing text, if any."""
    told = [text for name, text in said.notices if name in ("notice", "notice_km")]
    return ". ".join([f"{said.heading}: {layer}", *told])


def prepared(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return a layer as it is written: typed columns, multi geometries, columns of its styles.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(103, 13), (104, 13)])], crs=4326)
    >>> made = prepared(line, "border")
    >>> list(made.columns), made.geometry.iloc[0].geom_type
    (['kind', 'neighbour', 'geometry'], 'MultiLineString')
    """
    lacking = [name for name in STYLED_BY.get(layer, ()) if name not in frame.columns]
    made = typed(frame.assign(**dict.fromkeys(lacking)), (FID, GEOMETRY))
    if TYPES[layer].startswith("Multi"):
        made = made.set_geometry(made.geometry.map(_multi))
    return made[[column for column in made.columns if column != "geometry"] + ["geometry"]]


def _multi(geometry: Any) -> Any:
    """Return a polygon or line as the only part of a multi one; flat."""
    wrap = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}
    if geometry is None:
        return None
    flat = shapely.force_2d(geometry)
    return wrap[flat.geom_type]([flat]) if flat.geom_type in wrap else flat


def _styles(frame: gpd.GeoDataFrame, layer: str) -> list[Style]:
    """Return the styles of a layer, for its columns and kinds."""
    kinds = frame["kind"].dropna().astype(str).unique() if "kind" in frame.columns else ()
    return styles(layer, prepared(frame.iloc[:0], layer).columns, kinds)


def _tables(held: Contents) -> dict[str, pd.DataFrame]:
    """Return `layer_styles`, with the columns that QGIS gives it, and `provenance`."""
    now = pd.Timestamp(held.said.moment or datetime.now(tz=UTC)).floor("ms")
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": layer,
            "f_geometry_column": GEOMETRY,
            "styleName": style.name,
            "styleQML": style.qml(),
            "styleSLD": "",  # QGIS has the column, and reads the QML alone
            "useAsDefault": not place,
            "description": style.description,
            "owner": "",
            "ui": None,
            "update_time": now,
        }
        for layer, frame in held.layers.items()
        for place, style in enumerate(_styles(frame, layer))
    ]
    return {
        "layer_styles": pd.DataFrame(rows).astype({"ui": "str"}),
        "provenance": pd.DataFrame(held.said.rows, columns=["name", "text"]),
    }
