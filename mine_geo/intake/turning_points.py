"""Turning points to polygons: by record, in the order of their numbers; no corner left out.

Coordinates are those of the caller's system, degrees or metres alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

START_POINTS: Final = ("sp", "start", "start point", "starting point")
"""Before all numbers."""
END_POINTS: Final = ("ep", "end", "end point", "finish", "finish point")
"""After all numbers."""


@dataclass(frozen=True)
class Built:
    """The polygons of the records, and what is wrong with the rest."""

    geometry: pd.Series[Any]
    """Polygon or MultiPolygon of each record, by its key, in the order of first appearance;
    None where a corner is unclear."""
    findings: list[tuple[Hashable, Finding]]
    """Record key and finding."""


def order_numbers(texts: pd.Series[Any]) -> pd.Series[float]:
    """Return the place in the ring that a point's number or name means.

    The one number in it ("TP 3", "03", "3."); a start point ("SP") comes before all numbers
    (-inf), an end point ("EP") after all (inf); NaN where there is no number, or several.

    Examples
    --------
    >>> order_numbers(pd.Series(["SP", "TP1", "02", "EP", "corner", "1/2"])).tolist()
    [-inf, 1.0, 2.0, inf, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(texts):
        return texts.astype(float)
    words = texts.astype("str").str.strip().str.lower()
    found = words.str.extract(r"^[^0-9]*([0-9]{1,9}(?:\.[0-9]{1,9})?)[^0-9]*$", expand=False)
    numbers = pd.to_numeric(found).astype(float)
    numbers = numbers.mask(words.isin(START_POINTS), -np.inf)
    return numbers.mask(words.isin(END_POINTS), np.inf)


def polygons(points: pd.DataFrame) -> Built:
    """Build the polygons of records from one row a turning point.

    Parameters
    ----------
    points
        Columns `record` (any key), `lon`, `lat` (float; degrees, or x and y of any system) and,
        if wanted, `part` (one ring a part) and `order` (number or text, see `order_numbers`).
        Points stand in the order of their numbers; in the order of entry where `order` is left
        out or a ring has none. Rows without a record are not looked at.

    Returns
    -------
    Built
        A last point equal to the first is the closing of the ring. A record is without polygon,
        and has a finding, where a point is no number (`bad_point`), where numbers repeat, are
        missing, or stand at some points only (`point_order`), or where a ring has fewer than
        three different points (`few_points`). Rings may cross themselves: the checks find it.

    Examples
    --------
    >>> points = pd.DataFrame({
    ...     "record": ["A", "A", "A", "B"], "order": ["TP3", "TP1", "TP2", "TP1"],
    ...     "lon": [103.0, 103.0, 103.1, 104.0], "lat": [13.1, 13.0, 13.0, 12.0]})
    >>> built = polygons(points)
    >>> built.geometry["A"].wkt
    'POLYGON ((103 13, 103.1 13, 103 13.1, 103 13))'
    >>> [(key, finding.code) for key, finding in built.findings]
    [('B', 'few_points')]
    """
    points = points.loc[points["record"].notna()].reset_index(drop=True)
    record, keys = pd.factorize(points["record"])
    rows = _rings(points, record)
    findings = _bad_points(rows) + _disorder(rows) + _few(rows)
    bad = np.zeros(len(keys), dtype=bool)
    bad[[place for place, _ in findings]] = True
    geometry = _assemble(rows.loc[~bad[rows["record"]]], len(keys))
    return Built(
        pd.Series(geometry, index=pd.Index(keys, name="record"), dtype=object),
        [(keys[place], finding) for place, finding in findings],
    )


def _rings(points: pd.DataFrame, record: NDArray[np.intp]) -> pd.DataFrame:
    """Return the points sorted along their rings, closing points dropped."""
    count = len(points)
    part = points["part"].astype("str").fillna("") if "part" in points else pd.Series([""] * count)
    order = order_numbers(points["order"]) if "order" in points else pd.Series([np.nan] * count)
    rows = pd.DataFrame(
        {
            "record": record,
            "part": pd.factorize(part)[0],
            "order": order.to_numpy(dtype=float),
            "x": points["lon"].to_numpy(dtype=float),
            "y": points["lat"].to_numpy(dtype=float),
        }
    )
    rows["ring"] = rows.groupby(["record", "part"], sort=True).ngroup()
    rows = _unclosed(rows.iloc[np.argsort(rows["ring"], kind="stable")], numbered=False)
    # Where any point of a ring has no number, the ring stays in order of entry.
    rows["ordered"] = rows["order"].notna().groupby(rows["ring"]).transform("all")
    rank = rows["order"].where(rows["ordered"], 0.0)
    rows = rows.iloc[np.lexsort((rank, rows["ring"]))]
    return _unclosed(rows, numbered=True).reset_index(drop=True)


def _unclosed(rows: pd.DataFrame, *, numbered: bool) -> pd.DataFrame:
    """Drop the last point of a ring where it is the first again, under its number or another.

    In order of entry a point of another number may be no closing point, but one out of order.
    """
    first = rows.groupby("ring")[["x", "y", "order"]].transform("first")
    last = ~rows["ring"].duplicated(keep="last") & rows["ring"].duplicated(keep="first")
    same = (rows["x"] == first["x"]) & (rows["y"] == first["y"])
    if not numbered:
        same &= rows["order"].isna() | (rows["order"] == first["order"])
    return rows.loc[~(last & same)].copy()


def _bad_points(rows: pd.DataFrame) -> list[tuple[int, Finding]]:
    bad = rows.loc[~np.isfinite(rows[["x", "y"]]).all(axis=1)]
    return [
        (int(place), Finding("bad_point", f"{count} turning points that cannot be read"))
        for place, count in bad.groupby("record").size().items()
    ]


def _disorder(rows: pd.DataFrame) -> list[tuple[int, Finding]]:
    some_only = rows["order"].notna() & ~rows["ordered"]
    said = {
        int(place): "turning points with a number beside others without"
        for place in rows.loc[some_only, "record"].unique()
    }
    step = rows["order"].groupby(rows["ring"]).diff()
    for place, group in rows.loc[rows["ordered"] & (step == 0)].groupby("record"):
        said[int(place)] = f"turning point {some(group['order'].map('{:g}'.format))} stands twice"
    for place, group in rows.loc[rows["ordered"] & (step > 1) & (step < np.inf)].groupby("record"):
        missing = some(group["order"].map(lambda number: f"{number - 1:g}"))
        said.setdefault(int(place), f"turning point {missing} is missing")
    return [(place, Finding("point_order", message)) for place, message in said.items()]


def _few(rows: pd.DataFrame) -> list[tuple[int, Finding]]:
    distinct = rows.drop_duplicates(["ring", "x", "y"]).groupby(["record", "ring"]).size()
    few = distinct.loc[distinct < 3].reset_index(name="points").drop_duplicates("record")
    return [
        (int(row.record), Finding("few_points", f"{row.points} different turning points, not 3"))
        for row in few.itertuples()
    ]


def _assemble(rows: pd.DataFrame, count: int) -> NDArray[np.object_]:
    geometry = np.full(count, None, dtype=object)
    if rows.empty:
        return geometry
    ring, first = np.unique(rows["ring"], return_inverse=True)
    rings = shapely.polygons(shapely.linearrings(rows[["x", "y"]].to_numpy(), indices=first))
    owner = rows.drop_duplicates("ring")["record"].to_numpy()
    several = np.bincount(owner, minlength=count)[owner] > 1
    geometry[owner[~several]] = rings[~several]
    if several.any():
        owners, place = np.unique(owner[several], return_inverse=True)
        geometry[owners] = shapely.multipolygons(rings[several], indices=place)
    return geometry
