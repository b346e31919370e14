"""Checks of reports of released land, before they enter the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely

from mine_geo.checks.records import Records
from mine_geo.checks.shapes import check_shapes
from mine_geo.errors import some
from mine_geo.findings import as_table
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES, TIME_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from mine_geo.findings import Finding

LONGEST_EDGE_M: Final = 5000.0
"""An edge of land worked on that is longer is a finding."""
LEAST_DEPTH_CM: Final = 2.0
"""A depth of clearance that is less is in metres, it seems."""
OF_ONE: Final = ("amended", "confirmed")
"""What a report can say of one hazard only."""
REPORTED: Final = (*OUTCOMES, *OF_ONE)
"""The events that a report can be."""


def check_reports(
    reports: gpd.GeoDataFrame,
    *,
    register: gpd.GeoDataFrame | None = None,
    today: date | None = None,
    numbers: ArrayLike | None = None,
) -> gpd.GeoDataFrame:
    """List what keeps reports out of the ledger, or must be looked at first.

    Parameters
    ----------
    reports
        A table in EPSG:4326 as from `intake.read_reports`, in order or not.
    register
        The hazards that are there, closed ones too: a report must be of one of them.
    today
        The last day that can be reported; by default today in Cambodia.
    numbers
        The number of each record in its file, from 1; by default its place in the table.

    Returns
    -------
    geopandas.GeoDataFrame
        As `findings.as_table`, ordered by record and code.

    Raises
    ------
    CRSError, GeometryError, RecordError
        If this is no table of reports in EPSG:4326.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> table = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "event_id": ["r-1"], "event_type": ["cleared"],
    ...     "happened_on": pd.to_datetime(["2024-05-03"])}, geometry=[None], crs=4326)
    >>> check_reports(table)[["code", "severity"]].values.tolist()
    [['no_land', 'error']]
    """
    records = Records.of(reports, what="reports", numbers=numbers)
    day = datetime.now(ZoneInfo(TIME_ZONE)).date() if today is None else today
    found = [
        *_types(records),
        *_ids(records, register),
        *_twice(records),
        *_days(records, day),
        *_numbers(records),
        *_shapes(records),
    ]
    return as_table(sorted(found, key=lambda each: (each.record or 0, each.code)))


def _types(records: Records) -> Iterator[Finding]:
    types = records.table["event_type"]
    for place in np.flatnonzero(types.isna()):
        message = f"no event_type; write one of: {', '.join(REPORTED)}"
        yield records.finding("unknown_word", place, message)
    for place in np.flatnonzero(types.notna() & ~types.isin(REPORTED)):
        message = f"event_type {types.iloc[place]!r} is unknown; write one of: "
        yield records.finding("unknown_word", place, message + ", ".join(REPORTED))


def _ids(records: Records, register: gpd.GeoDataFrame | None) -> Iterator[Finding]:
    types, events = records.table["event_type"], records.table["event_id"]
    missing = records.ids == None  # noqa: E711  (element by element)
    for place in np.flatnonzero(missing & types.isin(OF_ONE).to_numpy()):
        message = "no hazard_id; only a release can be over several hazards"
        yield records.finding("missing_id", place, message)
    for _, group in events[events.duplicated(keep=False) & events.notna()].groupby(events):
        hazards = records.ids[group.index]
        if len({*hazards} - {None}) == len(group):
            continue  # one report over several hazards
        for place in group.index:
            others = some((f"record {records.numbers[n]}" for n in group.index if n != place), 3)
            message = (
                f"event_id {events[place]} stands in {others} too; draw the land of one report on "
                "one hazard as one polygon of several parts, or leave one out if it is the same"
            )
            yield records.finding("duplicate_id", place, message)
    if register is not None:
        known = set(register["hazard_id"])
        for place in np.flatnonzero(~missing):
            if records.ids[place] not in known:
                message = f"no hazard {records.ids[place]} in the register; enter the hazard first"
                yield records.finding("unknown_hazard", place, message)


def _twice(records: Records) -> Iterator[Finding]:
    """Give reports of one hazard, type, day and outline: their items would count twice."""
    table = records.table
    keys = pd.DataFrame(
        {
            "hazard": records.ids,
            "type": table["event_type"],
            "day": table["happened_on"],
            "land": shapely.to_wkb(shapely.normalize(records.geometries)),
        }
    )
    keys = keys[keys[["hazard", "type", "land"]].notna().all(axis=1)]
    alike = keys[keys.duplicated(keep=False)]
    for _, group in alike.groupby(list(keys.columns), dropna=False, sort=False):
        for place in group.index:
            other = records.numbers[next(n for n in group.index if n != place)]
            message = f"hazard, type, day and land as in record {other}; leave one out if it is one"
            yield records.finding("duplicate_report", place, message)


def _days(records: Records, today: date) -> Iterator[Finding]:
    days = records.table["happened_on"]
    for place in np.flatnonzero(days.isna()):
        yield records.finding("bad_date", place, "no day on which it happened; write 2022-12-31")
    for place in np.flatnonzero(days > pd.Timestamp(today)):
        message = f"{days.iloc[place]:%Y-%m-%d} has not come yet (today is {today}); correct it"
        yield records.finding("future_date", place, message)


def _numbers(records: Records) -> Iterator[Finding]:
    for name in ("reported_size_m2", "depth_cm", *ITEM_COLUMNS):
        if name not in records.table:
            continue
        values = records.table[name].astype("float64")
        for place in np.flatnonzero((values < 0) | np.isinf(values)):
            message = f"{name} {values.iloc[place]:g} cannot be; write 0 or more, or leave it out"
            yield records.finding("bad_number", place, message)
    if "depth_cm" in records.table:
        depths = records.table["depth_cm"].astype("float64")
        for place in np.flatnonzero((depths > 0) & (depths < LEAST_DEPTH_CM)):
            message = (
                f"depth_cm {depths.iloc[place]:g} is {depths.iloc[place] * 10:g} mm: in metres? "
                "write centimetres, or say in a profile: reports.factors.depth_cm = 100"
            )
            yield records.finding("odd_depth", place, message)


def _shapes(records: Records) -> Iterator[Finding]:
    confirmed = (records.table["event_type"] == "confirmed").to_numpy()
    excused = set(records.numbers[confirmed] - 1)
    for found in check_shapes(records, LONGEST_EDGE_M):
        if found.code != "no_polygon":
            yield found
        elif found.record not in excused:
            yield replace(found, code="no_land", message="no polygon of the land; ask for it")
