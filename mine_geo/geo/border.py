"""Border lines, and the geodesic distance from polygons to them (metres, WGS 84).

A border is a table of lines in EPSG:4326 with the columns of `terms.BORDER_COLUMNS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyproj
import shapely

from mine_geo.errors import GeometryError, RecordError, some
from mine_geo.geo.cells import read_flags, read_numbers
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import as_given, find_faults, in_blocks
from mine_geo.terms import BORDER_COLUMNS, BORDER_KINDS, NEIGHBOURS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


_GEOD: Final = pyproj.Geod(ellps="WGS84")
UNKNOWN_ACCURACY_M: Final = 0.0
MOST_DEGREES: Final = 10.0
"""Farthest longitude from the middle of the border at which its plane is used."""
FAR_OFF: Final = (
    f"not in longitude / latitude, or more than {MOST_DEGREES:g} degrees of longitude from the "
    "middle of the border"
)


def to_border(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a border table in its canonical columns, checked.

    A line without a `kind` is land border where it has a `neighbour`: no coast has one. Where it
    has neither it may be coast, and is refused.

    Parameters
    ----------
    frame
        Lines in EPSG:4326 with `kind` (land, coast), `neighbour` (THA, LAO, VNM, null on the
        coast), and if known `border_name`, `border_version`, `accuracy_m` (metres) and
        `demarcated` (true, false, null). Further columns are kept.

    Raises
    ------
    CRSError
        If the frame is not in EPSG:4326.
    GeometryError
        If a geometry is missing, empty, not a line, or not in longitude / latitude.
    RecordError
        If `kind` or `neighbour` holds a word outside the vocabulary, nothing says of a line
        whether it is land or coast, a coast has a neighbour, or an accuracy is not a length.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.LineString([(102.5, 13.0), (102.6, 13.1)])
    >>> frame = gpd.GeoDataFrame({"neighbour": ["THA"]}, geometry=[line], crs=4326)
    >>> to_border(frame)[["kind", "border_version"]]
       kind border_version
    0  land    unversioned
    """
    require_lonlat(frame, "border lines")
    check_lines(frame)
    filled = frame.reset_index(drop=True)
    if filled.geometry.name != "geometry":
        filled = filled.rename_geometry("geometry")
    defaults = {
        "kind": None,
        "neighbour": None,
        "border_name": "border",
        "border_version": "unversioned",
        "accuracy_m": UNKNOWN_ACCURACY_M,
    }
    filled = filled.assign(**{c: v for c, v in defaults.items() if c not in filled})
    for column in ("kind", "neighbour"):
        filled[column] = filled[column].astype(object).where(filled[column].notna())
    for column, words in (("kind", BORDER_KINDS), ("neighbour", NEIGHBOURS)):
        strange = set(filled[column].dropna()) - set(words)
        if strange:
            raise RecordError(
                f"border: {column} {some(sorted(strange))} is unknown; valid: {', '.join(words)}"
            )
    beside = filled["neighbour"].notna()
    filled["kind"] = filled["kind"].mask(filled["kind"].isna() & beside, "land")
    if filled["kind"].isna().any():
        bad = np.flatnonzero(filled["kind"].isna()) + 1
        raise RecordError(
            f"border: record {some(bad)} has no kind and no neighbour, so it may be coast; write "
            "land or coast into a column kind"
        )
    shore = (filled["kind"] == "coast") & beside
    if shore.any():
        raise RecordError(
            f"border: record {some(np.flatnonzero(shore) + 1)} is coast and has a neighbour; write "
            "land, or leave the neighbour empty"
        )
    for column in ("border_name", "border_version"):
        filled[column] = filled[column].astype(object).fillna(defaults[column]).astype(str)
    filled["accuracy_m"] = _accuracies(filled["accuracy_m"])
    if "demarcated" in filled:
        filled["demarcated"] = _demarcated(filled["demarcated"])
    rest = [c for c in filled.columns if c not in BORDER_COLUMNS]
    return filled[[*BORDER_COLUMNS, *rest]]


def _accuracies(column: pd.Series[Any]) -> pd.Series[float]:
    lengths, bad = read_numbers(column)
    if bad.any():
        raise RecordError(
            f"border: accuracy_m {some(column[bad])} is not a length; give metres, 0 or more"
        )
    return pd.Series(lengths, index=column.index).fillna(UNKNOWN_ACCURACY_M)


def _demarcated(column: pd.Series[Any]) -> pd.Series[bool]:
    """Return whether each line is demarcated: yes, no, or null where nobody says."""
    flags, bad = read_flags(column)
    if bad.any():
        raise RecordError(
            f"border: demarcated {some(column[bad])} is neither yes nor no; write true or false"
        )
    said = pd.Series(flags, index=column.index, dtype=object)
    return said.where(column.notna(), None)


def check_lines(frame: gpd.GeoDataFrame) -> None:
    """Refuse what is no table of lines in longitude / latitude.

    Raises
    ------
    GeometryError
        If there is no line, or a geometry is missing, empty, not a line, or not on the earth.

    Examples
    --------
    >>> import geopandas as gpd
    >>> check_lines(gpd.GeoDataFrame(geometry=[shapely.Point(103, 13)], crs=4326))
    Traceback (most recent call last):
        ...
    mine_geo.errors.GeometryError: border: record 1: Point instead of a line; give the border as
    LineString or MultiLineString in EPSG:4326
    """
    if frame.empty:
        raise GeometryError("border: no lines; choose a layer that holds the border")
    faults = find_faults(frame, range(1, len(frame) + 1), shape="line")
    if len(faults):
        lines = some((f"record {row.id}: {row.message}" for row in faults.itertuples()), 3)
        raise GeometryError(
            f"border: {lines}; give the border as LineString or MultiLineString in EPSG:4326"
        )


def border_lengths(border: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many kilometres of a border are of each kind, and beside which neighbour.

    Parameters
    ----------
    border
        A border table, as from `to_border`.

    Returns
    -------
    pandas.DataFrame
        `kind`, `neighbour` (null where there is none, or none is recorded), `lines`, `km`
        (float): the geodesic length on WGS 84 (Karney 2013, through PROJ). Land first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> degree = gpd.GeoDataFrame({"neighbour": ["THA"]},
    ...     geometry=[shapely.LineString([(0, 0), (1, 0)])], crs=4326)
    >>> border_lengths(to_border(degree)).round(3).values.tolist()
    [['land', 'THA', 1, 111.319]]
    """
    table = pd.DataFrame(
        {"kind": border["kind"], "neighbour": border["neighbour"], "km": lengths_km(border)}
    )
    groups = table.groupby(["kind", "neighbour"], dropna=False, sort=False)["km"]
    found = groups.agg(lines="size", km="sum").reset_index()
    order = [*BORDER_KINDS, *NEIGHBOURS]
    return found.sort_values(
        ["kind", "neighbour"], key=lambda words: words.map(order.index, na_action="ignore"),
        ignore_index=True,
    )  # fmt: skip


def lengths_km(lines: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the geodesic length of each line on WGS 84, km.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lines = gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)])], crs=4326)
    >>> lengths_km(lines).round(3)
    array([111.319])
    """
    found = [_GEOD.geometry_length(line) / 1000 for line in as_given(lines)]
    return np.array(found, dtype=np.float64)


def border_lines(border: gpd.GeoDataFrame, *, include_coast: bool = False) -> gpd.GeoDataFrame:
    """Return the lines that count: the land border, with the coast if asked.

    Raises
    ------
    CRSError
        If the border is not in EPSG:4326.
    RecordError
        If it has not the columns of a border table.
    GeometryError
        If no line is left, or one is not a line in longitude / latitude.
    """
    require_lonlat(border, "border lines")
    missing = [column for column in BORDER_COLUMNS[:-1] if column not in border]
    if missing:
        raise RecordError(
            f"border: no column {some(missing)}; use read_border, or border.to_border first"
        )
    lines = border if include_coast else border[border["kind"] == "land"]
    if lines.empty:
        raise GeometryError("border: no land line in it; use include_coast=True or another border")
    check_lines(lines)
    return lines


def far_off(hazards: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> pd.Series[str]:
    """Say which polygons cannot be measured to some border lines, and why.

    Parameters
    ----------
    hazards
        Polygons in EPSG:4326 (any GeoDataFrame or GeoSeries).
    lines
        Border lines in EPSG:4326.

    Returns
    -------
    pandas.Series
        On the index of `hazards`: the reason, null where a polygon can be measured.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.LineString([(102.5, 13.0), (102.6, 13.1)])
    >>> fields = gpd.GeoSeries([shapely.box(103, 13, 103.1, 13.1), None], crs=4326)
    >>> border = to_border(gpd.GeoDataFrame({"kind": ["land"]}, geometry=[line], crs=4326))
    >>> far_off(fields, border).tolist()
    [nan, 'no polygon']
    """
    geometries = as_given(hazards)
    why = pd.Series(None, index=hazards.index, dtype="str")
    why.iloc[shapely.is_missing(geometries) | shapely.is_empty(geometries)] = "no polygon"
    why.iloc[_too_far_off(geometries, lines)] = FAR_OFF
    return why


def window(lines: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return the longitudes, west and east, between which polygons are measured to some lines.

    Places on another continent are an error of coordinates; and the plane of one of the engines
    reaches no farther.

    Raises
    ------
    GeometryError
        If the lines themselves reach farther.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.LineString([(102, 13.0), (106, 13.1)])
    >>> window(gpd.GeoDataFrame(geometry=[line], crs=4326))
    (94.0, 114.0)
    """
    west, _, east, _ = (float(value) for value in lines.total_bounds)
    if (east - west) / 2 > MOST_DEGREES:
        raise GeometryError(
            f"border: reaches from longitude {west:.1f} to {east:.1f}, more than "
            f"{2 * MOST_DEGREES:g} degrees; cut it to the country and its surroundings"
        )
    middle = (west + east) / 2
    return middle - MOST_DEGREES, middle + MOST_DEGREES


def _too_far_off(geometries: NDArray[np.object_], lines: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the places of geometries with a coordinate that the plane cannot hold."""
    west, east = window(lines)
    off = np.zeros(len(geometries), dtype=bool)
    for block in in_blocks(len(geometries)):
        xy, owner = shapely.get_coordinates(geometries[block], return_index=True)
        lon, lat = xy.T
        off[block][owner[~((lon >= west) & (lon <= east) & (np.abs(lat) <= 90))]] = True
    return np.flatnonzero(off)
