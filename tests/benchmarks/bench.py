"""Every claim of speed in README, each way beside its peers in one interleaved run.

    make bench
    make bench ROUNDS=3 SIZE=2000          quicker, and no claim is held against it
    python -m tests.benchmarks.bench --million      memory and time up to 1,000,000; Dask

Each round takes every way once, in turn, so that what else the machine does falls on all alike;
slow peers are taken in three of the rounds, which the table says. Printed are the engine, the load
at the beginning and the end, medians of the seconds by the clock and of CPU (of this process and
of those it starts; the CPU of a PostGIS server is not known here), how many times as long as ours,
and the largest error of each way against a brute force over some of the hazards. Exit code 1 where
a ratio is below what `claims.toml`, and so README, claims, or was not measured; of the full size
only. Peers: `pip install mine_geo[bench]`, and PostGIS of the tests; one that is not there is said
to be so.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import platform
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import shapely

import mine_geo as mg
from mine_geo.geo.border import border_lines
from mine_geo.split import engines
from tests.benchmarks import commands, map_pages, million, peers, stores
from tests.benchmarks.timing import Beside, claims, interleaved, missed, report
from tests.hand import Chords
from tests.postgis.cluster import NoPostGISHereError, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

OURS = "border_split"
SIZE = 100_000
ROUNDS = 7
QUIET = 1.5
"""The load, processes that want a core, up to which a machine is called quiet."""
MOST_FOR_SPHERELY = 10_000
SLOW = ("PostGIS KNN", "SedonaDB ST_KNN")
"""What takes ten seconds and more at the full size."""
PROBES = 100
"""Hazards that are measured by brute force as well."""


def head(rounds: int) -> str:
    """Say on what, and with which engine, it is measured."""
    engine = engines.engine()
    build = f", kernel source {engines.source_hash()[:12]}" if engine == "compiled" else ""
    load = os.getloadavg()[0]
    return (
        f"mine_geo {mg.__version__}, engine {engine}{build}, {engines.threads()} threads\n"
        f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"Python {platform.python_version()}, {rounds} rounds; load {load:.2f}: "
        f"{'quiet' if load < QUIET else 'NOT QUIET'}"
    )


@contextlib.contextmanager
def knn(hazards: gpd.GeoDataFrame, segments: gpd.GeoDataFrame) -> Iterator[dict]:
    """Give PostGIS as a way, with the tables loaded; nothing where there is none."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(server())
        except NoPostGISHereError as error:
            print(f"PostGIS KNN: not installed ({error})")
            yield {}
            return
        connection = stack.enter_context(psycopg.connect(running.database()))
        peers.load(connection, "segment", segments)
        peers.load(connection, "hazard", hazards)
        yield {"PostGIS KNN": partial(peers.by_knn, connection)}


def true_distances(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    """Return what a brute force measures, metres; it shares no code with mine_geo."""
    lines = border_lines(border)
    chords = Chords(lines)
    crossed = shapely.intersects(
        hazards.geometry.to_numpy(), shapely.union_all(lines.geometry.to_numpy())
    )
    # The brute force holds vertices of the border against an outline: what crosses it is not 0.
    return np.array(
        [
            0.0 if crosses else chords.polygon(polygon)
            for polygon, crosses in zip(hazards.geometry, crossed, strict=True)
        ]
    )


def compare_splits(what: str, hazards: gpd.GeoDataFrame, rounds: int) -> dict[str, float]:
    """Compare the ways to split some hazards; return how many times as long each takes."""
    border = mg.read_border(mg.sample.path("border"))
    segments = peers.border_segments(border)
    ways: dict[str, Callable[[], np.ndarray]] = {
        OURS: partial(peers.by_border_split, hazards, border)
    }
    if engines.engine() == "compiled":
        ways[f"{OURS}, NumPy engine"] = partial(peers.by_numpy, hazards, border)
    ways |= {
        "geopandas sjoin_nearest": partial(peers.by_sjoin, hazards, segments),
        "shapely STRtree": partial(peers.by_tree, hazards, segments),
    }
    print(f"\n{what}: {len(hazards):,} hazards", flush=True)
    for name, module, way in (
        ("SedonaDB ST_KNN", "sedonadb", partial(peers.by_sedona, hazards, segments)),
        ("spherely", "spherely", partial(peers.by_spherely, hazards, border)),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"{name}: not installed")
        elif name != "spherely" or len(hazards) <= MOST_FOR_SPHERELY:
            ways[name] = way
        else:
            print(f"{name}: has no index; measured up to {MOST_FOR_SPHERELY:,} hazards")
    slow = SLOW if len(hazards) > MOST_FOR_SPHERELY else ()
    with knn(hazards, segments) as database:
        times, metres = interleaved(ways | database, rounds, slow)
    some = np.linspace(0, len(hazards) - 1, min(PROBES, len(hazards))).astype(int)
    truth = true_distances(hazards.iloc[some], border)
    errors = {way: f"{np.abs(given[some] - truth).max():.4f}" for way, given in metres.items()}
    return report(what, times, Beside("worst error m", errors), elsewhere=database)


def compare_pages(rounds: int) -> dict[str, float]:
    """Compare making the national page of the sample with Folium's plain page of the same."""
    print("\npages", flush=True)
    split, layers = map_pages.frames()
    with tempfile.TemporaryDirectory() as folder:
        paths = {
            name: Path(folder, f"{place}.html") for place, name in enumerate(("ours", "Folium"))
        }
        makers = {"ours": map_pages.make_ours, "Folium": map_pages.make_plain}
        ways = {name: partial(make, split, layers, paths[name]) for name, make in makers.items()}
        times, _ = interleaved(ways, rounds)
        sizes = {name: f"{path.stat().st_size / 1e6:.2f}" for name, path in paths.items()}
    return report("a page of the sample with its records", times, Beside("MB", sizes))


def main() -> None:
    """Run every comparison, print the tables, and say which claims are missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--size", type=int, default=SIZE, help="hazards that are made up")
    options.add_argument(
        "--million", action="store_true", help="instead: memory and time of files, and Dask"
    )
    asked = options.parse_args()
    print(head(asked.rounds), flush=True)
    if asked.million:
        million.run(million.SIZES)
        return
    sample = mg.read_hazards(mg.sample.path("minefields")).iloc[: asked.size]
    found = {
        what: compare_splits(what, hazards, asked.rounds)
        for what, hazards in (
            ("split, 7,392 hazards of the sample", sample),
            ("split, 100,000 hazards near the border", peers.made_up_hazards(asked.size)),
            (
                "split, 100,000 hazards all over the country",
                mg.to_hazards(peers.made_hazards(asked.size)),
            ),
        )
    }
    found |= stores.compare(sample, asked.rounds)
    found["pages"] = compare_pages(asked.rounds)
    found["commands"] = commands.compare(sample, asked.rounds)
    print(f"\nload at the end {os.getloadavg()[0]:.2f}")
    if asked.size < SIZE or asked.rounds < ROUNDS:
        print("no claim is held against it: smaller or fewer than what is claimed of")
        return
    lines = missed(claims(), found)
    if lines:
        sys.exit("\n".join(lines))
    print("every claim of README holds")


if __name__ == "__main__":
    main()
