"""The place that is nearest to each hazard, in its district: a label, no record of where it lies.

The hazards are invented, so no village can be theirs. `village` says "near" and the nearest place
of `places.csv` or `district_seats.csv`; where the official list has a village of that name in the
district, and only one, `village_code` is its code. `commune` stays empty.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo import terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from building.calibrate import Table
    from building.cases import Case

NEAR = "near "
SHRINK = 0.975
"""A degree of longitude in one of latitude, in the middle of the country."""


class Places:
    """The places of each district, with their code where the official list has one."""

    def __init__(
        self, seats: Table, places: Table, villages: Table, districts: gpd.GeoDataFrame
    ) -> None:
        named = pd.DataFrame(
            [(row["code"], row["district"], row["lon"], row["lat"]) for row in seats],
            columns=["code", "name", "lon", "lat"],
        )
        found = pd.DataFrame(places)[["name", "lon", "lat"]]
        points = gpd.GeoDataFrame(
            found,
            geometry=shapely.points(found["lon"].astype(float), found["lat"].astype(float)),
            crs=terms.CRS,
        )
        inside = points.sjoin(districts[["geometry"]], predicate="within")
        inside = pd.DataFrame(inside).rename(columns={inside.columns[-1]: "code"})
        both = pd.concat([named, inside[["code", "name", "lon", "lat"]]], ignore_index=True)
        both = both.astype({"lon": float, "lat": float})
        both = both.sort_values(["code", "name", "lon", "lat"]).drop_duplicates(["code", "name"])
        self._of = dict(iter(both.groupby("code")))
        official = pd.DataFrame(villages)
        official["key"] = official["village_code"].str[:4] + official["village"].map(_folded)
        once = official[~official["key"].duplicated(keep=False)]
        self._codes = dict(zip(once["key"], once["village_code"], strict=True))

    def name(self, cases: Iterable[Case]) -> None:
        """Say of each case in its final attributes which place of its district is nearest."""
        for case in cases:
            case.final |= self.of(case.final["district_code"], case.site.first)

    def of(self, code: str, polygon: shapely.Geometry) -> dict[str, Any]:
        """Return `village` and `village_code` of a hazard in a district."""
        mine = self._of[code]
        x, y = shapely.get_coordinates(shapely.centroid(polygon))[0]
        apart = np.hypot((mine["lon"] - x) * SHRINK, mine["lat"] - y)
        name = str(mine["name"].iloc[int(np.argmin(apart))])
        return {
            "village": f"{NEAR}{name}",
            "village_code": self._codes.get(code + _folded(name)),
        }


def _folded(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())
