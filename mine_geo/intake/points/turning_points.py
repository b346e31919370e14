"""Turning points to polygons: by record, in the order of their numbers; no corner left out.

Coordinates are those of the caller's system, degrees or metres alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import some
from mine_geo.intake.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray


START_POINTS: Final = ("sp", "start", "start point", "starting point")
"""Before all numbers."""
END_POINTS: Final = ("ep", "end", "end point", "finish", "finish point")
"""After all numbers."""
_NAMES: Final = {-np.inf: "SP", np.inf: "EP"}
_HOLE: Final = r"(?i)\s*(?:hole|inner|interior)"
"""How the name of a ring begins that is a hole."""


@dataclass(frozen=True)
class Built:
    """The polygons of the records, and what is wrong with the rest."""

    geometry: pd.Series[Any]
    """Polygon or MultiPolygon of each record, by its key, in the order of first appearance;
    None where a corner is unclear."""
    findings: list[tuple[Hashable, Finding]]
    """Record key and finding."""

    def of_records(
        self, keys: Iterable[Any], ids: Iterable[str | None] | None = None
    ) -> list[Finding]:
        """Return the findings with the place of their record, and its id where that is known.

        Parameters
        ----------
        keys
            The key of each record, in the order of the table; of one that stands twice the first
            place counts.
        ids
            The id that people use for each.
        """
        places: dict[Any, int] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, place)
        known = None if ids is None else list(ids)
        return [
            replace(
                found, record=places[key], hazard_id=None if known is None else known[places[key]]
            )
            for key, found in self.findings
        ]


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


def polygons(points: pd.DataFrame, *, gaps: bool = False) -> Built:
    """Build the polygons of records from one row a turning point.

    Parameters
    ----------
    points
        Columns `record` (any key), `lon`, `lat` (float; degrees, or x and y of any system) and,
        if wanted, `part` (one polygon a part), `ring` (a ring of the part: "hole 1", "inner" or
        "interior" is cut out of the part's outer ring, of any other name each is a polygon of its
        own) and `order` (number or text, see `order_numbers`).
        Points stand in the order of their numbers; in the order of entry where `order` is left
        out or a ring has none. Rows without a record are not looked at.
    gaps
        Whether numbers may be missing.

    Returns
    -------
    Built
        A last point equal to the first is the closing of the ring. A record is without polygon,
        and has a finding, where a point is not a number (`bad_point`), where numbers repeat, are
        missing, or stand at some points only (`point_order`), where a ring has fewer than three
        different points (`few_points`), or a part with a hole no outer ring, or several
        (`stray_hole`). Rings may cross themselves: the checks find it.

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
    findings = _bad_points(rows) + _disorder(rows, gaps=gaps) + _few(rows) + _stray(rows)
    bad = np.zeros(len(keys), dtype=bool)
    bad[[place for place, _ in findings]] = True
    geometry = _assemble(rows[~bad[rows["record"].to_numpy()]], len(keys))
    return Built(
        pd.Series(geometry, index=pd.Index(keys, name="record"), dtype=object),
        [(keys[place], finding) for place, finding in findings],
    )


def _rings(points: pd.DataFrame, record: NDArray[np.intp]) -> pd.DataFrame:
    """Return the points sorted along their rings, closing points dropped."""
    count = len(points)
    part = points["part"].astype("str").fillna("") if "part" in points else pd.Series([""] * count)
    order = order_numbers(points["order"]) if "order" in points else pd.Series([np.nan] * count)
    ring = points["ring"].astype("str").fillna("") if "ring" in points else pd.Series([""] * count)
    rows = pd.DataFrame(
        {
            "record": record,
            "part": pd.factorize(part)[0],
            "name": pd.factorize(ring)[0],
            "hole": ring.str.match(_HOLE).to_numpy(dtype=bool),
            "order": order.to_numpy(dtype=float),
            "x": points["lon"].to_numpy(dtype=float),
            "y": points["lat"].to_numpy(dtype=float),
        }
    )
    rows["ring"] = rows.groupby(["record", "part", "name"], sort=True).ngroup()
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
    bad = rows["record"].to_numpy()[~np.isfinite(rows[["x", "y"]].to_numpy()).all(axis=1)]
    return [
        (int(place), Finding("bad_point", f"{count} turning points that cannot be read"))
        for place, count in zip(*np.unique(bad, return_counts=True), strict=True)
    ]


def _disorder(rows: pd.DataFrame, *, gaps: bool) -> list[tuple[int, Finding]]:
    """Find numbers that stand at some points only, twice, or not at all."""
    order, ring = rows["order"], rows["ring"]
    number = np.isfinite(order)
    step = order.where(number).groupby(ring).diff()
    first = number & step.isna() & (order > 1)
    # Numbers that run on through the whole table need not begin at 1 in each ring.
    if not order[number].duplicated().any():
        first &= ~(order - 1).isin(order)
    faults = {
        "number at some turning points only:": order.notna() & ~rows["ordered"],
        "turning point that stands twice:": rows["ordered"]
        & (order == order.groupby(ring).shift()),
        "turning points missing before number": rows["ordered"] & ((step > 1) | first) & (not gaps),
    }
    mends = dict.fromkeys(faults, "give each its place in the ring")
    mends["turning point that stands twice:"] = (
        "if the rows are of several records, give each record its own id (of a report also "
        "report_no), and each part its own name in a column part; else number the points anew"
    )
    mends["turning points missing before number"] = (
        'give them, or say number_gaps = "accept" in a profile\'s [options]'
    )
    said: dict[int, Finding] = {}
    for words, mask in faults.items():
        for place, group in order[mask].groupby(rows["record"][mask].to_numpy()):
            numbers = some(_NAMES.get(value, f"{value:g}") for value in group)
            message = f"{words} {numbers}; no polygon is drawn: {mends[words]}"
            said.setdefault(int(str(place)), Finding("point_order", message))
    return list(said.items())


def _few(rows: pd.DataFrame) -> list[tuple[int, Finding]]:
    distinct = rows.drop_duplicates(["ring", "x", "y"])
    counts = np.bincount(distinct["ring"], minlength=1)
    owners = distinct.drop_duplicates("ring").sort_values("ring")
    few = owners.loc[counts[owners["ring"]] < 3].drop_duplicates("record")
    return [
        (int(place), Finding("few_points", f"{counts[ring]} different turning points, not 3"))
        for place, ring in zip(few["record"], few["ring"], strict=True)
    ]


def _stray(rows: pd.DataFrame) -> list[tuple[int, Finding]]:
    """Find holes in a part that has no outer ring, or several."""
    rings = rows.drop_duplicates("ring")
    inner = rings.groupby(["record", "part"])["hole"].agg(["sum", "size"])
    stray = inner.loc[(inner["sum"] > 0) & (inner["size"] - inner["sum"] != 1)]
    said = "a hole in a part with {} outer rings; no polygon is drawn: give each its part"
    return [
        (int(record), Finding("stray_hole", said.format(size - holes)))
        for (record, _), holes, size in stray.drop_duplicates().itertuples()
    ]


def _assemble(rows: pd.DataFrame, count: int) -> NDArray[np.object_]:
    geometry = np.full(count, None, dtype=object)
    if rows.empty:
        return geometry
    _, first = np.unique(rows["ring"], return_inverse=True)
    rings = shapely.polygons(shapely.linearrings(rows[["x", "y"]].to_numpy(), indices=first))
    of = rows.drop_duplicates("ring").reset_index(drop=True)
    holed = of.groupby(["record", "part"])["hole"].transform("any")
    for _, one in of[holed].groupby(["record", "part"]):
        (shell,) = one.index[~one["hole"]]
        holes = [ring.exterior for ring in rings[one.index[one["hole"]]]]
        rings[shell] = shapely.Polygon(rings[shell].exterior, holes)
    rings, owner = rings[~of["hole"]], of.loc[~of["hole"], "record"].to_numpy()
    several = np.bincount(owner, minlength=count)[owner] > 1
    geometry[owner[~several]] = rings[~several]
    if several.any():
        owners, place = np.unique(owner[several], return_inverse=True)
        geometry[owners] = shapely.multipolygons(rings[several], indices=place)
    return geometry
