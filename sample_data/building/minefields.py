"""The minefields: who they are, how large, where, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from building.attributes import UNSAID_TEXTS, attributes
from building.calibrate import Margin, district_margins, draw_sizes, make_cells
from building.ground import LAND_ONLY, to_lonlat
from building.lattice import to_lattice
from building.place import Wish, generator, place_wishes
from mine_geo import terms
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    from collections.abc import Callable

    from building.calibrate import Cell, Table
    from building.land import Land

WORKBENCH_M2 = 137_900_000
"""The work plan's figure: 137.9 km² of the minefields were on the workbench."""


@dataclass(frozen=True)
class Sources:
    """What the minefields are made from."""

    land: Land
    seats: Table
    annex1: Table
    table3: Table


def make_wishes(margins: list[Margin], cells: list[Cell]) -> dict[str, list[Wish]]:
    """Return the hazards of each district: id, zone and size; which id gets which by its hash."""
    wishes: dict[str, list[Wish]] = {}
    for margin in margins:
        ids = [f"AP-{margin.code}-{number:04d}" for number in range(1, margin.count + 1)]
        shuffled = sorted(ids, key=lambda hazard_id: generator(hazard_id, "zone").random())
        start = 0
        wishes[margin.code] = []
        for cell in (cell for cell in cells if cell.code == margin.code):
            mine = sorted(shuffled[start : start + cell.count])
            start += cell.count
            normal = np.array([generator(name, "size").standard_normal() for name in mine])
            sizes = draw_sizes(normal, cell.size_m2)
            wishes[margin.code] += [
                Wish(name, cell.zone, size) for name, size in zip(mine, sizes.tolist(), strict=True)
            ]
    return wishes


def choose_workbench(ids: list[str], sizes: np.ndarray, total: int) -> np.ndarray:
    """Choose hazards, by the hash of their id, whose sizes sum to `total` as near as they can.

    Taken in turn until the next would be too many; then one is swapped for another.
    """
    order = np.argsort([generator(name, "workbench").random() for name in ids])
    taken = np.zeros(len(ids), dtype=bool)
    taken[order[: int(np.searchsorted(np.cumsum(sizes[order]), total))]] = True
    inside, outside = np.flatnonzero(taken), np.flatnonzero(~taken)
    outside = outside[np.argsort(sizes[outside], kind="stable")]
    missing = total - int(sizes[taken].sum())
    wanted = sizes[inside] + missing
    found = np.clip(np.searchsorted(sizes[outside], wanted), 0, len(outside) - 1)
    best = int(np.argmin(np.abs(sizes[outside][found] - wanted)))
    taken[inside[best]], taken[outside[found[best]]] = False, True
    return taken


def make_minefields(sources: Sources, tell: Callable[[str], None]) -> gpd.GeoDataFrame:
    """Return the minefields (EPSG:4326, `terms.HAZARD_COLUMNS` and `synthetic`), by id."""
    margins = district_margins(sources.annex1, sources.seats)
    grounds = {m.code: sources.land.ground(m.code, m.count) for m in margins}
    room = {code: 1.0 if code in LAND_ONLY else g.room() for code, g in grounds.items()}
    wishes = make_wishes(margins, make_cells(margins, sources.table3, room))
    rows, shapes = [], []
    for margin in margins:
        placer = sources.land.open(grounds[margin.code], margin.count)
        placed = place_wishes(placer, wishes[margin.code])
        sources.land.count_ids("AP", margin.code, margin.count)
        for wish in sorted(wishes[margin.code], key=lambda wish: wish.hazard_id):
            rows.append((margin, wish))
            shapes.append(shapely.transform(placed[wish.hazard_id], to_lonlat))
        tell(f"{margin.code}: {margin.count} minefields")
    sizes = np.array([wish.size_m2 for _, wish in rows])
    tell("lattice")
    geometry = to_lattice(shapes, sizes)
    ids = [wish.hazard_id for _, wish in rows]
    workbench = choose_workbench(ids, sizes, WORKBENCH_M2)
    names = sources.land.districts
    frame = pd.DataFrame(
        [
            attributes(wish, margin, names.loc[margin.code], in_workbench=bool(flag))
            for (margin, wish), flag in zip(rows, workbench, strict=True)
        ]
    )
    frame["surveyed_on"] = pd.to_datetime(frame["surveyed_on"]).astype("datetime64[ms]")
    for column in ("also", *UNSAID_TEXTS):
        frame[column] = frame[column].astype("string")
    frame["size_m2"] = size_m2(geometry)
    frame["synthetic"] = True
    table = gpd.GeoDataFrame(frame, geometry=geometry, crs=terms.CRS)
    table = table.sort_values("hazard_id", ignore_index=True)
    return table[[*terms.HAZARD_COLUMNS, "synthetic"]]
