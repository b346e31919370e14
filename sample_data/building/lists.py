"""Made-up accidents, evidence and declarations: none happened, none was found, none was said.

They lie on the sample's own hazards and released land, so that each ground that an accident can
lie on has some, and each state of a declaration one; seeded by their ids. `source` says made up.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from building.place import generator
from mine_geo import terms

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.random import Generator

    from building.calibrate import Table

    Row = dict[str, object]

MADE_UP = "made up, for the sample"
LAST = date(2024, 12, 31)
IN_HAZARDS, IN_RELEASED, BESIDE, ELSEWHERE = 40, 30, 20, 20
"""How many accidents lie where, on their day or before it."""
EVIDENCE = 48
ITEMS = ("ap_mine", "av_mine", "submunition", "other")
ACTIVITIES = ("farming", "gathering wood", "herding", "travelling", "handling")
WHAT = {
    "direct": ("mine seen", "crater of an accident", "submunition seen"),
    "indirect": ("word of a farmer", "land not used", "old positions of troops"),
}
DECLARED = 14
NEAR_M = 200.0
DEGREE_M = 109_000.0
"""Metres in a degree, roughly: a made-up place needs no more."""


def make_accidents(hazards: gpd.GeoDataFrame, events: gpd.GeoDataFrame, seats: Table) -> list[Row]:
    """Return accidents (EPSG:4326), by id.

    Parameters
    ----------
    hazards
        As first registered.
    events
        What happened to them.
    seats
        A place or more in each district, with its code.
    """
    released = events[events["event_type"].isin(terms.OUTCOMES) & events.geometry.notna()]
    released = released.sort_values("event_id")
    fields = hazards[~hazards["in_workbench"]].sort_values("hazard_id")
    codes = dict(zip(hazards["hazard_id"], hazards["district_code"], strict=True))
    found = []
    for number in range(1, IN_HAZARDS + IN_RELEASED + BESIDE + ELSEWHERE + 1):
        name = f"ACC-{number:04d}"
        rng = generator(name, "accident")
        if number <= IN_HAZARDS:
            row = fields.iloc[int(rng.integers(len(fields)))]
            point, code = _inside(row.geometry, rng), row["district_code"]
            day = _between(rng, _day(row["surveyed_on"]), LAST)
        elif number <= IN_HAZARDS + IN_RELEASED:
            row = released.iloc[int(rng.integers(len(released)))]
            point, code = _inside(row.geometry, rng), codes[row["hazard_id"]]
            day = _day(row["happened_on"]) + timedelta(days=int(rng.integers(-200, 500)))
            day = min(day, LAST)
        elif number <= IN_HAZARDS + IN_RELEASED + BESIDE:
            row = fields.iloc[int(rng.integers(len(fields)))]
            edge, code = shapely.get_coordinates(row.geometry)[0], row["district_code"]
            away = rng.uniform(-NEAR_M, NEAR_M, 2) / DEGREE_M
            point = shapely.Point(edge + away)
            day = _between(rng, _day(row["surveyed_on"]), LAST)
        else:
            row = seats[int(rng.integers(len(seats)))]
            point = shapely.Point(
                np.array([row["lon"], row["lat"]], dtype=float) + rng.uniform(-0.03, 0.03, 2)
            )
            code, day = row["code"], _between(rng, date(2010, 1, 1), LAST)
        killed = int(rng.random() < 0.25)
        found.append(
            {
                "entry_id": name,
                "happened_on": day.isoformat(),
                **_place(point, code),
                "killed": killed,
                "injured": int(rng.integers(0 if killed else 1, 3)),
                "item": str(rng.choice(ITEMS, p=(0.45, 0.15, 0.2, 0.2))),
                "activity": str(rng.choice(ACTIVITIES)),
                "source": MADE_UP,
                "synthetic": "true",
            }
        )
    return found


def make_evidence(hazards: gpd.GeoDataFrame, seats: Table) -> list[Row]:
    """Return evidence (EPSG:4326), by id: half of it belongs to a hazard, the rest to none."""
    fields = hazards[~hazards["in_workbench"]].sort_values("hazard_id")
    found = []
    for number in range(1, EVIDENCE + 1):
        name = f"EV-{number:04d}"
        rng = generator(name, "evidence")
        kind = "direct" if rng.random() < 0.5 else "indirect"
        if number % 2:
            row = fields.iloc[int(rng.integers(len(fields)))]
            point, code, of = _inside(row.geometry, rng), row["district_code"], row["hazard_id"]
        else:
            row = seats[int(rng.integers(len(seats)))]
            point = shapely.Point(
                np.array([row["lon"], row["lat"]], dtype=float) + rng.uniform(-0.05, 0.05, 2)
            )
            code, of = row["code"], ""
        found.append(
            {
                "entry_id": name,
                "found_on": _between(rng, date(2018, 1, 1), LAST).isoformat(),
                "evidence": kind,
                "hazard_id": of,
                **_place(point, code),
                "what": str(rng.choice(WHAT[kind])),
                "source": MADE_UP,
                "synthetic": "true",
            }
        )
    return found


def make_declarations(hazards: pd.DataFrame, districts: pd.DataFrame) -> list[Row]:
    """Return declarations of districts: most never had a hazard, the last four had one later."""
    first = pd.to_datetime(hazards["surveyed_on"]).groupby(hazards["district_code"]).min()
    later = first[first >= "2012-01-01"].sort_index().index[-4:]
    free = sorted(set(districts.index) - set(hazards["district_code"]))
    step = len(free) // (DECLARED - len(later))
    codes = [*free[::step][: DECLARED - len(later)], *later]
    found = []
    for number, code in enumerate(codes, 1):
        name = f"DEC-{number:04d}"
        rng = generator(name, "declaration")
        last = LAST if code not in later else first[code].date() - timedelta(days=1)
        found.append(
            {
                "entry_id": name,
                "level": "district",
                "code": code,
                "name": districts.loc[code, "district"],
                "declared_on": _between(rng, date(2011, 1, 1), last).isoformat(),
                "declared_by": "nobody (made up)",
                "document": MADE_UP,
                "synthetic": "true",
            }
        )
    return found


def _inside(polygon: shapely.Geometry, rng: Generator) -> shapely.Point:
    """Return a place within a polygon."""
    west, south, east, north = polygon.bounds
    spots = np.column_stack([rng.uniform(west, east, 200), rng.uniform(south, north, 200)])
    there = spots[shapely.contains_xy(polygon, spots)]
    return shapely.Point(there[0]) if len(there) else polygon.representative_point()


def _day(value: object) -> date:
    return pd.Timestamp(value).date()  # type: ignore[arg-type]  # a day, or a moment of it


def _between(rng: Generator, first: date, last: date) -> date:
    return first + timedelta(days=int(rng.integers(0, max((last - first).days, 0) + 1)))


def _place(point: shapely.Point, code: str) -> Row:
    return {"district_code": code, "lon": f"{point.x:.6f}", "lat": f"{point.y:.6f}"}
