"""Checks of hazards before they enter a register: findings, never repairs in silence.

`check_hazards` looks through a whole table: every finding of every record, in one order. What it
looks for stands in `records`, `shapes` and `places`; reports have checks of their own in `reports`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mine_geo.errors import OptionError
from mine_geo.intake.checks.places import Locations, check_country, check_location
from mine_geo.intake.checks.records import (
    SIZE_FLOOR_M2,
    Records,
    check_days,
    check_evidence,
    check_ids,
    check_minimum,
    check_sizes,
    check_words,
)
from mine_geo.intake.checks.reports import check_reports
from mine_geo.intake.checks.shapes import check_overlaps, check_register, check_shapes, repair
from mine_geo.intake.findings import Finding, as_table
from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    from numpy.typing import ArrayLike


__all__ = ["check_hazards", "check_reports", "is_fit", "repair"]


def check_hazards(
    hazards: gpd.GeoDataFrame,
    *,
    admin: gpd.GeoDataFrame | None = None,
    country: Any = None,
    register: gpd.GeoDataFrame | None = None,
    kind: str | None = None,
    size_tolerance: float = 0.10,
    size_floor_m2: float = SIZE_FLOOR_M2,
    overlap_share: float = 0.9,
    longest_edge_m: float = 5000.0,
    today: date | None = None,
    numbers: ArrayLike | None = None,
) -> gpd.GeoDataFrame:
    """List what is wrong with hazards, or must be looked at, before they enter a register.

    Nothing is changed. A polygon that cannot be measured (no polygon, an invalid ring, a
    coordinate that is not a number) has that finding alone; it is not compared with anything.
    Without an `error` and without `no_polygon` a table passes `to_hazards`, and the other way
    round.

    Parameters
    ----------
    hazards
        A table in EPSG:4326 with `hazard_id` and any of the hazard columns, names in any case:
        canonical, or as it was written (a geometry may be null, invalid or no polygon, a word
        unknown). A table without records has no findings.
    admin
        Districts, as from `read_admin`: the recorded province and district against the place. A
        recorded unit that holds a tenth of the hazard is not doubted.
    country
        The country's polygon (geometry, GeoSeries or GeoDataFrame in EPSG:4326).
    register
        The hazards that are there already. A record with the id of one of them is that hazard sent
        again; overlaps are those with other hazards of the same kind.
    kind
        The kind of records that have none.
    size_tolerance
        The part of the computed size by which the reported one may differ.
    size_floor_m2
        A difference up to this many m² is none, however small the polygon.
    overlap_share
        From which part of the smaller of two hazards of one kind on an overlap is a finding.
    longest_edge_m
        Edges longer than this many metres (geodesic) are findings.
    today
        The last day that can be a day of survey; by default today in Cambodia.
    numbers
        The number of each record in its file, from 1; by default its place in the table.

    Returns
    -------
    geopandas.GeoDataFrame
        As `findings.as_table`: `code`, `severity`, `hazard_id`, `message`, `record`,
        `place` (EPSG:4326), ordered by record and code.

    Raises
    ------
    CRSError
        If a table is not in EPSG:4326.
    GeometryError
        If `hazards` has no active geometry column.
    RecordError
        If `hazards` has no column `hazard_id`, or a column twice.
    OptionError
        If `kind` is unknown or a limit is out of its range.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> bow_tie = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
    >>> frame = gpd.GeoDataFrame({"hazard_id": ["AP-1"]}, geometry=[bow_tie], crs=4326)
    >>> found = check_hazards(frame, kind="ap_minefield")
    >>> found[["code", "severity", "record"]].values.tolist()
    [['invalid_ring', 'error', 1], ['missing_data', 'warning', 1]]
    >>> found["message"][0]
    'self-intersection at 103.0050000, 13.0050000; draw the ring so that it neither crosses nor
    touches itself'
    """
    _check_limits(size_tolerance, size_floor_m2, overlap_share, longest_edge_m)
    records = Records.of(hazards, kind, numbers=numbers)
    there = None if register is None else Records.of(register, what="the register")
    day = datetime.now(ZoneInfo(TIME_ZONE)).date() if today is None else today
    locations = Locations(records)
    found = [
        *check_ids(records, there),
        *check_words(records),
        *check_days(records, day),
        *check_sizes(records, size_tolerance, size_floor_m2),
        *check_evidence(records),
        *check_minimum(records),
        *locations.check(records),
        *check_shapes(records, longest_edge_m),
        *check_overlaps(records, overlap_share),
    ]
    abroad = np.zeros(len(records.ids), dtype=bool)
    if country is not None:
        outside, abroad = check_country(records, country)
        found += outside
    if admin is not None:
        found += check_location(records, locations, admin, abroad)
    if there is not None:
        found += check_register(records, there)
    return as_table(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str]:
    return (-1 if finding.record is None else finding.record, finding.code, finding.message)


def _check_limits(
    size_tolerance: float, size_floor_m2: float, overlap_share: float, longest_edge_m: float
) -> None:
    limits = {
        "size_tolerance": (size_tolerance, size_tolerance >= 0, "0 or more"),
        "size_floor_m2": (size_floor_m2, size_floor_m2 >= 0, "0 or more"),
        "overlap_share": (overlap_share, 0 < overlap_share <= 1, "more than 0 and at most 1"),
        "longest_edge_m": (longest_edge_m, longest_edge_m > 0, "more than 0"),
    }
    for name, (value, good, valid) in limits.items():
        if not good:
            raise OptionError(f"{name} {value!r} is out of range; valid: {valid}")


def is_fit(findings: pd.DataFrame, hazards: pd.DataFrame) -> pd.Series[bool]:
    """Say which records have no error, and so may enter the register.

    Parameters
    ----------
    findings
        As `check_hazards` gives them, of `hazards`; several tables may be put together first.
    hazards
        The table that was checked.

    Returns
    -------
    pandas.Series
        Bool on the index of `hazards`. A record without a polygon is fit: it is kept, and not in
        the split.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> boxes = [shapely.box(103, 13, 103.01, 13.01), shapely.box(104, 13, 104.01, 13.01)]
    >>> frame = gpd.GeoDataFrame({"hazard_id": ["AP-1", None]}, geometry=boxes, crs=4326)
    >>> is_fit(check_hazards(frame), frame).tolist()
    [True, False]
    """
    wrong = findings.loc[findings["severity"] == "error", "record"].dropna()
    fit = np.ones(len(hazards), dtype=bool)
    fit[wrong.to_numpy(dtype=np.intp) - 1] = False
    return pd.Series(fit, index=hazards.index, name="fit", dtype="bool")
