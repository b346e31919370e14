"""The register of a store beside geopandas' own way into PostGIS and out of it.

They do not do the same: `to_postgis` writes a table, `Store.register` judges every record, writes
an event for each, and keeps the bytes of the polygon as drawn; `read_postgis` reads the table,
`Store.hazards` the register with what waits, in the canonical columns.

And what a store costs an office, on PostGIS (durable, as a server is) and in a GeoPackage:

    python -m tests.benchmarks.stores
    python -m tests.benchmarks.stores --before FOLDER        another day's code, in turn with ours
    python -m tests.benchmarks.stores --seconds 10 --sizes 10000        a quick look

Twenty officers record and fifty readers look for a minute: records and reads a second, errors, and
what is left of the land by an account of our own. Then the seconds of what an office asks of a
store with 10,000 and with 100,000 hazards, polygons of the sample laid out over the country: what
should not grow is seen not to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import create_engine

import mine_geo as mg
from tests.benchmarks.timing import FEWER, interleaved, report
from tests.postgis.cluster import NoPostGISHereError, Server, cluster, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mine_geo.store import Store

TABLE = "plain_hazards"
QUERY = "SELECT * FROM plain_hazards"


def register(empty: Iterator[Store], hazards: gpd.GeoDataFrame) -> Store:
    """Register hazards in the next store that is empty."""
    store = next(empty)
    store.register(hazards)
    return store


def places(folder: Path, running: Server | None, count: int) -> dict[str, list[Any]]:
    """Return where stores can be made, by what is said of them."""
    found: dict[str, list[Any]] = {
        "in a GeoPackage": [folder / f"register_{number}.gpkg" for number in range(count)]
    }
    if running is not None:
        found["in PostGIS"] = [running.database() for _ in range(count)]
    return found


def compare(hazards: gpd.GeoDataFrame, rounds: int) -> dict[str, dict[str, float]]:
    """Compare writing and reading; return how many times as long each way takes."""
    print("\nstores", flush=True)
    rounds = min(rounds, FEWER)  # each round of writing needs a store of its own
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            running = stack.enter_context(server())
        except NoPostGISHereError as error:
            print(f"PostGIS: not installed ({error})")
            running = None
        writing: dict[str, Callable[[], Any]] = {}
        reading: dict[str, Callable[[], Any]] = {}
        for said, each in sorted(places(folder, running, rounds).items(), reverse=True):
            empty = [stack.enter_context(mg.create_store(place, synthetic=True)) for place in each]
            writing[f"Store.register {said}"] = partial(register, iter(empty), hazards)
            reading[f"Store.hazards {said}"] = empty[-1].hazards
        if running is not None:
            address = running.database().replace("postgresql://", "postgresql+psycopg://", 1)
            engine = create_engine(address)
            stack.callback(engine.dispose)
            writing["geopandas to_postgis"] = partial(
                hazards.to_postgis, TABLE, engine, if_exists="replace"
            )
            reading["geopandas read_postgis"] = partial(
                gpd.read_postgis, QUERY, engine, geom_col="geometry"
            )
        elsewhere = [way for way in (*writing, *reading) if "GeoPackage" not in way]
        written, _ = interleaved(writing, rounds)
        read, _ = interleaved(reading, rounds)
    return {
        "stores, writing": report(
            f"writing {len(hazards):,} hazards", written, elsewhere=elsewhere
        ),
        "stores, reading": report(f"reading {len(hazards):,} hazards", read, elsewhere=elsewhere),
    }


OFFICE: Final = Path(__file__).with_name("office.py")
ROOT: Final = OFFICE.parents[2]
OFFICERS: Final = 20
READERS: Final = 50
STARTING_SECONDS: Final = 12
"""How long the processes of an office get to start, before its time begins."""
LIKE_A_SERVER: Final = {
    "autovacuum": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "synchronous_commit": "on",
}
"""What the cluster of the tests leaves out, to be quick."""


def laid_out(count: int) -> gpd.GeoDataFrame:
    """Return `count` polygons of the sample, later ones moved along a spiral: the same each time.

    Each copy of the sample lies 0.12 degree farther out than the one before, so that hazards meet
    little more often than in the sample itself.
    """
    sample = mg.read_hazards(mg.sample.path("minefields"))
    place = np.arange(count)
    copy = place // len(sample)
    table = sample.iloc[place % len(sample)].reset_index(drop=True)
    angle = copy * np.pi * (3 - np.sqrt(5))
    away = 0.12 * copy[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    xy, of = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    moved = shapely.set_coordinates(table.geometry.to_numpy().copy(), xy + away[of])
    ids = [f"L-{number:06d}" for number in range(count)]
    table = table.assign(hazard_id=ids).set_geometry(gpd.GeoSeries(list(moved), crs=4326))
    return mg.to_hazards(table.drop(columns=["status", "size_m2"]))


def working(code: Path, what: str, *given: object) -> subprocess.Popen[str]:
    """Start a process of the office with the library of a folder."""
    return subprocess.Popen(
        [sys.executable, OFFICE, what, *map(str, given)],
        env={**os.environ, "PYTHONPATH": str(code)},
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what a process of the office has done."""
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{process.args} ended with {process.returncode}")
    done: dict[str, Any] = json.loads(said)
    return done


def busy(code: Path, place: object, hazards: Path, seconds: float) -> dict[str, str]:
    """Let officers and readers work at once; return what came of it, as texts."""
    told(working(code, "fill", place, hazards, ""))
    start = time.time() + STARTING_SECONDS
    times = {"start": start, "end": start + seconds, "of": OFFICERS}
    crews = [
        (what, json.dumps({**times, "numbers": list(range(first, count, 2))}))
        for what, count in (("officers", OFFICERS), ("readers", READERS))
        for first in (0, 1)
    ]
    started = [(what, working(code, what, place, hazards, asked)) for what, asked in crews]
    done: dict[str, list[Any]] = {}
    for what, process in started:
        for name, values in told(process).items():
            done.setdefault(f"{what} {name}", []).extend(values)
    took = time.time() - start
    acknowledged = hazards.with_suffix(".json")
    acknowledged.write_text(json.dumps(done["officers done"]), encoding="utf-8")
    found = told(working(code, "audit", place, hazards, acknowledged))
    wrong = Counter(done["officers errors"] + done["readers errors"])
    for line, count in wrong.most_common(3):
        print(f"    {count} x {line[:200]}")
    return {
        "records/s": f"{len(done['officers done']) / took:.1f}",
        "a record, s": f"{statistics.median(done['officers seconds'] or [0]):.2f}",
        "longest": f"{max(done['officers seconds'] or [0]):.1f}",
        "reads/s": f"{len(done['readers done']) / took:.1f}",
        "a read, s": f"{statistics.median(done['readers seconds'] or [0]):.2f}",
        "errors": str(wrong.total()),
        **{name: str(value) for name, value in found.items()},
    }


def table(what: str, columns: dict[str, dict[str, str]]) -> None:
    """Print texts by column and row."""
    print(f"\n{what}, load {os.getloadavg()[0]:.1f}")
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    wide = [max(14, len(head) + 2) for head in columns]
    heads = "".join(f"{head:>{width}}" for head, width in zip(columns, wide, strict=True))
    print(f"{'':24}{heads}")
    for name in names:
        cells = zip(columns.values(), wide, strict=True)
        line = "".join(f"{column.get(name, '-'):>{width}}" for column, width in cells)
        print(f"{name:24}{line}", flush=True)


def main() -> None:
    """Print what a store costs an office; see the head of this file."""
    options = argparse.ArgumentParser(description="What a store costs an office.")
    options.add_argument("--before", type=Path, help="the folder of another version, compiled")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    options.add_argument("--rounds", type=int, default=3, help="how often each cost is taken")
    asked = options.parse_args()
    codes = {"before": asked.before.resolve()} if asked.before else {}
    codes["now"] = ROOT
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = Server(stack.enter_context(cluster(**LIKE_A_SERVER)).url)
        sizes: Sequence[int] = asked.sizes
        files = {count: folder / f"{count}.pickle" for count in (7392, *sizes)}
        for count, path in files.items():
            laid_out(count).assign(synthetic=True).to_pickle(path)

        def fresh(said: str) -> object:
            return running.database() if said == "PostGIS" else folder / f"{time.time_ns()}.gpkg"

        backends = ("PostGIS", "GeoPackage")
        if asked.seconds:
            what = f"{OFFICERS} officers and {READERS} readers for {asked.seconds:g} s"
            columns = {
                f"{said} {day}": busy(code, fresh(said), files[7392], asked.seconds)
                for said in backends
                for day, code in codes.items()
            }
            table(what, columns)
        for said in backends:
            columns = {}
            for count in sizes:
                for day, code in codes.items():
                    place = fresh(said)
                    found = told(working(code, "fill", place, files[count], ""))
                    found |= told(working(code, "costs", place, files[count], asked.rounds))
                    columns[f"{count:,} {day}"] = {
                        name: f"{value:.3f}" for name, value in found.items()
                    }
            table(f"seconds, {said}", columns)


if __name__ == "__main__":
    main()
