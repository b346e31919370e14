"""The land: every district made ready once, with all the hazards of any kind that it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.ground import TO_UTM, District, make_border, make_district
from building.place import Placer, generator

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from building.ground import Border

    Floats = NDArray[np.float64]

FEW = 200
"""Room is made for so many hazards in a district without minefields; more may come."""


def on_plane(xy: Floats) -> Floats:
    """Project coordinates from longitude and latitude to UTM 48N, vertices only."""
    return np.column_stack(TO_UTM.transform(xy[:, 0], xy[:, 1]))


@dataclass
class Land:
    """The districts, made ready when first asked for."""

    districts: gpd.GeoDataFrame
    border: Border
    _ready: dict[str, Placer] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _weights: dict[str, dict[str, float]] = field(default_factory=dict)

    def ground(self, code: str, count: int = FEW) -> District:
        """Return a district on the plane."""
        return make_district(code, self.districts.geometry[code], self.border, count)

    def placer(self, code: str) -> Placer:
        """Return the placer of a district."""
        if code not in self._ready:
            self.open(self.ground(code), FEW)
        return self._ready[code]

    def open(self, ground: District, count: int) -> Placer:
        """Make the placer of a district that is ready."""
        self._ready[ground.code] = Placer(ground, count)
        return self._ready[ground.code]

    def next_id(self, prefix: str, code: str) -> str:
        """Return the next free id of a district."""
        key = f"{prefix}-{code}"
        self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"{key}-{self._numbers[key]:04d}"

    def give_back(self, prefix: str, code: str) -> None:
        """Take back the id given last in a district: it found no place there."""
        self._numbers[f"{prefix}-{code}"] -= 1

    def count_ids(self, prefix: str, code: str, count: int) -> None:
        """Say that the first `count` ids of a district are given."""
        self._numbers[f"{prefix}-{code}"] = count

    def weights(self, province: str) -> dict[str, float]:
        """Return how much of a province each district takes, by size and by the hash of its code.

        Districts too small for a hazard of the common sizes take little.
        """
        if province not in self._weights:
            self._weights[province] = self._weigh(province)
        return self._weights[province]

    def _weigh(self, province: str) -> dict[str, float]:
        codes = [code for code in self.districts.index if code.startswith(province)]
        sizes = shapely.area(self.districts.geometry[codes].to_numpy())
        draws = [generator(code, "weight").lognormal(0.0, 0.7) for code in codes]
        weights = sizes * np.array(draws)
        return dict(zip(codes, (weights / weights.sum()).tolist(), strict=True))


def make_land(border: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> Land:
    """Return the land of a border table and a district table (EPSG:4326)."""
    return Land(districts.set_index("district_code"), make_border(border))
