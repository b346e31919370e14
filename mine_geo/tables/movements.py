"""Tables from a fold: the balance of a period, releases, why a total moved, and released land.

Frame in, frame out. All m² are whole (int64). A hazard counts in a group by what is recorded of
it as of the fold's day, earlier movements too: a corrected district takes its history along, so
that each group balances.

`released_land` gives polygons, in EPSG:4326: what each release really took off its hazard. The
polygon of a report may reach over land that was released before or lies outside the hazard; what
is returned is only what was there before and is not there after.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import RecordError, choose, some
from mine_geo.geo.cells import day_of
from mine_geo.geo.geometry import as_geometries, exact_size_m2, size_m2
from mine_geo.ledger.cut import LEAST_M2, areal
from mine_geo.split.zones import border_split
from mine_geo.tables.totals import (
    UNITS,
    figures_of,
    group_keys,
    name_no_unit,
    refuse_kinds,
    with_total,
)
from mine_geo.terms import (
    CRS,
    ITEM_COLUMNS,
    KINDS,
    MOVEMENT_COLUMNS,
    OUTCOMES,
    THRESHOLD_M,
    TIME_ZONE,
    ZONES,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Group, Kind, ReleaseGroup, Rule


SIGNS: Final = dict(zip(MOVEMENT_COLUMNS, (1, 1, 1, -1, -1, -1), strict=True))
"""Whether a movement adds to what remains or takes off."""
OUTCOME_COLUMNS: Final = tuple(f"{outcome}_m2" for outcome in OUTCOMES)
TIMELINE_COLUMNS: Final = (
    "near_hazards",
    "near_size_m2",
    "far_hazards",
    "far_size_m2",
    *OUTCOME_COLUMNS,
)
RELEASE_COLUMNS: Final = (
    "events",
    *OUTCOME_COLUMNS,
    "released_m2",
    "confirmed_m2",
    "reported_m2",
    "unreported",
    *ITEM_COLUMNS,
)
CONFIRMED: Final = "confirmed"
UNSURE: Final = ("reported_m2", *ITEM_COLUMNS)
"""Figures of releases that reports may leave out: null where none of them says."""
REASONS: Final = ("new", "late", "gone", "re-attributed")


def balance(
    fold: Fold,
    *,
    since: Day = None,
    by: Sequence[Group] | Group = (),
    kind: Kind | None = None,
    opening: pd.DataFrame | None = None,
    closing: pd.DataFrame | None = None,
    total: bool = False,
) -> pd.DataFrame:
    """Add up what moved the size of the register after a day.

    Parameters
    ----------
    fold
        The register at the end of the period.
    since
        The opening is the end of this day; None: before everything.
    by
        Columns of the hazards to group by; `province` and `district` by code. With `zone` a
        hazard moves in the zone in which it was at the opening (or that of its first polygon
        after it); what remains of it counts in the zone in which it is at the end, and if that
        is another one, because its nearest edge was released, `moved_m2` says so on both sides.
    kind
        Only hazards of this kind.
    opening, closing
        For `zone`: the splits of `opening_hazards(fold, since)` and of the hazards of `fold`
        that are not closed, see `border_split`; columns `hazard_id` and `zone` are read.
    total
        Add a last row of sums, marked in a first column `row`; see `totals.with_total`.

    Returns
    -------
    pandas.DataFrame
        The group's columns, then `opening_m2`, `registered_m2`, `amended_m2`, `transferred_m2`,
        `cancelled_m2`, `reduced_m2`, `cleared_m2`, with zones `moved_m2`, and `remaining_m2`:
        the first four less the next three, and `moved_m2`, are the last. Whole m².

    Raises
    ------
    MixedError
        If hazards of several kinds would be added up, in a group or in the total.
    OptionError
        For an unknown kind or column.
    RecordError
        If a hazard that moved has no zone.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"], "province": ["Pailin"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> balance(fold(registered_events(hazards)), by="province").iloc[0, 2:].astype(int).tolist()
    [0, 1200149, 0, 0, 0, 0, 0, 1200149]
    """
    named = [by] if isinstance(by, str) else list(by)
    hazards = _of_kind(fold.hazards, kind)
    refuse_kinds(hazards, [] if total else named)
    figures = _by_hazard(fold, hazards["hazard_id"], since)
    keys = group_keys(hazards, named, ("zone",))
    moving = "zone" in named
    table = pd.concat([hazards[[key for key in keys if key != "zone"]], figures], axis=1)
    if moving:
        table = _in_zones(table.assign(hazard_id=hazards["hazard_id"]), opening, closing)
    columns = [name for name in figures.columns if name != "remaining_m2"]
    columns += ["moved_m2", "remaining_m2"] if moving else ["remaining_m2"]
    return _summed(table, keys, columns, total=total)


def _by_hazard(fold: Fold, ids: pd.Series[str], since: Day) -> pd.DataFrame:
    """Return opening, movements and remaining m² of each hazard, on the index of `ids`."""
    day, effects = day_of(since), fold.effects
    # Up to the end of that day an event belongs to the opening, later to the period: its m² count
    # once, in one of the two, so that each hazard balances.
    before = effects["happened_on"] <= (pd.Timestamp.min if day is None else pd.Timestamp(day))
    net = _net(effects)
    moved = effects[list(MOVEMENT_COLUMNS)].mask(before, 0)
    per = pd.DataFrame({"opening_m2": net.where(before, 0), **moved})
    per = per.groupby(effects["hazard_id"].to_numpy()).sum().astype(np.int64)
    # Hazards without an event are not asked for; the order is that of `ids`.
    per = per.reindex(ids.to_numpy()).set_axis(ids.index)
    return per.assign(remaining_m2=per["opening_m2"] + _net(per))


def _net(movements: pd.DataFrame) -> pd.Series[int]:
    """Return what the movements of each row add to what remains."""
    return (movements[list(SIGNS)] * list(SIGNS.values())).sum(axis=1)


def _in_zones(
    table: pd.DataFrame, opening: pd.DataFrame | None, closing: pd.DataFrame | None
) -> pd.DataFrame:
    """Put movements into the zone of the opening, what remains into that of the end."""
    if opening is None or closing is None:
        raise RecordError(
            "by zone needs opening=border_split(opening_hazards(fold, since), ...) and "
            "closing=border_split(fold.hazards without the closed ones, ...)"
        )
    # Where the opening tells no zone of a hazard, that of the end counts.
    first, last = (table["hazard_id"].map(_zones(each)) for each in (opening, closing))
    zone = first.fillna(last)
    figures = table.select_dtypes(np.int64).columns
    # Of what is in the split without a zone, the zone is not known; other land was forgotten.
    known = table["hazard_id"].isin([*opening["hazard_id"], *closing["hazard_id"]])
    moved = zone.isna() & (table[figures] != 0).any(axis=1)
    lost = moved & ~known
    if lost.any():
        raise RecordError(f"{some(table.loc[lost, 'hazard_id'])}: in no zone; split it too")
    # What remains of a hazard that changed its zone leaves the one and enters the other: the same
    # m², once less and once more, so that both zones balance and the country does not change.
    goes = last.notna() & (last != zone) & (table["remaining_m2"] != 0)
    size = table["remaining_m2"].where(goes, 0)
    start = table.assign(zone=zone, moved_m2=-size, remaining_m2=table["remaining_m2"] - size)
    none = table.assign(moved_m2=0, **dict.fromkeys(figures, 0))
    end = none.assign(zone=last, moved_m2=size, remaining_m2=size)[goes]
    # Rows of nothing in either zone, so that each group shows both.
    rows = [none.assign(zone=name) for name in ZONES]
    return pd.concat([start[zone.notna() | moved], end, *rows], ignore_index=True)


def _zones(split: pd.DataFrame) -> dict[str, str]:
    return dict(zip(split["hazard_id"], split["zone"], strict=True))


def _until(fold: Fold, day: Day) -> NDArray[np.bool_]:
    """Return which events happened up to the end of a day; None: before everything."""
    end = day_of(day)
    limit = pd.Timestamp.min if end is None else pd.Timestamp(end)
    return (fold.effects["happened_on"] <= limit).to_numpy()


def _standing(fold: Fold, until: NDArray[np.bool_], there: NDArray[np.bool_]) -> pd.Series[int]:
    """Return the place of the event that left what stood, by hazard; closed ones are left out."""
    ids = fold.effects["hazard_id"].to_numpy(dtype=object)
    last = pd.Series(np.arange(len(ids)))[until].groupby(ids[until]).last()
    return last[there[last.to_numpy(dtype=np.intp)]]


def year_ends(fold: Fold) -> list[dt.date]:
    """Return the days of a timeline: the end before the first release, then of each year, the last.

    The last is the day of the fold, else that of its last event; no day where nothing was released.
    """
    effects = fold.effects
    released = effects["event_type"].isin(OUTCOMES)
    if not released.any():
        return []
    end = fold.as_of or effects["happened_on"].max().date()
    first = effects["happened_on"][released].min().year
    days = [dt.date(year, 12, 31) for year in range(first - 1, end.year + 1)]
    return [*(day for day in days if day < end), end]


def timeline(
    fold: Fold,
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    rule: Rule = "edge",
    include_coast: bool = False,
) -> pd.DataFrame:
    """Return what stood near and far, and what had been released, at the end of each year.

    Parameters
    ----------
    fold
        The register at the last day.
    border
        As for `border_split`, like the three below; EPSG:4326, metres.
    threshold_m, rule, include_coast
        As for `border_split`.

    Returns
    -------
    pandas.DataFrame
        One row a hazard and day of `year_ends`, for hazards of which something stood then or had
        been released: `day`, `hazard_id`, then whole m²: `near_hazards`, `near_size_m2`,
        `far_hazards`, `far_size_m2` of what stood, as `totals` of a split of that day has them,
        and `cancelled_m2`, `reduced_m2`, `cleared_m2` since all began, as `balance` has them.

    Raises
    ------
    RecordError
        If a polygon cannot be measured.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> year_ends(fold(registered_events(hazards)))
    []
    """
    days = year_ends(fold)
    columns = ["day", "hazard_id", *TIMELINE_COLUMNS]
    if not days:
        return pd.DataFrame(columns=columns)
    found = steps(
        [(fold, day) for day in days],
        border,
        threshold_m=threshold_m,
        rule=rule,
        include_coast=include_coast,
    )
    figures = figures_of(found.versions, "computed").set_axis(found.versions["hazard_id"])
    parts = []
    for day, rows, released in zip(days, found.stood, found.released, strict=True):
        table = figures.iloc[rows].join(released, how="outer")
        parts.append(table.fillna(0).astype(np.int64).rename_axis("hazard_id").reset_index())
        parts[-1].insert(0, "day", day)
    return pd.concat(parts)[columns]


@dataclass(frozen=True)
class Steps:
    """The register at some steps: at the ends of days, or as it was known at some moments."""

    versions: gpd.GeoDataFrame
    """A split (EPSG:4326) of what hazards were at any step, each polygon, `area_type` and `status`
    of a hazard once: `hazard_id` repeats."""

    stood: list[NDArray[np.intp]]
    """The rows of `versions` that stood at each step, one a hazard."""

    released: list[pd.DataFrame]
    """m² released by each step since all began, by outcome, on the ids of hazards that had any."""


def steps(
    states: Sequence[tuple[Fold, Day]],
    border: gpd.GeoDataFrame,
    *,
    threshold_m: float = THRESHOLD_M,
    rule: Rule = "edge",
    include_coast: bool = False,
) -> Steps:
    """Return what stood at some steps, measured to the border, and what had been released by then.

    Parameters
    ----------
    states
        At least one: for each step a register, and the end of the day up to which it is taken;
        None: all of it. Up to an earlier day of a register `area_type` and `status` follow from
        its events: a hazard that was confirmed later was a SHA, one that nothing was released of
        was open.
    border, threshold_m, rule, include_coast
        As for `timeline`.

    Returns
    -------
    Steps
        A hazard that is closed at a step, or not registered yet, has no row there.

    Raises
    ------
    RecordError
        If a polygon cannot be measured.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> border = gpd.GeoDataFrame({"kind": ["land"], "neighbour": ["THA"], "border_name": "b",
    ...     "border_version": "1", "accuracy_m": 50.0},
    ...     geometry=[shapely.LineString([(102.9, 12), (102.9, 14)])], crs=4326)
    >>> state = fold(registered_events(hazards))
    >>> found = steps([(state, "2019-12-31"), (state, None)], border)
    >>> [found.versions["size_m2"].iloc[rows].tolist() for rows in found.stood]
    [[], [1200149]]
    """
    parts = [_stood(fold, day) for fold, day in states]
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=CRS)
    said = table[["hazard_id", "area_type", "status"]].astype("string").fillna("")
    keys = said.assign(drawn=shapely.to_wkb(table.geometry.to_numpy()))
    # Each version is measured once, however long it stood.
    row_of = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy(dtype=np.intp)
    versions = table[~pd.Series(row_of).duplicated().to_numpy()].reset_index(drop=True)
    ids = versions["hazard_id"]
    drawn = versions.assign(
        hazard_id=versions.index.astype(str),  # one version is as good a hazard as another
        size_m2=size_m2(versions.geometry.to_numpy()),
    )
    split = border_split(
        drawn, border, threshold_m=threshold_m, rule=rule, include_coast=include_coast
    )
    ends = np.cumsum([len(part) for part in parts])[:-1]
    released = [
        fold.effects[_until(fold, day) if day is not None else slice(None)]
        .groupby("hazard_id")[list(OUTCOME_COLUMNS)]
        .sum()
        for fold, day in states
    ]
    return Steps(
        split.assign(hazard_id=ids.to_numpy()),
        np.split(row_of, ends),
        [each[(each != 0).any(axis=1)] for each in released],
    )


def _stood(fold: Fold, day: Day) -> gpd.GeoDataFrame:
    """Return the hazards of a fold that stood at the end of a day, as they were then."""
    effects = fold.effects
    until = np.ones(len(effects), dtype=bool) if day is None else _until(fold, day)
    polygons = as_geometries(fold.polygons)
    last = _standing(fold, until, ~shapely.is_empty(polygons))
    now = fold.hazards.set_index("hazard_id").reindex(last.index)
    area_type, status = now["area_type"], now["status"]
    if not until.all():
        confirmed = effects["hazard_id"][(effects["event_type"] == "confirmed") & ~until]
        area_type = area_type.mask(area_type.index.isin(confirmed), "SHA")
        # Also where the m² are credited to another hazard.
        worked = effects["event_type"].isin(OUTCOMES)
        released = (worked & (effects["before_m2"] != effects["after_m2"])).to_numpy()
        then, ever = (set(effects["hazard_id"][released & rows]) for rows in (until, True))
        # What was worked on without any release of ours was registered so.
        status = pd.Series(
            [
                "worked_on" if each in then or (each not in ever and own == "worked_on") else "open"
                for each, own in status.items()
            ],
            index=status.index,
            dtype=object,
        )
    return gpd.GeoDataFrame(
        {
            "hazard_id": last.index,
            "kind": now["kind"].to_numpy(),
            "in_workbench": False,
            "area_type": area_type.to_numpy(dtype=object),
            "status": status.to_numpy(dtype=object),
        },
        geometry=list(polygons[last.to_numpy(dtype=np.intp)]),
        crs=CRS,
    )


MOST_MOMENTS: Final = 30
"""A reader tells no more steps than that apart."""


def moments(fold: Fold) -> list[pd.Timestamp]:
    """Return moments of recording at which a register can be looked at again, the last one last.

    Each moment at which something was recorded; where these are more than `MOST_MOMENTS`, the last
    one of each day, month, quarter or year in Cambodia in which anything was, whichever are no
    more than that (of more years the latest).

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> len(moments(fold(registered_events(hazards))))
    1
    """
    known = fold.effects["recorded_at"].drop_duplicates().sort_values()
    local = known.dt.tz_convert(TIME_ZONE)
    day = local.dt.strftime("%Y-%m-%d")
    quarter = local.dt.year.astype(str) + "-" + local.dt.quarter.astype(str)
    for group in (local, day, day.str[:7], quarter, day.str[:4]):
        found = known.groupby(group).max()
        if len(found) <= MOST_MOMENTS:
            break
    return list(found[-MOST_MOMENTS:])


def opening_hazards(fold: Fold, since: Day = None) -> gpd.GeoDataFrame:
    """Return the hazards as they were drawn when a period began, to be split into zones.

    Parameters
    ----------
    fold
        The register at the end of the period.
    since
        The end of this day; None: before everything.

    Returns
    -------
    geopandas.GeoDataFrame
        Hazards of `fold` with the polygon (EPSG:4326) of which something was left on that day;
        else the first one that they had after it. Those that never had any are left out.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> opening_hazards(fold(registered_events(hazards)), "2019-12-31").size_m2.tolist()
    [1200149]
    """
    ids = fold.effects["hazard_id"].to_numpy(dtype=object)
    polygons = as_geometries(fold.polygons)
    there, until = ~shapely.is_empty(polygons), _until(fold, since)
    # A hazard that was closed by then, and was drawn again later, begins with what was drawn then.
    last = _standing(fold, until, there)
    after = ~until & there
    first = pd.Series(np.arange(len(ids)))[after].groupby(ids[after]).first()
    chosen = last.reindex(last.index.union(first.index)).fillna(first).astype(np.intp)
    found = fold.hazards[fold.hazards["hazard_id"].isin(chosen.index)]
    drawn = polygons[chosen.reindex(found["hazard_id"]).to_numpy()]
    table = found.set_geometry(gpd.GeoSeries(list(drawn), index=found.index, crs=CRS))
    return table.assign(size_m2=size_m2(drawn))


def releases(
    fold: Fold,
    *,
    by: Sequence[ReleaseGroup] | ReleaseGroup = ("year", "province"),
    kind: Kind | None = None,
    since: Day = None,
    opening: pd.DataFrame | None = None,
    total: bool = False,
) -> pd.DataFrame:
    """Add up releases: effective m² by outcome, and what the operators reported.

    Parameters
    ----------
    fold
        The register.
    by
        `year`, `outcome`, `operator` (of the release, else of its hazard) and columns of the
        hazards; `province` and `district` by code.
    kind
        Only releases on hazards of this kind.
    since
        Only releases after this day.
    opening
        For `zone`: the split of `opening_hazards(fold, since)`.
    total
        Add a last row of sums, marked in a first column `row`; see `totals.with_total`.

    Returns
    -------
    pandas.DataFrame
        The group's columns, then `events`, `cancelled_m2`, `reduced_m2`, `cleared_m2`,
        `released_m2` (their sum), `confirmed_m2` (SHA that became CHA; none of it is released, and
        by `outcome` there is no such column), `reported_m2` (as the operators wrote it, rounded by
        event;
        null where none did), `unreported` (events of reports without such a figure, which the
        sum leaves out; a report over several hazards gives it once, on one of its events)
        and ordnance found, items (null where no event says).

    Raises
    ------
    MixedError, OptionError, RecordError
        As `balance`.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"],
    ...      "reported_size_m2": [600000.0]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> state = fold(pd.concat([registered_events(hazards), cleared]))
    >>> releases(state, by="year")[["year", "events", "released_m2", "reported_m2"]]
       year  events  released_m2  reported_m2
    0  2022       1       600075       600000
    """
    named = [by] if isinstance(by, str) else list(by)
    hazards = _of_kind(fold.hazards, kind).set_index("hazard_id", drop=False)
    refuse_kinds(hazards, [] if total else named)
    wanted = OUTCOMES if "outcome" in named else (*OUTCOMES, CONFIRMED)
    effects = fold.effects.assign(confirmed_m2=confirmed_m2(fold.effects))
    effects = effects[effects["event_type"].isin(wanted)]
    effects = effects[effects["hazard_id"].isin(hazards.index)].reset_index(drop=True)
    day = day_of(since)
    if day is not None:
        effects = effects[effects["happened_on"] > pd.Timestamp(day)].reset_index(drop=True)
    found = hazards.loc[effects["hazard_id"]].reset_index(drop=True)
    found = pd.DataFrame(found).assign(
        year=effects["happened_on"].dt.year.astype(np.int64),
        outcome=effects["event_type"],
        operator=effects["operator"].fillna(found["operator"]),
    )
    if opening is not None:
        found["zone"] = found["hazard_id"].map(_zones(opening))
    keys = group_keys(found, named)
    released = effects[list(OUTCOME_COLUMNS)]
    releasing = effects["event_type"].isin(OUTCOMES)
    reported = effects["reported_size_m2"].where(releasing)
    # A report over several hazards gives one size, on one of its events: the others are not
    # unreported.
    known = fold.effects["report"][fold.effects["reported_size_m2"].notna()]
    figures = released.assign(
        events=releasing.astype(np.int64),
        released_m2=released.sum(axis=1),
        confirmed_m2=effects["confirmed_m2"],
        reported_m2=reported.astype("Float64").round().astype("Int64"),
        unreported=(releasing & ~effects["report"].isin(known)).astype(np.int64),
        **{name: effects[name].astype("Int64") for name in ITEM_COLUMNS},
    )
    table = pd.concat([found[keys], figures], axis=1)
    columns = [name for name in RELEASE_COLUMNS if CONFIRMED in wanted or name != "confirmed_m2"]
    return _summed(table, keys, columns, total=total)


def confirmed_m2(effects: pd.DataFrame) -> pd.Series[int]:
    """Return the m² of SHA that each event made CHA, on the index of `effects`.

    A confirmation of a narrower polygon, `E`, releases the rest by an event of its own,
    `E:cancelled` or `E:reduced`: that is none of it.

    Parameters
    ----------
    effects
        `Fold.effects`.

    Examples
    --------
    >>> effects = pd.DataFrame({"event_id": ["E", "E:cancelled"], "after_m2": [500, 300],
    ...     "event_type": ["confirmed", "cancelled"], "cancelled_m2": [0, 200],
    ...     "reduced_m2": 0, "cleared_m2": 0})
    >>> confirmed_m2(effects).tolist()
    [300, 0]
    """
    released = effects[list(OUTCOME_COLUMNS)].sum(axis=1).to_numpy()
    by_id = dict(zip(effects["event_id"], released, strict=True))
    narrowed = [
        sum(int(by_id.get(f"{name}:{outcome}", 0)) for outcome in OUTCOMES)
        for name in effects["event_id"]
    ]
    made = effects["event_type"] == CONFIRMED
    return (effects["after_m2"] - narrowed).where(made, 0).astype(np.int64)


def changes(before: Fold, after: Fold) -> pd.DataFrame:
    """List the events that make one reading of the register differ from another.

    Parameters
    ----------
    before, after
        Two folds of one ledger, at other days or moments.

    Returns
    -------
    pandas.DataFrame
        One row for each event that differs: `event_id`, `hazard_id`, `kind`, `province`,
        `event_type`, `happened_on`, `recorded_at`, `why`, the change of each movement, and
        `change_m2`, the change of what remains: its sum is that of the register. `why` is
        `new` (happened after the first reading's day), `late` (happened by then, not known then),
        `gone` (retracted, or not in the second reading) or `re-attributed` (other m², because an
        event before it changed). Sizes are whole m².

    Raises
    ------
    RecordError
        If one event is of another hazard in the other fold: they are of two ledgers.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> events = registered_events(to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)))
    >>> found = changes(fold(events, as_of="2019-12-31"), fold(events))
    >>> found[["event_id", "why", "change_m2"]].values.tolist()
    [['registered AP-1', 'new', 1200149]]
    """
    # Every event that either reading counts, what it did in each, and the difference. Most are in
    # both and did the same: they moved nothing, and are left out.
    old, new = (each.effects.set_index("event_id") for each in (before, after))
    both = new.index.intersection(old.index)
    other = (new["hazard_id"].reindex(both) != old["hazard_id"].reindex(both)).to_numpy()
    if other.any():
        raise RecordError(
            f"event {some(both[other])} is of another hazard in the other fold; give two folds of "
            "one ledger"
        )
    names = list(MOVEMENT_COLUMNS)
    every = new.index.append(old.index.difference(new.index, sort=False))
    was, now = (each[names].reindex(every, fill_value=0) for each in (old, new))
    said = ["hazard_id", "event_type", "happened_on", "recorded_at"]
    table = pd.concat([new[said], old.loc[old.index.difference(new.index, sort=False), said]])
    table[names] = now - was
    table["change_m2"] = _net(table)
    # An event that is new to the second reading was late if the first could have told of its day.
    horizon = _horizon(before)
    late = table["happened_on"].to_numpy() <= horizon.to_datetime64()
    added, same = ~every.isin(old.index), every.isin(old.index) & every.isin(new.index)
    table["why"] = np.select([same, added & late, added], ["re-attributed", "late", "new"], "gone")
    table = table[~same | (table[names] != 0).any(axis=1).to_numpy()]
    about = pd.concat([after.hazards, before.hazards])[["hazard_id", "kind", "province"]]
    about = about[~about["hazard_id"].duplicated()].set_index("hazard_id")
    table = table.rename_axis("event_id").reset_index().join(pd.DataFrame(about), on="hazard_id")
    order = ["event_id", "hazard_id", "kind", "province", *said[1:], "why", *names, "change_m2"]
    return table[order].sort_values(["happened_on", "event_id"], ignore_index=True)


def _horizon(fold: Fold) -> pd.Timestamp:
    """Return the last day that a fold can tell of."""
    days = []
    if fold.as_of is not None:
        days.append(fold.as_of)
    if fold.known_at is not None:
        days.append(fold.known_at.astimezone(ZoneInfo(TIME_ZONE)).date())
    return pd.Timestamp(min(days)) if days else fold.effects["happened_on"].max()


def _of_kind(hazards: gpd.GeoDataFrame, kind: Kind | None) -> gpd.GeoDataFrame:
    return hazards if kind is None else hazards[hazards["kind"] == choose(kind, KINDS, "kind")]


def _summed(table: pd.DataFrame, keys: list[str], figures: list[str], *, total: bool) -> Any:
    """Add up the figures of each group; where all may be unknown, a sum over nothing is null."""
    unsure = [name for name in figures if name in UNSURE]
    kinds = {name: "Int64" if name in unsure else "int64" for name in figures}
    if not keys:
        sums = {name: [table[name].sum(min_count=int(name in unsure))] for name in figures}
        return pd.DataFrame(sums).astype(kinds)
    groups = table.groupby(keys, dropna=False, sort=True)
    summed = groups[figures].sum()
    summed[unsure] = groups[unsure].sum(min_count=1)
    summed = name_no_unit(summed.astype(kinds).reset_index(), UNITS)
    return with_total(summed, keys) if total else summed


COLUMNS: Final = (
    "event_id",
    "hazard_id",
    "kind",
    "outcome",
    "happened_on",
    "year",
    "released_m2",
    "reported_size_m2",
    "operator",
    "report_ref",
    "province",
    "province_code",
    "district",
    "district_code",
    "geometry",
)
"""What `released_land` says of each release."""


def released_land(fold: Fold, *, kind: Kind | None = None, since: Day = None) -> gpd.GeoDataFrame:
    """Return the land that each release took off its hazard.

    Parameters
    ----------
    fold
        The register.
    kind
        Only releases on hazards of this kind.
    since
        Only releases after this day.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS`, in the order of folding, EPSG:4326: one row a release that counts some m².
        `released_m2` is effective and exact, as `movements.releases` adds it up. The polygon is
        for drawing: its size may differ from that by rounding, and where the hazard overlapped
        another one whose release the land is credited to.

    Raises
    ------
    OptionError
        If the kind is unknown.
    RecordError
        If `since` is no day.

    Examples
    --------
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> from mine_geo.geo.hazards import to_hazards
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> land = released_land(fold(pd.concat([registered_events(hazards), cleared])))
    >>> land[["hazard_id", "outcome", "year", "released_m2"]].values.tolist()
    [['AP-1', 'cleared', 2022, 600075]]
    >>> land.total_bounds.tolist()
    [103.005, 13.0, 103.01, 13.01]
    """
    if kind is not None:
        choose(kind, KINDS, "kind")
    effects = fold.effects
    after = fold.polygons.to_numpy()
    before = fold.polygons.groupby(effects["hazard_id"].to_numpy()).shift(1).to_numpy()
    known = fold.hazards.set_index("hazard_id")
    released = effects[list(OUTCOME_COLUMNS)].sum(axis=1)
    wanted = effects["event_type"].isin(OUTCOMES) & (released > 0)
    if kind is not None:
        wanted &= effects["hazard_id"].map(known["kind"]).eq(kind)
    if (day := day_of(since)) is not None:
        wanted &= effects["happened_on"] > pd.Timestamp(day)
    chosen = pd.DataFrame(effects[wanted])
    hazards = known.reindex(chosen["hazard_id"]).set_axis(chosen.index)
    places = ["kind", "province", "province_code", "district", "district_code"]
    table = chosen.assign(
        outcome=chosen["event_type"],
        year=chosen["happened_on"].dt.year.astype(np.int64),
        released_m2=released[wanted].astype(np.int64),
        operator=chosen["operator"].fillna(hazards["operator"]),
    ).join(pd.DataFrame(hazards[places]))
    mask = wanted.to_numpy()
    land = [_taken(had, left) for had, left in zip(before[mask], after[mask], strict=True)]
    found = gpd.GeoDataFrame(table, geometry=land, crs=CRS)
    return found[list(COLUMNS)].reset_index(drop=True)


def _taken(before: Any, after: Any) -> Any:
    """Return what was there before and is not after; crumbs of rounding left out."""
    if after.is_empty:
        return areal(before)
    parts = areal(shapely.difference(before, after)).geoms
    return areal(
        shapely.MultiPolygon([part for part in parts if exact_size_m2([part])[0] >= LEAST_M2 / 10])
    )
