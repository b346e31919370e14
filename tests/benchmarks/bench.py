"""Every claim of speed in README, each way beside its peers in one interleaved run.

    make bench
    make bench ROUNDS=3 SIZE=2000          quicker, and no claim is held against it

Each round takes every way once, in turn, so that what else the machine does falls on all alike.
Printed are the load at the beginning and the end, medians of the seconds by the clock and of CPU
(of this process; the CPU of a PostGIS server is not known here), how many times as long as ours,
and the largest error of each way against a brute force over some of the hazards. Exit code 1 where
a ratio is below what `claims.toml`, and so README, claims. Peers: `pip install mine_geo[bench]`,
and PostGIS of the tests; one that is not there is said to be so.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psycopg

import mine_geo as mg
from mine_geo.geo.border import border_lines
from tests.benchmarks import peers
from tests.hand import BruteForce
from tests.postgis.cluster import NoPostGISHereError, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

CLAIMS = Path(__file__).with_name("claims.toml")
OURS = "border_split"
SIZE = 100_000
ROUNDS = 7
QUIET = 1.5
"""The load, processes that want a core, up to which a machine is called quiet."""
MOST_FOR_SPHERELY = 10_000
PROBES = 100
"""Hazards that are measured by brute force as well."""
PLAIN = "import geopandas, sqlalchemy, geoalchemy2, rich, click"
HELP = "from mine_geo.cli import main; main(['--help'])"
COMMANDS = {
    "plain imports": [sys.executable, "-c", PLAIN],
    "import mine_geo": [sys.executable, "-c", "import mine_geo"],
    "mine-geo --help": [sys.executable, "-c", HELP],
}


class Timed(NamedTuple):
    """The seconds of every round of a way."""

    wall: list[float]
    cpu: list[float]


def claims() -> list[tuple[str, str, float]]:
    """Return what is claimed: of what, against which peer, how many times."""
    found = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]
    return [(each["what"], each["peer"], float(each["times"])) for each in found]


def interleaved(
    ways: dict[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, Timed], dict[str, object]]:
    """Take every way once in each round; return their seconds, and what each gave at last."""
    times = {way: Timed([], []) for way in ways}
    given: dict[str, object] = {}
    for _ in range(rounds):
        for way, run in ways.items():
            wall, cpu = time.perf_counter(), sum(os.times()[:4])
            given[way] = run()
            times[way].wall.append(time.perf_counter() - wall)
            times[way].cpu.append(sum(os.times()[:4]) - cpu)
    return times, given


def report(
    what: str, times: dict[str, Timed], errors: dict[str, float], *, held: bool
) -> list[str]:
    """Print a comparison, and return the claims that it misses."""
    first = next(iter(times))
    wall, cpu = (statistics.median(each) for each in times[first])
    missed = []
    print(f"\n{what}\n{'':26}{'s':>9}{'CPU s':>9}{'times':>8}{'by CPU':>8}{'worst error m':>16}")
    for way, taken in times.items():
        ours = [statistics.median(each) for each in taken]
        ratio = ours[0] / wall
        by_cpu = "-" if way == "PostGIS KNN" else f"{ours[1] / max(cpu, 1e-9):.1f}"
        error = f"{errors[way]:.4f}" if way in errors else ""
        print(f"{way:26}{ours[0]:9.3f}{ours[1]:9.3f}{ratio:8.1f}{by_cpu:>8}{error:>16}")
        for of, peer, least in claims():
            if held and (of, peer) == (what, way) and ratio < least:
                missed.append(f"{of}: {peer} took {ratio:.1f} times as long, {least:g} claimed")
    return missed


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


def compare_splits(what: str, hazards: gpd.GeoDataFrame, rounds: int, *, held: bool) -> list[str]:
    """Compare the ways to split some hazards, and return the claims that are missed."""
    border = mg.read_border(mg.sample.path("border"))
    segments = peers.border_segments(border)
    ways: dict[str, Callable[[], np.ndarray]] = {
        OURS: partial(peers.by_border_split, hazards, border),
        "geopandas sjoin_nearest": partial(peers.by_sjoin, hazards, segments),
        "shapely STRtree": partial(peers.by_tree, hazards, segments),
    }
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
    with knn(hazards, segments) as database:
        times, metres = interleaved(ways | database, rounds)
    brute = BruteForce(border_lines(border))
    some = np.linspace(0, len(hazards) - 1, min(PROBES, len(hazards))).astype(int)
    truth = np.array([brute.polygon(hazards.geometry.iloc[place]) for place in some])
    errors = {way: float(np.abs(given[some] - truth).max()) for way, given in metres.items()}
    return report(what, times, errors, held=held)


def start_up(rounds: int) -> None:
    """Compare the start of the command with the imports that any such program needs."""
    ways = {
        name: partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        for name, command in COMMANDS.items()
    }
    report("start", interleaved(ways, rounds)[0], {}, held=False)


def main() -> None:
    """Run every comparison, print the tables, and say which claims are missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--size", type=int, default=SIZE, help="hazards that are made up")
    asked = options.parse_args()
    held = asked.size >= SIZE and asked.rounds >= ROUNDS
    load = os.getloadavg()[0]
    print(
        f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"{asked.rounds} rounds; load {load:.2f}: {'quiet' if load < QUIET else 'NOT QUIET'}"
    )
    sample = mg.read_hazards(mg.sample.path("minefields"))
    missed: list[str] = []
    for what, hazards in (
        ("split, 7,392 hazards of the sample", sample.iloc[: asked.size]),
        ("split, 100,000 hazards near the border", peers.made_up_hazards(asked.size)),
        (
            "split, 100,000 hazards all over the country",
            peers.made_up_hazards(asked.size, anywhere=True),
        ),
    ):
        missed += compare_splits(what, hazards, asked.rounds, held=held)
    start_up(asked.rounds)
    print(f"\nload at the end {os.getloadavg()[0]:.2f}")
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
