"""How long 100,000 records take to be checked and submitted, against `geopandas.read_file` alone.

    python -m tests.benchmarks.check_100k            100,000 records, 3 repetitions
    python -m tests.benchmarks.check_100k --hazards 20000 --repeat 1 --without-submit

The records are made up: polygons of the bundled sample, turned and moved about 3 km, those that
reach over the outline left out; province and district are those where they lie, and a hundredth
has a fault (an invalid ring, an unknown word, another province, a reported size ten times too
large, no polygon). They lie as closely as the sample, so that many overlap: comparing them is most
of the work. They are written to a GeoPackage once, and then, on the same machine in one run:

- `read_file`: `geopandas.read_file` of that file, and nothing else;
- `read`: `intake.read`, which guards, recognises, maps and hashes the file;
- `read, check`: then `check_hazards` with districts and country;
- `read, submit`: the whole way: `intake.read` and `Store.submit` into an empty GeoPackage store
  with districts; it checks by itself, and writes records and findings in one transaction.

It prints medians over the repetitions, and the ratio to `read_file`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import mine_geo as mg
from mine_geo.intake import read
from mine_geo.intake.checks import check_hazards
from tests.benchmarks.peers import made_up_hazards

if TYPE_CHECKING:
    from collections.abc import Callable

    Way = Callable[[], object]

FAULTY = 0.01
"""The part of the records that has a fault."""


def made_up_records(count: int, admin: gpd.GeoDataFrame, seed: int = 1) -> gpd.GeoDataFrame:
    """Return made-up hazards with all their attributes, a few of them faulty."""
    rng = np.random.default_rng(seed)
    hazards = made_up_hazards(count, seed)
    places = mg.assign_admin(hazards, admin).drop(columns="share")
    records = hazards.assign(
        **{name: places[name].astype("str") for name in places},
        area_type=rng.choice(["SHA", "CHA"], count),
        status="open",
        operator=rng.choice(["CMAC", "HALO", "MAG", "NPA"], count),
        surveyed_on=rng.choice(pd.date_range("2005-01-01", "2021-12-31"), count),
        reported_size_m2=(hazards["size_m2"] * rng.normal(1, 0.01, count)).round(),
    )
    return with_faults(records, rng.permutation(count)[: int(count * FAULTY)])


def with_faults(records: gpd.GeoDataFrame, faulty: np.ndarray) -> gpd.GeoDataFrame:
    """Return the records with a fault in each of these places, five sorts in turn."""
    ring, word, place, size, none = (faulty[sort::5] for sort in range(5))
    table = records.copy()
    polygons = table.geometry.to_numpy().copy()
    for number in ring:
        west, south, east, north = polygons[number].bounds
        cross = [(west, south), (east, north), (east, south), (west, north)]
        polygons[number] = shapely.MultiPolygon([shapely.Polygon(cross)])
    polygons[none] = None
    table["geometry"] = gpd.GeoSeries(polygons, index=table.index, crs=table.crs)
    table.loc[table.index[word], "area_type"] = "suspected"
    columns = ["province", "province_code", "district", "district_code"]
    table.loc[table.index[place], columns] = ["Kep", "23", None, None]
    table.loc[table.index[size], "reported_size_m2"] *= 10
    return table


def read_and_check(
    path: Path, admin: gpd.GeoDataFrame, country: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the findings of a file."""
    return check_hazards(read(path).table, admin=admin, country=country)


def read_and_submit(path: Path, empty: Path) -> object:
    """Submit a file to a copy of an empty store."""
    with tempfile.TemporaryDirectory(dir=empty.parent) as folder:
        there = Path(shutil.copy(empty, folder))
        return mg.open_store(there).submit(read(path))


def report(seconds: dict[str, list[float]]) -> None:
    """Print medians and ratios."""
    alone = statistics.median(seconds["read_file"])
    print(f"{'way':14}{'median s':>10}{'all, s':>28}{'ratio':>8}")
    for way, runs in seconds.items():
        every = " ".join(f"{run:.2f}" for run in runs)
        median = statistics.median(runs)
        print(f"{way:14}{median:10.2f}{every:>28}{median / alone:8.1f}")


def main() -> None:
    """Make the file, time the ways in turn, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--hazards", type=int, default=100_000)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--without-submit", action="store_true")
    asked = options.parse_args()
    admin = mg.read_admin(mg.sample.path("districts"))
    country = gpd.read_file(mg.sample.path("country"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.gpkg"
        made_up_records(asked.hazards, admin).to_file(path, layer="hazard")
        megabytes = path.stat().st_size / 1e6
        print(
            f"{asked.hazards:,} made-up records in {megabytes:.0f} MB of GeoPackage, "
            f"{len(os.sched_getaffinity(0))} cores, {asked.repeat} times"
        )
        ways: dict[str, Way] = {
            "read_file": partial(gpd.read_file, path),
            "read": partial(read, path),
            "read, check": partial(read_and_check, path, admin, country),
        }
        if not asked.without_submit:
            empty = Path(folder) / "empty.gpkg"
            mg.create_store(empty, synthetic=True).load_admin(admin)
            ways["read, submit"] = partial(read_and_submit, path, empty)
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(asked.repeat):
            for way, run in ways.items():
                start = time.perf_counter()
                run()
                seconds[way].append(time.perf_counter() - start)
        report(seconds)
        codes = read_and_check(path, admin, country)["code"].value_counts()
        print("findings: " + ", ".join(f"{code} {number}" for code, number in codes.items()))


if __name__ == "__main__":
    main()
