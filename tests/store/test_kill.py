"""Whatever is killed, and when: nothing is half done, and nothing lost that was acknowledged."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from mine_geo import errors
from mine_geo.store import create_store, open_store
from mine_geo.store.upkeep import backup
from tests.postgis.cluster import cluster

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


@pytest.mark.untraced
def test_kills_at_random_moments(backend: str) -> None:
    """Eight in a check of a commit; fifty, and every work killed in every way, in a search."""
    many = settings().max_examples > 500
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.kills", backend, str(50 if many else 8)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["faults"] == [], told
    assert told["cut"], told


@pytest.mark.postgis
def test_what_a_careless_server_acknowledged_is_there_after_a_kill(
    hazards: gpd.GeoDataFrame,
) -> None:
    """Its own settings would let it say "done" seconds before it is on the disk."""
    with cluster(synchronous_commit="off", wal_writer_delay="10s") as server:
        create_store(server.url).close()
        with open_store(server.url) as store:
            store.register(hazards)
            done = store.record("B-2", "cleared", hazards.geometry[0], happened_on="2022-05-01")
            server.kill()
            with pytest.raises(errors.UnreachableError):
                store.hazards()
        server.start()
        with open_store(server.url) as store:
            assert store.events()["event_id"].tolist()[-1] == done


@pytest.mark.parametrize("backend", ["gpkg"])
@pytest.mark.parametrize("journal", [False, True])
def test_a_file_that_a_killed_making_left_is_nobodys(
    place: str, tmp_path: Path, hazards: gpd.GeoDataFrame, journal: bool
) -> None:
    """It is empty, or a journal beside it says that it was before."""
    left = [place, str(tmp_path / "again.gpkg")]
    for path in left:
        half = f"import os, sqlite3; c = sqlite3.connect({path!r}, isolation_level=None)\n"
        if journal:
            half += "c.execute('PRAGMA cache_size = 2'); c.execute('BEGIN')\n"
            half += "c.execute('CREATE TABLE half (value)')\n"
            half += "c.executemany('INSERT INTO half VALUES (?)', [('x' * 900,)] * 99)\n"
        else:
            Path(path).touch()
        half += "os._exit(0)"
        subprocess.run([sys.executable, "-c", half], check=True)
        assert bool(Path(path).stat().st_size) == journal
    with create_store(place) as store:
        assert store.register(hazards).registered == 4
    saved = tmp_path / "saved.gpkg"
    backup.back_up(place, saved)
    assert backup.restore(saved, left[1]).tables["rows"].sum() > 0
    with closing(sqlite3.connect(saved)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM event").fetchone()
    assert count == 4
    with pytest.raises(errors.ConflictError, match="left as it is"):
        create_store(place)
