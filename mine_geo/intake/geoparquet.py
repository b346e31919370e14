"""GeoParquet into records: GDAL's wheels have no driver for it, geopandas reads it."""

from __future__ import annotations

import io
import json
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.vector import UNREADABLE, quietly, ring_fault

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE: Final = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32()),
)
_TYPES: Final = dict.fromkeys(_WHOLE, pd.Int64Dtype()) | {pa.bool_(): pd.BooleanDtype()}
TO_PANDAS: Final = MappingProxyType({"types_mapper": _TYPES.get, "date_as_object": False})
"""Whole numbers keep all their digits, what is missing is neither 0 nor false, days are days."""

Reasons = dict[int, str]
"""Why the ring of a record cannot be built, by its place from 0."""


def read_parquet(path: Path) -> tuple[gpd.GeoDataFrame, Reasons, list[Finding]]:
    """Read a GeoParquet file in the CRS of its metadata.

    Parameters
    ----------
    path
        The file, after `guard.check`.

    Returns
    -------
    tuple
        The table (RangeIndex); where a ring cannot even be built, GEOS's reason and a null
        geometry; findings on columns that were left out because they hold lists or records.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
        shapes = list(json.loads(schema.metadata[b"geo"])["columns"])
        nested = [
            field.name
            for field in schema
            if pa.types.is_nested(field.type) and field.name not in shapes and field.name != "bbox"
        ]
        flat = [f.name for f in schema if f.name in shapes or not pa.types.is_nested(f.type)]
        frame, broken = _built(path, flat, shapes)
    except (*UNREADABLE, pa.ArrowException, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"{path}: cannot be read as GeoParquet; get it again from its maker "
            f"({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        ) from error
    found = []
    if nested:
        message = f"columns of lists or records were left out: {some(nested)}"
        found.append(Finding("unread_part", message))
    return _flat(frame), broken, found


def _built(path: Path, columns: list[str], shapes: list[str]) -> tuple[gpd.GeoDataFrame, Reasons]:
    """Return the table, and the rings that were taken out because they cannot be built."""
    try:
        with path.open("rb") as file:
            return _read(file, columns), {}
    except shapely.errors.GEOSException:
        pass
    with path.open("rb") as file:
        table = pq.read_table(file, columns=columns)
    broken: Reasons = {}
    for name in shapes:
        binary = table[name].to_pylist()
        reasons = {n: why for n, wkb in enumerate(binary) if (why := ring_fault(wkb)) is not None}
        whole = [None if place in reasons else wkb for place, wkb in enumerate(binary)]
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), [pa.array(whole, pa.binary())])
        broken |= reasons
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    buffer.seek(0)
    return _read(buffer, columns), broken


def _read(file: IO[bytes], columns: list[str]) -> gpd.GeoDataFrame:
    with quietly():
        return gpd.read_parquet(file, columns=columns, to_pandas_kwargs=dict(TO_PANDAS))


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with a named index and categories as columns, other geometries as WKT."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    else:
        frame = frame.reset_index(drop=True)
    new: dict[str, Any] = {}
    for name in frame.columns.drop(frame.geometry.name):
        column = frame[name]
        if isinstance(column.dtype, gpd.array.GeometryDtype):
            new[name] = pd.Series(shapely.to_wkt(column.to_numpy()), index=frame.index).astype(
                "str"
            )
        elif isinstance(column.dtype, pd.CategoricalDtype):
            new[name] = column.astype(column.cat.categories.dtype)
    return frame.assign(**new)
