"""What the slider of a page needs: what its hazards were at each step, and what stood when.

A page carries each hazard as it is now, and after these rows what it was at earlier steps, each
version once, with its own polygon, size, distance, zone, area type and status. Which rows stand at
a step is one answer, that map, list, sums and plan are drawn from; the figures of the steps are
sums over the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import UnknownNameError
from mine_geo.geo.cells import read_days
from mine_geo.maps import facts, packing
from mine_geo.maps.subject import chosen
from mine_geo.tables.movements import OUTCOME_COLUMNS
from mine_geo.tables.totals import figures_of
from mine_geo.terms import CRS, OUTCOMES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mine_geo.maps.scene import Scene
    from mine_geo.maps.subject import Subject
    from mine_geo.tables.movements import Steps
    from mine_geo.words import Said

    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class OverTime:
    """The steps of a page's unit."""

    rows: gpd.GeoDataFrame
    """The unit's hazards as they are now, then what they were before: the rows of the page."""

    now: int
    """How many of `rows` are as now."""

    told: dict[str, dict[str, Any]]
    """For `years` and `reports` what the page is told, but for released land."""

    days: dict[str, list[dt.date | None]]
    """The end of the day up to which land was released; None: whenever it was."""

    known: dict[str, list[frozenset[Any]]]
    """The ids of the events that were known at each step."""

    def with_released(self, land: gpd.GeoDataFrame | None) -> dict[str, Any]:
        """Return what the page is told, with the rows of its released land that stand by step."""
        found = {}
        for name, told in self.told.items():
            days, known = self.days[name], self.known[name]
            stood = [_released(land, day, ids) for day, ids in zip(days, known, strict=True)]
            # At the last step the page is what it is without a slider.
            found[name] = told | {"land": _changes([*stood[:-1], _all(land)])}
        return found


def over_time(scene: Scene, subject: Subject) -> OverTime | None:
    """Return the steps of a unit; a hazard belongs to the one that is recorded now.

    None where there is nothing to tell; see `Scene.over_time`.
    """
    if scene.ledger is None or not scene.over_time:
        return None
    hazards = scene.ledger.hazards
    if subject.level != "national":
        within = (subject.within, subject.name) if subject.within else (subject.name, None)
        try:
            hazards = chosen(hazards, scene.admin, *within).hazards
        except UnknownNameError:
            return None
    own = subject.hazards
    place_of = {key: row for row, key in enumerate(_keys(own))}
    past: list[gpd.GeoDataFrame] = []
    places: dict[str, list[list[int]]] = {}
    for name, (_, steps, _) in scene.over_time.items():
        ours = steps.versions["hazard_id"].isin(hazards["hazard_id"]).to_numpy()
        before = np.unique(np.concatenate([*steps.stood[:-1], np.empty(0, dtype=np.intp)]))
        wanted = before[ours[before]].astype(np.intp)
        keys = dict(zip(wanted, _keys(steps.versions.iloc[wanted]), strict=True))
        new = [row for row in wanted if keys[row] not in place_of]
        place_of |= {keys[row]: len(place_of) + at for at, row in enumerate(new)}
        past.append(steps.versions.iloc[new])
        places[name] = [
            [place_of[keys[row]] for row in rows[ours[rows]]] for rows in steps.stood[:-1]
        ]
    rows = _together(own, past, hazards)
    now = np.arange(len(rows)) < len(own)
    stood = {
        name: [*(_flags(found, len(rows)) for found in each), now] for name, each in places.items()
    }
    figures = figures_of(rows, "computed")
    told: dict[str, dict[str, Any]] = {}
    days: dict[str, list[dt.date | None]] = {}
    known: dict[str, list[frozenset[Any]]] = {}
    for name, (dates, steps, states) in scene.over_time.items():
        said = _said(dates)
        told[name] = {
            "days": list(said),
            "said": [[each.en, each.km] for each in said.values()],
            "stood": _changes(stood[name]),
            "released": _released_m2(steps, hazards),
        } | {
            zone: [
                figures.loc[flags, [f"{zone}_hazards", f"{zone}_size_m2"]].sum().tolist()
                for flags in stood[name]
            ]
            for zone in ("near", "far")
        }
        days[name] = list(dates) if name == "years" else [None] * len(dates)
        known[name] = [frozenset(each.effects["event_id"]) for each in states]
    return OverTime(rows, len(own), told, days, known)


def _said(steps: Sequence[dt.date]) -> dict[str, Said]:
    """Return the steps in words, by what the address of a page says of them.

    Days; where several moments are of one day, the moments.
    """
    days = [pd.Timestamp(step).strftime("%Y-%m-%d") for step in steps]
    if len(set(days)) == len(days):
        return dict(zip(days, map(facts.day_said, days), strict=True))
    return {
        pd.Timestamp(step).strftime("%Y-%m-%dT%H:%M:%S.%f"): facts.moment_said(pd.Timestamp(step))
        for step in steps
    }


def _keys(rows: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    """Return what tells versions apart: the hazard, and what is drawn of it."""
    said = rows[["hazard_id", "area_type", "status"]].astype("string").fillna("")
    return list(zip(*(said[name] for name in said), shapely.to_wkb(rows.geometry), strict=True))


def _together(
    own: gpd.GeoDataFrame, past: list[gpd.GeoDataFrame], hazards: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the rows of a page: its own, then versions with what is recorded of their hazards."""
    versions = pd.concat(past, ignore_index=True)
    if not len(versions):
        return own
    recorded = hazards.set_index("hazard_id").reindex(versions["hazard_id"])
    of_then = set(versions.columns) - {"kind", "in_workbench"}
    columns = {
        name: (versions if name in of_then else recorded)[name].to_numpy()
        for name in own.columns
        if name in of_then or name in recorded.columns
    }
    # What is known of the present alone (a rank, a pin) is not said of what was before.
    table = gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS).dropna(axis=1, how="all")
    return gpd.GeoDataFrame(pd.concat([own, table], ignore_index=True), crs=CRS)


def _flags(rows: list[int], count: int) -> Flags:
    found = np.zeros(count, dtype=bool)
    found[rows] = True
    return found


def _changes(stood: list[Flags]) -> list[str]:
    """Pack which rows stand: of each step those in which it differs from the next; last first."""
    return [
        packing.pack(np.flatnonzero(one != other))
        for one, other in zip(stood[-2::-1], stood[:0:-1], strict=True)
    ]


def _released_m2(steps: Steps, hazards: gpd.GeoDataFrame) -> dict[str, list[int]]:
    ours = hazards["hazard_id"]
    sums = [each[each.index.isin(ours)].sum() for each in steps.released]
    return {
        outcome: [int(each[column]) for each in sums]
        for outcome, column in zip(OUTCOMES, OUTCOME_COLUMNS, strict=True)
    }


def _all(land: gpd.GeoDataFrame | None) -> Flags:
    return np.ones(0 if land is None else len(land), dtype=bool)


def _released(land: gpd.GeoDataFrame | None, day: dt.date | None, known: frozenset[Any]) -> Flags:
    """Return which rows of released land were released by a day, and known; undated ones were."""
    stands = _all(land)
    if land is None:
        return stands
    if day is not None and "happened_on" in land.columns:
        days = read_days(land["happened_on"])[0]
        stands &= ~(days > pd.Timestamp(day)).to_numpy(dtype=bool)
    if "event_id" in land.columns:
        stands &= land["event_id"].isin(known).to_numpy()
    return stands
