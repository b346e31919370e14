"""What a record says, as text: the same content always gives the same text and the same hash.

A polygon drawn from another vertex or in the other direction is the same polygon; 3.0 is 3;
a missing value is the same as no column. So loading a file twice, or reading a store and loading
it again, is recognised.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

HASH_BYTES = 16


def digest(*parts: bytes | str) -> str:
    """Return a hash of these parts as 32 hexadecimal digits.

    Examples
    --------
    >>> digest("AP-1", "{}") == digest("AP-1", b"{}") != digest("AP-1{}")
    True
    """
    total = hashlib.blake2b(digest_size=HASH_BYTES)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()


def geometry_hashes(geometries: gpd.GeoSeries) -> list[str]:
    """Hash each geometry, whatever vertex and direction its rings begin with.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one, same = shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1, ccw=False)
    >>> len(set(geometry_hashes(gpd.GeoSeries([one, same]))))
    1
    """
    shapes = shapely.normalize(shapely.force_2d(geometries.to_numpy()))
    return [digest(wkb) for wkb in shapely.to_wkb(shapes, byte_order=1)]


def plain(column: pd.Series[Any]) -> list[Any]:
    """Return a column as plain Python values: None for missing, days and moments as ISO text.

    Examples
    --------
    >>> plain(pd.Series([3.0, None, 2.5]))
    [3, None, 2.5]
    >>> plain(pd.Series(pd.to_datetime(["2022-12-31", None])))
    ['2022-12-31', None]
    """
    missing = pd.isna(column).to_numpy()
    return [
        None if gone else _plain(value)
        for value, gone in zip(column.to_list(), missing, strict=True)
    ]


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    match value:
        case float() if value.is_integer():
            plain_value: Any = int(value)
        case float() if math.isfinite(value):
            plain_value = value
        case dt.datetime() | dt.date() | dt.time():
            plain_value = value.isoformat().removesuffix("T00:00:00")
        case list() | tuple() | np.ndarray():
            plain_value = [_plain(each) for each in value]
        case dict():
            plain_value = {str(key): _plain(each) for key, each in value.items()}
        case None | str() | bool() | int():
            plain_value = value
        case _:
            plain_value = str(value)
    return plain_value


def to_json(record: dict[str, Any]) -> str:
    """Write what a record has, by name; what is missing is left out.

    Examples
    --------
    >>> to_json({"b": 1, "a": "Ta Sanh", "c": None})
    '{"a":"Ta Sanh","b":1}'
    """
    present = {name: value for name, value in record.items() if value is not None}
    return json.dumps(
        present, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def records(frame: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of some columns as dictionaries of plain values."""
    names = list(columns)
    values = zip(*(plain(frame[name]) for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values] if names else [{}] * len(frame)


def extras(frame: pd.DataFrame, known: Iterable[str]) -> list[str | None]:
    """Write the columns beyond the known ones as JSON, None for a row that has none."""
    further = frame.columns.difference(list(known), sort=False)
    texts = [to_json(record) for record in records(frame, map(str, further))]
    return [None if text == "{}" else text for text in texts]


def with_extras(frame: gpd.GeoDataFrame, texts: Sequence[str | None]) -> gpd.GeoDataFrame:
    """Return a frame with the columns that `extras` wrote, after its own."""
    found = [{} if text is None or pd.isna(text) else json.loads(text) for text in texts]
    names = dict.fromkeys(name for record in found for name in record)
    new = {
        name: pd.Series([record.get(name) for record in found], index=frame.index)
        for name in names
        if name not in frame.columns
    }
    return frame.assign(**new)
