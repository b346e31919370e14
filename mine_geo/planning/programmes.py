"""Programmes: a named set of hazards with its baseline, its targets, and what was done since.

A programme is what somebody promised: the 499 km² of a strategy, nine prioritised provinces, the
villages of a donor. Its hazards and its day are fixed; progress comes from the ledger. A target
that no document gives is unknown, and so is whether it is met. Whole m².
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, some
from mine_geo.geo.cells import day_of, read_days, read_numbers
from mine_geo.planning.ground import in_calendar
from mine_geo.tables.movements import OUTCOME_COLUMNS, balance
from mine_geo.terms import NO_UNIT

if TYPE_CHECKING:
    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold

MEMBER_COLUMNS: Final = ("programme", "baseline_on", "hazard_id")
_COLUMNS: Final = [
    "programme", "province", "province_code", "kind", "hazards", "baseline_m2", "found_m2",
    "released_m2", "remaining_m2", "target_year", "done_share", "due_share", "on_target",
]  # fmt: skip
_GROUP: Final = ["programme", "province", "province_code", "kind"]


def programme_progress(members: pd.DataFrame, fold: Fold, *, today: Day) -> pd.DataFrame:
    """Say of each programme, province and kind what was released since its baseline.

    Parameters
    ----------
    members
        A row a hazard of a programme: `programme`, `baseline_on` (one day a programme),
        `hazard_id`, and if known `target_year`, by whose end it is to be released.
    fold
        The register as of `today`.
    today
        The day of the progress.

    Returns
    -------
    pandas.DataFrame
        `programme`, `province`, `province_code`, `kind`, `hazards`, `baseline_m2` (what was left of
        them at the end of the baseline's day), `found_m2` (registered, amended or transferred
        since), `released_m2`, `remaining_m2`, `target_year` (the last of its hazards; null where
        one of them has none), `done_share` (released of baseline and found), `due_share` (at an
        even pace to the end of the target year) and `on_target` (null where no target is known).

    Raises
    ------
    RecordError
        If a column is missing, a day is none, a programme has two baselines or twice a hazard, or
        a hazard is not in the register.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> members = pd.DataFrame({
    ...     "programme": ["Strategy"], "baseline_on": ["2021-12-31"], "hazard_id": ["AP-1"]})
    >>> found = programme_progress(members, fold(registered_events(hazards)), today="2022-12-31")
    >>> found[["baseline_m2", "released_m2", "on_target"]].values.tolist()
    [[1200149, 0, <NA>]]
    """
    day = day_of(today)
    if day is None:
        raise RecordError("the progress of a programme needs its day: today=...")
    checked = _checked(members, fold)
    parts = []
    for name in sorted(checked["programme"].unique()):
        mine = checked[checked["programme"] == name]
        baseline = mine["baseline_on"].iloc[0]
        moved = balance(fold, since=baseline.date(), by=["hazard_id", "kind"])  # type: ignore[list-item]
        rows = mine.merge(moved, on="hazard_id", how="left")
        rows = rows.merge(
            pd.DataFrame(fold.hazards[["hazard_id", "province", "province_code"]]), on="hazard_id"
        )
        parts.append(_summed(rows, baseline, day))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _checked(members: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    missing = [name for name in MEMBER_COLUMNS if name not in members]
    if missing:
        raise RecordError(f"programmes lack the column {some(missing)}")
    days, bad = read_days(members["baseline_on"])
    if bad.any() or days.isna().any():
        wrong = members.loc[bad | days.isna(), "programme"]
        raise RecordError(f"programmes {some(sorted(set(wrong)))}: baseline_on is no clear day")
    target = members.get("target_year", pd.Series(None, index=members.index, dtype=object))
    years, unread = read_numbers(target, whole=True)
    if unread.any():
        raise RecordError(f"target_year {some(target[unread])}: not a year")
    found = members[list(MEMBER_COLUMNS)].assign(
        baseline_on=days, target_year=pd.Series(years, index=members.index).astype("Int64")
    )
    baselines = found.groupby("programme")["baseline_on"].nunique()
    if (baselines > 1).any():
        several = some(baselines.index[baselines > 1])
        raise RecordError(f"programmes {several}: several baselines; a programme has one day")
    twice = found.loc[found.duplicated(["programme", "hazard_id"]), "hazard_id"]
    if len(twice):
        raise RecordError(f"hazards twice in a programme: {some(twice)}")
    unknown = found.loc[~found["hazard_id"].isin(fold.hazards["hazard_id"]), "hazard_id"]
    if len(unknown):
        raise RecordError(f"hazards of a programme that are not in the register: {some(unknown)}")
    return found


def _summed(rows: pd.DataFrame, baseline: pd.Timestamp, day: Any) -> pd.DataFrame:
    """Add up the hazards of a programme by province and kind."""
    rows = rows.assign(
        province=rows["province"].fillna(NO_UNIT),
        hazards=1,
        baseline_m2=rows["opening_m2"],
        found_m2=rows[["registered_m2", "amended_m2", "transferred_m2"]].sum(axis=1),
        released_m2=rows[list(OUTCOME_COLUMNS)].sum(axis=1),
    )
    sums = ["hazards", "baseline_m2", "found_m2", "released_m2", "remaining_m2"]
    groups = rows.groupby(_GROUP, dropna=False, sort=True)
    table = groups[sums].sum().astype(np.int64)
    # A target of some of its hazards is no target of all.
    known = groups["target_year"].count() == groups.size()
    table["target_year"] = groups["target_year"].max().where(known).astype("Int64")
    whole = table["baseline_m2"] + table["found_m2"]
    table["done_share"] = (table["released_m2"] / whole.where(whole > 0)).astype("Float64")
    # Both days end: the evening of 31 December is the beginning of the next year.
    ends = (each + timedelta(days=1) for each in (baseline.date(), day))
    begun, now = (in_calendar(each, 0.0) for each in ends)
    due = (now - begun) / (table["target_year"].astype("Float64") + 1 - begun)
    table["due_share"] = due.clip(0, 1)
    reached = table["done_share"] >= table["due_share"]
    table["on_target"] = reached.astype("boolean").where(table["due_share"].notna())
    return table.reset_index()
