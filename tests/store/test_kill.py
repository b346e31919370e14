"""A load that is killed leaves nothing behind, on either backend."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mine_geo.store import create_store, open_store

if TYPE_CHECKING:
    import geopandas as gpd

ROOT = Path(__file__).parents[2]
LOAD = """
import os, signal, sys
from mine_geo.intake import read_hazards
from mine_geo.store import open_store
from mine_geo.store.schema import rows

place, file, after = sys.argv[1:]
insert_rows = rows.insert_rows

def dying(connection, table, columns):
    if after == "half":  # the rows of a table are half written
        columns = {name: list(values)[: len(values) // 2] for name, values in columns.items()}
    insert_rows(connection, table, columns)
    if after in ("half", table.name):
        os.kill(os.getpid(), signal.SIGKILL)

rows.insert_rows = dying
with open_store(place) as store:
    store.register(read_hazards(file))
    if after == "committed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("after", ["half", "hazard", "event", "committed"])
def test_a_killed_load(place: str, tmp_path: Path, hazards: gpd.GeoDataFrame, after: str) -> None:
    create_store(place).close()
    file = tmp_path / "file.gpkg"
    hazards.to_file(file, layer="hazards")
    died = subprocess.run(
        [sys.executable, "-c", LOAD, place, str(file), after],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    with open_store(place) as store:
        committed = after == "committed"
        assert len(store.hazards()) == (4 if committed else 0)
        with store._reading() as connection:
            events = connection.exec_driver_sql("SELECT count(*) FROM event").scalar()
        assert events == (4 if committed else 0)
        assert store.register(hazards).registered == (0 if committed else 4)
    if place.endswith(".gpkg"):
        left = {each.name for each in Path(place).parent.iterdir()}
        assert left == {"register.gpkg", "file.gpkg"}
