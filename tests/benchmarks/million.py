"""Memory and time of `mine-geo split in.parquet -o out.parquet`, and the same file with Dask.

Memory is the most that the process of the command held at once. Dask has two workers; one is
killed in the middle, and its answer is held against the local one row for row.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import mine_geo as mg
from tests.benchmarks.commands import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES: Final = (7_392, 100_000, 1_000_000)
PARTS: Final = 16
"""How many files Dask is given."""


class Run(NamedTuple):
    """One run of the command."""

    hazards: int
    seconds: float
    cpu: float
    peak_mb: float


def make(count: int, path: Path) -> None:
    """Write a GeoParquet file of made hazards, 17 vertices each, in row groups of 50,000."""
    from tests.benchmarks.peers import made_hazards  # noqa: PLC0415 - in a process of its own

    made_hazards(count).to_parquet(path, row_group_size=50_000)


def split(source: Path, target: Path, hazards: int) -> Run:
    """Run the command, and measure it by what the system says of that one process."""
    border = str(mg.sample.path("border"))
    arguments = ["split", str(source), "--border", border, "-o", str(target)]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], stdout=subprocess.DEVNULL, env=environment()
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"mine-geo split of {hazards:,} hazards failed")
    seconds = time.perf_counter() - begin
    return Run(hazards, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def with_dask(source: Path, folder: Path) -> gpd.GeoDataFrame:
    """Split the file in parts on two workers, one of which is killed, and collect the rows."""
    from distributed import Client, LocalCluster, as_completed, futures_of  # noqa: PLC0415 - starts slowly

    from mine_geo import distributed  # noqa: PLC0415

    folder.mkdir()
    whole = gpd.read_parquet(source)
    for number, rows in enumerate(np.array_split(np.arange(len(whole)), PARTS)):
        whole.iloc[rows].to_parquet(folder / f"{number:02}.parquet")
    del whole
    border = mg.read_border(mg.sample.path("border"))
    # Each of the two workers has one core; a variable of the environment reaches both.
    os.environ["MINE_GEO_THREADS"] = "1"
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        begin = time.perf_counter()
        lazy = distributed.border_split(str(folder), border).persist()
        next(as_completed(futures_of(lazy)))  # some of the work is done, most is not
        victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        found = lazy.compute()
        seconds = time.perf_counter() - begin
    print(f"Dask, two workers, one killed: {len(found):,} hazards, {seconds:.1f} s", flush=True)
    return found


def differences(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> list[str]:
    """Return the columns in which two splits are not equal, row for row."""
    names = [name for name in one.columns if name not in ("bbox", "geometry")]
    if len(one) != len(other):
        return [f"{len(one):,} rows and {len(other):,}"]
    unlike = [
        name
        for name in names
        if name not in other
        or not pd.Series(one[name].to_numpy(object))
        .reset_index(drop=True)
        .equals(pd.Series(other[name].to_numpy(object)))
    ]
    drawn = (shapely.to_wkb(frame.geometry.to_numpy()) for frame in (one, other))
    return unlike if np.array_equal(*drawn) else [*unlike, "geometry"]


def run(sizes: Sequence[int]) -> None:
    """Print what each size takes, then what Dask gives of the largest; exit 1 where it differs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A process counts what its parent held when it was started: files are made elsewhere.
        with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
            for size in sizes:
                elsewhere.submit(make, size, folder / f"in_{size}.parquet").result()
                print(f"made {size:,} hazards", flush=True)
        print(f"\nmine-geo split in.parquet\n{'hazards':>12}{'s':>9}{'CPU s':>9}{'peak MB':>10}")
        for size in sizes:
            taken = split(folder / f"in_{size}.parquet", folder / f"out_{size}.parquet", size)
            print(
                f"{size:>12,}{taken.seconds:>9.2f}{taken.cpu:>9.2f}{taken.peak_mb:>10.0f}",
                flush=True,
            )
        largest = max(sizes)
        found = with_dask(folder / f"in_{largest}.parquet", folder / "parts")
        ours = gpd.read_parquet(folder / f"out_{largest}.parquet")
        unlike = differences(ours, found)
        if unlike:
            sys.exit(f"Dask differs in {', '.join(unlike)}")
        print("equal, row for row, to the local split")
