"""How long the commands that only read take, beside the imports that any such program needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import mine_geo as mg
from mine_geo.store.address import DATABASE_VARIABLE
from tests.benchmarks.timing import interleaved, report

if TYPE_CHECKING:
    import geopandas as gpd

PLAIN = "import geopandas, sqlalchemy, geoalchemy2, rich, click"
COMMAND = "import sys; from mine_geo.cli import main; main(sys.argv[1:])"


def asked_of(hazard_id: str) -> dict[str, list[str]]:
    """Return what is run: the imports first, then what of ours is compared with them."""
    command = [sys.executable, "-c", COMMAND]
    return {
        "plain imports": [sys.executable, "-c", PLAIN],
        "import mine_geo": [sys.executable, "-c", "import mine_geo"],
        "mine-geo --help": [*command, "--help"],
        "mine-geo totals": [*command, "totals"],
        "mine-geo split": [*command, "split"],
        "mine-geo history": [*command, "history", hazard_id],
        "mine-geo db info": [*command, "db", "info"],
    }


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command as it runs where it is installed.

    There every module is compiled once. With PYTHONDONTWRITEBYTECODE a checkout is compiled at each
    start, the packages that it is compared with are not: 0.4 s that no user waits for.
    """
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | more


def filled(folder: Path, hazards: gpd.GeoDataFrame) -> Path:
    """Make a store of the sample as an office has it, with its distances kept."""
    path = folder / "register.gpkg"
    with mg.create_store(path, synthetic=True) as store:
        store.load_border(mg.read_border(mg.sample.path("border")))
        store.load_admin(mg.read_admin(mg.sample.path("districts")))
        store.register(hazards)
        store.split()
    return path


def compare(hazards: gpd.GeoDataFrame, rounds: int) -> dict[str, float]:
    """Run each command once in every round on a store of these hazards."""
    print("\ncommands", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        there = environment(**{DATABASE_VARIABLE: str(filled(Path(folder), hazards))})
        ways = {
            name: partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL, env=there)
            for name, command in asked_of(str(hazards["hazard_id"].iloc[0])).items()
        }
        for run in ways.values():
            run()  # compiles what was not compiled yet
        times, _ = interleaved(ways, rounds)
    return report(f"commands on {len(hazards):,} stored hazards", times)
