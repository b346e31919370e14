"""How fast 100,000 hazards are split, against geopandas `sjoin_nearest` and PostGIS KNN.

    python -m tests.benchmarks.split_100k            100,000 hazards, 3 repetitions
    python -m tests.benchmarks.split_100k --anywhere
    python -m tests.benchmarks.split_100k --hazards 20000 --repeat 1 --without-postgis

The hazards are made up: polygons of the bundled sample, each turned by a random angle about its
centroid and moved about 3 km (with --anywhere, to a random place in Cambodia, which is farther
from the border in the mean), those that reach over the outline left out.
The three ways, in one run on the same machine and the same polygons:

- `mine_geo.border_split` with the land border: geodesic distances right to 0.05 m, zones and sizes;
- `geopandas.sjoin_nearest` in UTM 48N over the segments of that border (its edges densified to
  0.005 degree, as ours are), with `to_crs` of both sides, which it needs: planar distances;
- PostGIS: for each hazard the nearest border segment by `<->` on geography, with a GiST index, and
  that pair's spheroidal distance. Loading, indexing and ANALYZE are not counted.

PostGIS is the server of MINE_GEO_TEST_DATABASE_URL, else a private one as in the tests. It prints
medians over the repetitions, the ratios, and how far each way is from ours.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import psycopg
import psycopg.sql
import shapely

import mine_geo as mg
from mine_geo.geo.geometry import densify
from tests.postgis.cluster import NoPostGISHereError, server

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED = {"sjoin_nearest": 4.0, "PostGIS KNN": 15.0}
KNN = """
SELECT h.place, n.metres
FROM hazard AS h
CROSS JOIN LATERAL (
    SELECT ST_Distance(h.geog, s.geog) AS metres
    FROM segment AS s
    ORDER BY s.geog <-> h.geog
    LIMIT 1
) AS n
"""


SPREAD_DEGREES = 0.03
"""About 3 km: how far copies lie about their polygon, where they are to lie as the sample does."""


def made_up_hazards(count: int, seed: int = 1, *, anywhere: bool = False) -> gpd.GeoDataFrame:
    """Return `count` turned and moved copies of sample polygons, all inside the country."""
    rng = np.random.default_rng(seed)
    polygons = mg.read_hazards(mg.sample.path("minefields")).geometry.to_numpy()
    country = gpd.read_file(mg.sample.path("country")).union_all()
    shapely.prepare(country)
    west, south, east, north = country.bounds
    found: list[np.ndarray] = []
    while sum(map(len, found)) < count:
        copies = polygons[rng.integers(len(polygons), size=count)]
        middle = shapely.get_coordinates(shapely.centroid(copies))
        xy, owner = shapely.get_coordinates(copies, return_index=True)
        angle = rng.uniform(0, 2 * np.pi, count)[owner]
        place = middle + rng.normal(scale=SPREAD_DEGREES, size=(count, 2))
        if anywhere:
            place = rng.uniform([west, south], [east, north], (count, 2))
        x, y = (xy - middle[owner]).T
        turned = np.column_stack(
            [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
        )
        moved = shapely.set_coordinates(copies.copy(), turned + place[owner])
        found.append(moved[shapely.contains_properly(country, moved)])
    chosen = np.concatenate(found)[:count]
    ids = [f"MADE-UP-{number:06d}" for number in range(count)]
    frame = gpd.GeoDataFrame({"hazard_id": ids}, geometry=chosen, crs=4326)
    return mg.to_hazards(frame, kind="ap_minefield").assign(synthetic=True)


def border_segments(border: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the land border as segments of at most 0.005 degree."""
    parts = shapely.get_parts(densify(border[border["kind"] == "land"]))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    inside = np.flatnonzero(part[1:] == part[:-1])
    segments = shapely.linestrings(np.stack([xy[inside], xy[inside + 1]], axis=1))
    return gpd.GeoDataFrame(geometry=segments, crs=4326)


def by_border_split(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    """Return our geodesic distances, metres; zones and sizes are computed with them."""
    return mg.border_split(hazards, border)["border_distance_m"].to_numpy()


def by_sjoin(hazards: gpd.GeoDataFrame, segments: gpd.GeoDataFrame) -> np.ndarray:
    """Return planar distances in UTM 48N, metres."""
    left = hazards[["hazard_id", "geometry"]].to_crs(32648)
    joined = gpd.sjoin_nearest(left, segments.to_crs(32648), distance_col="metres")
    return joined["metres"].groupby(level=0).min().to_numpy()


def load(connection: psycopg.Connection, table: str, frame: gpd.GeoDataFrame) -> None:
    """Load geometries as geography with a GiST index."""
    name = psycopg.sql.Identifier(table)
    run = connection.execute
    run(psycopg.sql.SQL("CREATE TABLE {} (place int, wkb bytea)").format(name))
    with connection.cursor().copy(psycopg.sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in enumerate(shapely.to_wkb(frame.geometry.to_numpy())):
            copy.write_row(row)
    run(psycopg.sql.SQL("ALTER TABLE {} ADD geog geography").format(name))
    run(psycopg.sql.SQL("UPDATE {} SET geog = ST_GeomFromWKB(wkb, 4326)::geography").format(name))
    run(psycopg.sql.SQL("CREATE INDEX ON {} USING gist (geog)").format(name))
    connection.commit()
    connection.autocommit = True
    run(psycopg.sql.SQL("VACUUM ANALYZE {}").format(name))
    connection.autocommit = False


def by_knn(connection: psycopg.Connection) -> np.ndarray:
    """Return PostGIS's distances on geography, in the order of the hazards, metres."""
    rows = np.array(connection.execute(KNN).fetchall())
    return rows[np.argsort(rows[:, 0]), 1]


def timed(way: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return seconds by the clock, and what the function returned."""
    start = time.perf_counter()
    result = way()
    return time.perf_counter() - start, result


def report(seconds: dict[str, list[float]], metres: dict[str, np.ndarray]) -> None:
    """Print medians, ratios and differences."""
    ours = statistics.median(seconds["border_split"])
    print(
        f"{'way':14}{'median s':>10}{'all, s':>24}{'ratio':>8}{'needed':>8}{'differs by up to':>20}"
    )
    for way, runs in seconds.items():
        median = statistics.median(runs)
        every = " ".join(f"{run:.2f}" for run in runs)
        needed = f"{NEEDED[way]:.0f}" if way in NEEDED else ""
        apart = np.abs(metres[way] - metres["border_split"]).max()
        print(f"{way:14}{median:10.2f}{every:>24}{median / ours:8.1f}{needed:>8}{apart:18.3f} m")


def main() -> None:
    """Make the hazards, time the three ways in turn, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--hazards", type=int, default=100_000)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--anywhere", action="store_true", help="all over the country")
    options.add_argument("--without-postgis", action="store_true")
    asked = options.parse_args()
    border = mg.read_border(mg.sample.path("border"))
    segments = border_segments(border)
    hazards = made_up_hazards(asked.hazards, anywhere=asked.anywhere)
    vertices = shapely.get_num_coordinates(hazards.geometry.to_numpy()).mean()
    cores = len(os.sched_getaffinity(0))
    where = "anywhere" if asked.anywhere else "as the sample lies"
    print(
        f"{len(hazards):,} made-up hazards ({where}) of {vertices:.1f} vertices in the mean, "
        f"{len(segments):,} segments of the land border; {cores} cores, {asked.repeat} times"
    )
    ways: dict[str, Callable[[], np.ndarray]] = {
        "border_split": partial(by_border_split, hazards, border),
        "sjoin_nearest": partial(by_sjoin, hazards, segments),
    }
    if asked.without_postgis:
        run(ways, asked.repeat)
        return
    try:
        with server() as running, psycopg.connect(running.database()) as connection:
            load(connection, "segment", segments)
            load(connection, "hazard", hazards)
            ways["PostGIS KNN"] = partial(by_knn, connection)
            run(ways, asked.repeat)
    except NoPostGISHereError as error:
        sys.exit(str(error))


def run(ways: dict[str, Callable[[], np.ndarray]], repeat: int) -> None:
    """Time each way in turn, `repeat` times over, and report.

    Ours uses every core that is free, the others one: on a busy machine the ratios are lower.
    """
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    metres: dict[str, np.ndarray] = {}
    for _ in range(repeat):
        for way, measure in ways.items():
            took, metres[way] = timed(measure)
            seconds[way].append(took)
    report(seconds, metres)


if __name__ == "__main__":
    main()
