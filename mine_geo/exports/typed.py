"""Columns as files and other programs know them: days, whole numbers, numbers, flags, text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from mine_geo.exports.xml_text import clean

if TYPE_CHECKING:
    import geopandas as gpd

DAY: Final = pd.ArrowDtype(pa.date32())
_FOUND: Final[dict[str, Any]] = {"date": DAY, "boolean": "boolean", "integer": "Int64"}
"""The type of a column whose values are all of a sort."""


def typed(frame: gpd.GeoDataFrame, taken: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """Return a frame whose columns have one type each and names that a file can hold.

    Parameters
    ----------
    frame
        Any columns. Naive times that are all midnight are days; what is neither number, flag, day
        nor time is text, whose control characters become U+FFFD.
    taken
        Names that the format needs for itself.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame with a RangeIndex and the geometry in a column `geometry`; a name that differs
        from an earlier one in small and capital letters alone, or is taken, gets `_2` after it.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame({"on": pd.to_datetime(["2020-01-31", None]), "fid": [1, None],
    ...     "FID": ["a", b"b"]}, geometry=[shapely.Point(103, 13)] * 2, crs=4326)
    >>> made = typed(frame, ("fid",))
    >>> made.drop(columns="geometry").dtypes.astype(str).to_dict()
    {'on': 'date32[day][pyarrow]', 'fid_2': 'float64', 'FID_3': 'str'}
    >>> made["FID_3"].tolist()
    ['a', "b'b'"]
    """
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    used = {"geometry", *(name.lower() for name in taken)}
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        if column != "geometry":
            name = _free(clean(str(column)), used)
            columns[name] = _typed(frame[column]).reset_index(drop=True)
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    return type(frame)(table, geometry=frame.geometry.reset_index(drop=True), crs=frame.crs)


def _free(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and remember it."""
    made, number = name, 1
    while made.lower() in used:
        number += 1
        made = f"{name}_{number}"
    used.add(made.lower())
    return made


def _typed(values: pd.Series) -> pd.Series:
    """Return a column as numbers, flags, days, times or text."""
    kinds = pd.api.types
    known = (kinds.is_bool_dtype, kinds.is_numeric_dtype, kinds.is_datetime64_any_dtype)
    if any(test(values.dtype) for test in known):
        return values.astype(DAY) if _are_days(values) else values
    kind = kinds.infer_dtype(values, skipna=True)
    if kind in _FOUND:
        return values.astype(_FOUND[kind])
    texts = values.astype(object).where(values.notna(), None)
    return texts.map(lambda value: None if value is None else clean(str(value))).astype("str")


def _are_days(values: pd.Series) -> bool:
    """Say whether these are times without a zone, all midnight."""
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        return False
    there = values.dropna()
    return bool((there == there.dt.normalize()).all())
