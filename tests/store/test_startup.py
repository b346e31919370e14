"""What a command that only reads a GeoPackage does not load: it answers at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mine_geo.store import create_store

if TYPE_CHECKING:
    import geopandas as gpd

ROOT = Path(__file__).parents[2]
HEAVY = (
    "alembic",
    "folium",
    "jinja2",
    "matplotlib",
    "mine_geo.exports",
    "mine_geo.intake.layers",
    "mine_geo.intake.reading",
    "mine_geo.maps",
    "mine_geo.store.making",
    "openpyxl",
    "psycopg",
    "pyarrow.parquet",
    "pyogrio",
    "rasterio",
    "requests",
)
"""Each costs a tenth of a second or more, and none is needed to read a file's tables."""

ASK = """
import sys
from mine_geo.cli import main
main(sys.argv[1:], standalone_mode=False)
print("loaded:", *sorted(sys.modules))
"""


@pytest.fixture
def register(tmp_path: Path, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> Path:
    """Give a store whose distances are kept already."""
    path = tmp_path / "register.gpkg"
    with create_store(path) as store:
        store.load_border(border)
        store.register(hazards)
        store.split()
    return path


@pytest.mark.parametrize("command", ["totals", "split", "history A-1", "db info"])
def test_a_command_that_reads_loads_no_more_than_it_needs(register: Path, command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK, "--database", str(register), *command.split()],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout
    loaded = set(said.split("loaded:")[1].split())
    assert "mine_geo.store.store" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))
