"""How right distances and zones of nasty but valid polygons are, against a brute force.

    python -m tests.benchmarks.nasty_polygons      3,400 polygons, and 16 of 200,000 vertices
    python -m tests.benchmarks.nasty_polygons --count 500 --large 0

The polygons (`tests.nasty.valid_polygon`): out-and-back spikes, combs, touching holes, slivers,
spirals and others that GEOS calls valid, from 0 to 300 km off the land border of the bundled
sample, two of five within 100 m of 7,000. The brute force (`tests.hand.Chords`) shares no code with
mine_geo. It prints, by family, the worst difference, wrong zones, and how many polygons GEOS's
`segmentize` and `buffer(0)` would have changed; and ends with 1 where one zone is wrong or a
difference is above 0.05 m.
"""

from __future__ import annotations

import argparse
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import mine_geo as mg
from mine_geo.geo.geometry import DENSIFY_DEGREES, exact_size_m2
from tests.hand import Chords
from tests.nasty import towards

MOST_M = 0.05
THRESHOLD_M = 7000.0


def measured(numbers: range, border: gpd.GeoDataFrame, vertices: int | None = None) -> pd.DataFrame:
    """Return family, polygon, brute force, our distance and zone of each number."""
    chords = Chords(border[border["kind"] == "land"])
    rows = [towards(number, chords.lines, chords.polygon, vertices) for number in numbers]
    table = pd.DataFrame(rows, columns=["family", "geometry", "brute_m"])
    ids = [f"N{number}" for number in numbers]
    frame = gpd.GeoDataFrame({"hazard_id": ids}, geometry=table["geometry"].to_numpy(), crs=4326)
    split = mg.border_split(frame, border, threshold_m=THRESHOLD_M)
    return table.assign(
        hazard_id=ids,
        ours_m=split["border_distance_m"],
        zone=split["zone"],
        brute_zone=np.where(table["brute_m"] < THRESHOLD_M, "near", "far"),
    )


def _changed(table: pd.DataFrame) -> np.ndarray:
    """Return which polygons one of the calls that rebuild would have changed in size."""
    polygons = table["geometry"].to_numpy()
    whole = exact_size_m2(polygons)
    others = shapely.segmentize(polygons, DENSIFY_DEGREES), shapely.buffer(polygons, 0)
    return np.any([np.abs(exact_size_m2(each) - whole) > 1 for each in others], axis=0)


def report(table: pd.DataFrame) -> int:
    """Print what was found; return 1 if a figure is wrong."""
    off = (table["ours_m"] - table["brute_m"]).abs()
    wrong = table["zone"] != table["brute_zone"]
    each = pd.DataFrame(
        {
            "family": table["family"],
            "polygons": 1,
            "vertices": shapely.get_num_coordinates(table["geometry"].to_numpy()),
            "changed": _changed(table),
            "wrong": wrong,
            "worst_m": off,
        }
    )
    groups = each.groupby("family").agg(
        polygons=("polygons", "sum"), vertices=("vertices", "max"), worst_m=("worst_m", "max"),
        zone_wrong=("wrong", "sum"), geos_changes=("changed", "sum"),
    )  # fmt: skip
    print(groups.to_string())
    print(
        f"\n{len(table):,} polygons, {(table['brute_m'] < THRESHOLD_M).sum():,} near, "
        f"{((table['brute_m'] - THRESHOLD_M).abs() <= 100).sum():,} within 100 m of 7,000 m, "
        f"0 to {table['brute_m'].max() / 1000:,.0f} km off the border\n"
        f"worst difference {off.max():.4f} m (at most {MOST_M}), zones wrong {wrong.sum()}, "
        f"changed by segmentize or buffer(0) {each['changed'].sum()}"
    )
    return int(wrong.any() or off.max() > MOST_M or off.isna().any())


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=3400)
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    parser.add_argument("--large", type=int, default=16, help="polygons of 200,000 vertices")
    given = parser.parse_args()
    border = mg.read_border(mg.sample.path("border"))
    start = time.perf_counter()
    few = range(given.first, given.first + given.count)
    tables = [measured(few, border)] if given.count else []
    if given.large:
        tables.append(measured(range(given.large), border, 200_000))
    bad = report(pd.concat(tables, ignore_index=True))
    print(f"{time.perf_counter() - start:,.0f} s")
    return bad


if __name__ == "__main__":
    sys.exit(main())
