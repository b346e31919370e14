"""Spot tasks: items destroyed in 2024 outside any hazard, by operator as in Table 8.

Table 8 counts HALO and CSHD together as `Other`; its footnote gives 78 and 10 and their provinces.
How many tasks there were, and where, is invented.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.buckets import divide
from building.clusters import choose_district
from building.dates import any_day, recorded, strictly_increasing
from building.place import generator
from mine_geo.geo import admin_names

if TYPE_CHECKING:
    from building.calibrate import Table
    from building.land import Land

HALO_PROVINCES = ("Kampong Cham", "Kampong Speu", "Kampong Thom", "Kratie", "Preah Vihear",
                  "Siem Reap")  # fmt: skip
OTHER = {"HALO": (78, HALO_PROVINCES), "CSHD": (10, ("Preah Vihear", "Siem Reap"))}
ITEMS_A_TASK = 2.6
FIRST, LAST = date(2024, 1, 8), date(2024, 12, 20)


def make_spot_tasks(land: Land, table8: Table) -> list[dict[str, object]]:
    """Return the spot tasks of 2024, by id."""
    tasks: list[dict[str, object]] = []
    for row in table8:
        if row["operator"].startswith("Total"):
            continue
        total = int(row["submunitions_destroyed_spot"])
        where = tuple(name.strip() for name in row["provinces"].split(","))
        parts = OTHER if row["operator"] == "Other" else {row["operator"]: (total, where)}
        if sum(count for count, _ in parts.values()) != total:
            raise ValueError(f"{row['operator']}: the parts are not {total}")
        for operator, (count, provinces) in parts.items():
            tasks += _tasks(land, operator, row["operator"], count, provinces)
    moments = strictly_increasing([task["recorded_at"] for task in tasks])  # type: ignore[misc]
    for task, when in zip(tasks, moments, strict=True):
        task["recorded_at"] = when.isoformat().replace("+00:00", "Z")
    return tasks


def _tasks(
    land: Land, operator: str, published_as: str, items: int, provinces: tuple[str, ...]
) -> list[dict[str, object]]:
    """Return the tasks of one operator; each of the provinces has one or more."""
    codes = [admin_names.province_code(name) for name in provinces]
    count = max(len(codes), round(items / ITEMS_A_TASK))
    count = min(count, items)
    names = [f"SPOT-{operator}-2024-{number:03d}" for number in range(1, count + 1)]
    weights = {name: generator(name, "items").gamma(0.8, 1.0) for name in names}
    more = divide(items - count, weights)
    return [
        _task(land, name, operator, published_as, 1 + more[name], codes[number % len(codes)])
        for number, name in enumerate(names)
    ]


def _task(
    land: Land, name: str, operator: str, published_as: str, items: int, province: str
) -> dict[str, object]:
    rng = generator(name, "task")
    code = choose_district(land, province, name)
    district = land.districts.loc[code]
    day = any_day(rng, FIRST, LAST)
    west, south, east, north = district.geometry.bounds
    spots = np.column_stack([rng.uniform(west, east, 200), rng.uniform(south, north, 200)])
    lon, lat = spots[shapely.contains_xy(district.geometry, spots)][0]
    return {
        "task_id": name,
        "operator": operator,
        "published_as": published_as,
        "province": district["province"],
        "province_code": province,
        "district": district["district"],
        "district_code": code,
        "lon": f"{lon:.5f}",
        "lat": f"{lat:.5f}",
        "happened_on": day.isoformat(),
        "recorded_at": recorded(day, rng),
        "submunitions": items,
        "synthetic": "true",
    }
