"""The cluster-munition areas at the end of 2024: Table 1 of the report, by province.

Within a province the district follows the size of its land and the hash of its code. Where the
published figures say so, an area was registered in 2023 or 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from building.calibrate import draw_sizes
from building.ground import to_lonlat
from building.lattice import to_lattice
from building.place import generator
from building.sites import Site, place_area
from mine_geo.geo import admin_names

if TYPE_CHECKING:
    from building.calibrate import Table
    from building.land import Land

NEW_2024 = {
    ("Banteay Meanchey", "CHA"): (2, 2_713),
    ("Battambang", "CHA"): (2, 97_679),
    ("Kandal", "CHA"): (7, 1_194_531),
    ("Phnom Penh", "CHA"): (1, 214_846),
    ("Ratanak Kiri", "CHA"): (34, 4_915_208),
    ("Svay Rieng", "CHA"): (16, 3_248_371),
    ("Prey Veng", "CHA"): (7, 3_380_945),
    ("Kratie", "CHA"): (9, 2_527_116),
    ("Ratanak Kiri", "SHA"): (29, 1_642_903),
    ("Kampong Thom", "SHA"): (17, 3_318_442),
    ("Tboung Khmum", "SHA"): (10, 2_081_370),
    ("Stung Treng", "SHA"): (3, 2_975_876),
}
"""How many areas, of how many m² together, were registered in 2024: 25,600,000 m² in all.

Those of the first four provinces, all the CHA there are, follow the report; the rest is invented.
"""
NEW_2023 = {
    ("Ratanak Kiri", "CHA"): (30, 4_362_550),
    ("Prey Veng", "CHA"): (9, 4_402_117),
    ("Svay Rieng", "CHA"): (14, 2_869_346),
    ("Tboung Khmum", "CHA"): (11, 2_001_890),
    ("Kampong Cham", "CHA"): (8, 1_430_265),
    ("Kratie", "SHA"): (12, 4_540_233),
    ("Kampong Thom", "SHA"): (18, 3_561_704),
    ("Svay Rieng", "SHA"): (14, 3_231_895),
}
"""The same for 2023: 26,400,000 m², so that two years brought the 52 km² that the text names."""
NEW = {2023: NEW_2023, 2024: NEW_2024}


@dataclass(frozen=True)
class Area:
    """A cluster-munition area to be placed, or placed: what the tables say of it."""

    name: str
    province: str
    area_type: str
    size_m2: int
    new_in: int | None


@dataclass(frozen=True)
class Placed:
    """An area with its id and polygon (EPSG:4326)."""

    area: Area
    site: Site


def make_areas(table1: Table) -> list[Area]:
    """Return the areas of each province and type, with sizes that sum to the unit."""
    areas = []
    for row in table1:
        if row["province"] == "Totals":
            continue
        for area_type in ("CHA", "SHA"):
            count, size = (int(row[f"{area_type.lower()}_{what}"]) for what in ("count", "sqm"))
            for year in (2023, 2024):
                new = NEW[year].get((row["province"], area_type), (0, 0))
                areas += _group(row["province"], area_type, *new, year)
                count, size = count - new[0], size - new[1]
            areas += _group(row["province"], area_type, count, size, None)
    return areas


def _group(province: str, area_type: str, count: int, size: int, new_in: int | None) -> list[Area]:
    if count == 0:
        if size:
            raise ValueError(f"{province} {area_type}: {size} m² are left for no area")
        return []
    code = admin_names.province_code(province)
    names = [f"CM-{code}-{area_type}-{new_in}-{number:04d}" for number in range(1, count + 1)]
    normal = np.array([generator(name, "size").standard_normal() for name in names])
    return [
        Area(name, code, area_type, m2, new_in)
        for name, m2 in zip(names, draw_sizes(normal, size).tolist(), strict=True)
    ]


def place_areas(areas: list[Area], land: Land) -> list[Placed]:
    """Place the areas, large ones first, and give each its id."""
    placed = []
    for area in sorted(areas, key=lambda area: (-area.size_m2, area.name)):
        hazard_id, shape = _place(area, land)
        placed.append((hazard_id, area, shapely.transform(shape, to_lonlat)))
    placed.sort(key=lambda item: item[0])
    shapes = to_lattice(
        [shape for _, _, shape in placed], np.array([area.size_m2 for _, area, _ in placed])
    )
    return [
        Placed(area, Site(hazard_id, shape, shape))
        for (hazard_id, area, _), shape in zip(placed, shapes, strict=True)
    ]


def choose_district(land: Land, province: str, name: str, turn: int = 0) -> str:
    """Draw a district of a province for something, by its name."""
    weights = land.weights(province)
    rng = generator(name, f"district {turn}")
    return str(rng.choice(list(weights), p=list(weights.values())))


def _place(area: Area, land: Land) -> tuple[str, shapely.Geometry]:
    for turn in range(12):
        code = choose_district(land, area.province, area.name, turn)
        hazard_id = land.next_id("CM", code)
        shape = place_area(land.placer(code), hazard_id, area.size_m2)
        if shape is not None:
            return hazard_id, shape
        land.give_back("CM", code)
    raise ValueError(f"{area.name}: no room for {area.size_m2} m² in province {area.province}")
