"""Capacity as it was done: m² a year, beside what was planned; efficiency, and rates of teams.

From the ledger's releases, whole m². What no report says (items found) is unknown: it is counted
apart and in no rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import FileError, RecordError, some
from mine_geo.geo.cells import day_of
from mine_geo.tables.movements import OUTCOME_COLUMNS, releases
from mine_geo.terms import ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold
    from mine_geo.planning.plan_inputs import PlanInputs
    from mine_geo.terms import Kind, ReleaseGroup


SHARES: Final = dict(zip(OUTCOMES, ("nts_share", "ts_share", "clearance_share"), strict=True))
"""Which share of what was released each activity has."""
TEAM_COLUMNS: Final = ("method", "team", "working_months", "released_m2")


def as_done(
    fold: Fold,
    *,
    kind: Kind,
    by: Sequence[ReleaseGroup] = ("operator", "province"),
    since: Day = None,
    planned: PlanInputs | None = None,
) -> pd.DataFrame:
    """Return the m² a year as they were released, by operator, province or any column.

    Parameters
    ----------
    fold
        The register.
    kind
        Of which kind of hazard: kinds are never added up.
    by
        Groups beside the year; see `movements.releases`.
    since
        Only releases after this day.
    planned
        A plan: its capacity of each year stands beside, for groups by `operator`, `province` or
        nothing.

    Returns
    -------
    pandas.DataFrame
        `year` and the groups, then `cancelled_m2`, `reduced_m2`, `cleared_m2`, `released_m2`, and
        with a plan `planned_m2` and `done_share` (null where the plan has no line for exactly
        that group: capacity that may go anywhere is of no province).

    Raises
    ------
    OptionError, RecordError
        As `movements.releases`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> state = fold(pd.concat([registered_events(hazards), cleared]))
    >>> as_done(state, kind="ap_minefield", by=[])[["year", "released_m2"]].values.tolist()
    [[2022, 600075]]
    """
    keys = ["year", *by]
    table = releases(fold, by=keys, kind=kind, since=since)
    table = table[table["events"] > 0].reset_index(drop=True)  # a confirmation releases nothing
    groups = [name for name in table.columns if name in keys or name == "province_code"]
    table = table[[*groups, *OUTCOME_COLUMNS, "released_m2"]]
    if planned is None:
        return table
    wanted = [_planned(planned, row, by) for row in table.to_dict("records")]
    table = table.assign(planned_m2=pd.array(wanted, dtype="Int64"))
    share = table["released_m2"] / table["planned_m2"].where(table["planned_m2"] > 0)
    return table.assign(done_share=share.astype("Float64"))


def _planned(planned: PlanInputs, row: dict[Any, Any], by: Sequence[str]) -> int | None:
    """Return the capacity of a group in a year, where the plan has lines of it."""
    lines = [
        line
        for line in planned.capacity
        if ("operator" not in by or line.operator == row["operator"])
        and ("province" not in by or line.province_code == row["province_code"])
    ]
    return sum(line.of(int(row["year"])) for line in lines) if lines else None


def efficiency(
    fold: Fold, *, kind: Kind, year: int, by: Sequence[ReleaseGroup] = ("operator",)
) -> pd.DataFrame:
    """Return how a year's land was released: shares of survey and clearance, m² an item.

    Parameters
    ----------
    fold
        The register.
    kind
        Of which kind of hazard.
    year
        Releases of this year.
    by
        Groups; none gives one row of all.

    Returns
    -------
    pandas.DataFrame
        The groups, `cancelled_m2`, `reduced_m2`, `cleared_m2`, `released_m2`; `nts_share`,
        `ts_share`, `clearance_share` of what was released; for each sort of item (`ap_mines`,
        `submunitions`, ...) how many clearance found, and `m2_a_submunition` and so on: cleared m²
        for one of them. Null where no report says, or none was found. Spot tasks are none of it:
        they are outside any hazard.

    Raises
    ------
    OptionError, RecordError
        As `movements.releases`.

    Examples
    --------
    >>> from mine_geo.tables.published import published_table
    >>> table8 = published_table("cmr2024_table8").head(1)
    >>> float(m2_an_item(table8["cleared_m2"], table8["submunitions_destroyed"]).round().iloc[0])
    6098.0
    """
    table = releases(fold, by=["year", "outcome", *by], kind=kind)
    table = table[table["year"] == year]
    groups = [
        name
        for name in table.columns[: list(table.columns).index("events")]
        if name not in ("year", "outcome")
    ]
    cleared = table[table["outcome"] == "cleared"]
    if not groups:
        sums = table[[*OUTCOME_COLUMNS, "released_m2"]].sum().to_frame().T.astype(np.int64)
        items = cleared[list(ITEM_COLUMNS)].sum(min_count=1).to_frame().T
    else:
        sums = table.groupby(groups, dropna=False)[[*OUTCOME_COLUMNS, "released_m2"]].sum()
        items = cleared.groupby(groups, dropna=False)[list(ITEM_COLUMNS)].sum(min_count=1)
        items = items.reindex(sums.index)
    found = pd.concat([sums, items.astype("Int64")], axis=1)
    for outcome, share in SHARES.items():
        found[share] = found[f"{outcome}_m2"] / found["released_m2"].where(found["released_m2"] > 0)
    for items_ in ITEM_COLUMNS:
        name = f"m2_a_{items_.removesuffix('s')}"
        found[name] = m2_an_item(found["cleared_m2"], found[items_])
    return found.reset_index(drop=not groups)


def m2_an_item(cleared_m2: pd.Series[Any], items: pd.Series[Any]) -> pd.Series[Any]:
    """Return cleared m² for each item found; null where none was, or nobody said.

    Examples
    --------
    >>> m2_an_item(pd.Series([100, 100, 100]), pd.Series([4, 0, None])).tolist()
    [25.0, <NA>, <NA>]
    """
    known = items.astype("Int64").where(items.astype("Int64") > 0)
    return (cleared_m2.astype("Float64") / known).astype("Float64")


def cleared_nothing(fold: Fold, *, kind: Kind, since: Day = None) -> pd.DataFrame:
    """Return the hazards whose clearance found nothing, and those of which no report says.

    Land that is cleared and holds nothing was land for survey to release.

    Parameters
    ----------
    fold
        The register.
    kind
        Of which kind of hazard.
    since
        Only clearance after this day.

    Returns
    -------
    pandas.DataFrame
        A row a hazard: `hazard_id`, `operator`, `area_type`, `cleared_m2`, and `found`: `nothing`
        where every clearance of it says of some sort of item that none was found and none that any
        was; `unknown` where one does not say. Largest first. Hazards where something was found are
        left out.

    Raises
    ------
    OptionError, RecordError
        As `movements.releases`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"], "ap_mines": [0],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> state = fold(pd.concat([registered_events(hazards), cleared]))
    >>> cleared_nothing(state, kind="ap_minefield")[["hazard_id", "cleared_m2", "found"]].values
    array([['AP-1', 600075, 'nothing']], dtype=object)
    """
    effects = fold.effects
    hazards = fold.hazards.set_index("hazard_id")
    mine = effects[
        (effects["event_type"] == "cleared")
        & effects["hazard_id"].map(hazards["kind"]).eq(kind)
        & (effects["cleared_m2"] > 0)
    ]
    day = day_of(since)
    if day is not None:
        mine = mine[mine["happened_on"] > pd.Timestamp(day)]
    items = mine[list(ITEM_COLUMNS)].astype("Float64")
    told = items.notna().any(axis=1).groupby(mine["hazard_id"]).all()
    some_found = (items.fillna(0).sum(axis=1) > 0).groupby(mine["hazard_id"]).any()
    table = mine.groupby("hazard_id").agg(
        operator=("operator", "first"), cleared_m2=("cleared_m2", "sum")
    )
    table["operator"] = table["operator"].fillna(hazards["operator"].reindex(table.index))
    table["area_type"] = hazards["area_type"].reindex(table.index)
    table["found"] = np.where(told, "nothing", "unknown")
    table = table[~some_found].reset_index()
    table = table.sort_values(["cleared_m2", "hazard_id"], ascending=[False, True])
    return table[["hazard_id", "operator", "area_type", "cleared_m2", "found"]].reset_index(
        drop=True
    )


def team_rates(teams: pd.DataFrame) -> pd.DataFrame:
    """Return the m² of a team-month by method, from a table of teams.

    Parameters
    ----------
    teams
        `TEAM_COLUMNS`: a row a team (or a row that stands for several), with the months that it
        worked and the m² that it released.

    Returns
    -------
    pandas.DataFrame
        `method`, `teams`, `working_months`, `released_m2`, `m2_a_month`.

    Raises
    ------
    RecordError
        If a column is missing, or months or m² are missing or negative.

    Examples
    --------
    >>> teams = pd.DataFrame({
    ...     "method": ["dogs", "deminers"], "team": ["1", "2"],
    ...     "working_months": [16, 17], "released_m2": [5_722_500, 5_715_000]})
    >>> team_rates(teams)[["method", "m2_a_month"]].round().values.tolist()
    [['deminers', 336176.0], ['dogs', 357656.0]]
    """
    missing = [name for name in TEAM_COLUMNS if name not in teams]
    if missing:
        raise RecordError(f"teams lack the column {some(missing)}; needed: {some(TEAM_COLUMNS)}")
    figures = teams[["working_months", "released_m2"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~((figures["working_months"] > 0) & (figures["released_m2"] >= 0))
    if wrong.any():
        raise RecordError(
            f"teams {some(teams.loc[wrong, 'team'])}: working_months must be over 0 and "
            "released_m2 0 or more; leave out a team of which it is not known"
        )
    groups = teams.assign(**figures).groupby("method", sort=True)
    table = groups.agg(
        teams=("team", "nunique"),
        working_months=("working_months", "sum"),
        released_m2=("released_m2", "sum"),
    ).reset_index()
    return table.assign(m2_a_month=table["released_m2"] / table["working_months"])


def read_teams(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a table of teams for `team_rates`: a CSV with `TEAM_COLUMNS`.

    Raises
    ------
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = "method,team,working_months,released_m2\ndogs,1,16,5722500\n"
    >>> team_rates(read_teams(io.StringIO(text)))["m2_a_month"].tolist()
    [357656.25]
    """
    try:
        return pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FileError(f"{path}: cannot be read as CSV ({reason}); write it as UTF-8") from error


def cha_share(hazards: pd.DataFrame) -> float:
    """Return which share of the m² left is of confirmed areas (CHA); not a number where none is.

    Land of which nobody said whether it is suspected or confirmed is in neither.

    Examples
    --------
    >>> cha_share(pd.DataFrame({"area_type": ["CHA", "SHA"], "size_m2": [1, 3]}))
    0.25
    """
    total = int(hazards.loc[hazards["area_type"].notna(), "size_m2"].sum())
    confirmed = int(hazards.loc[hazards["area_type"] == "CHA", "size_m2"].sum())
    return confirmed / total if total else float("nan")
