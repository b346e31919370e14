"""The ground gives way: a full disk, locks, time limits, a server that may only be read.

The command says each in one line, with an exit code, and the store is right afterwards.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from psycopg import sql
from sqlalchemy import make_url

import mine_geo as mg
from mine_geo import errors
from mine_geo.store.upkeep import doctor
from tests.postgis.cluster import Server, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Command

MANY = 4_000
"""Hazards, with a text each, for which a small disk has no room."""


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Give a folder that is a disk of so many megabytes; really full is really full."""
    folder = Path(mkdtemp(prefix="mgdisk-", dir="/tmp"))
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        folder.rmdir()
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def ballast(folder: Path, *, leave: int) -> Path:
    """Fill a disk but for so many kilobytes."""
    path = folder / "ballast"
    free = os.statvfs(folder)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - leave * 1024)
    return path


def written(folder: Path, count: int, name: str = "fields.gpkg") -> Path:
    """Write a file of hazards side by side, each with a text of a kilobyte."""
    path = folder / name
    west = [103 + (place % 100) * 0.003 for place in range(count)]
    south = [(11 if count < 10 else 12) + (place // 100) * 0.003 for place in range(count)]
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [f"{path.stem}-{place}" for place in range(count)],
            "kind": "ap_minefield",
            "surveyed_on": pd.Timestamp("2020-01-31"),
            "remark": [os.urandom(500).hex() for _ in range(count)],
        },
        geometry=[
            shapely.box(w, s, w + 0.002, s + 0.002) for w, s in zip(west, south, strict=True)
        ],
        crs=4326,
    )
    frame.to_file(path, layer="hazards")
    return path


def right(place: object, hazards: int) -> None:
    """Hold that a store is sound, and has so many hazards."""
    found = doctor.examine(str(place))
    bad = found[found["severity"].isin(["error", "warning"])]
    assert bad.empty, bad.to_dict("records")
    with mg.open_store(str(place)) as store:
        assert len(store.hazards()) == hazards
        assert len(store.events()) == hazards


def test_the_disk_of_a_geopackage_is_full(command: Command, tmp_path: Path) -> None:
    few, many = written(tmp_path, 3, "few.gpkg"), written(tmp_path, MANY)
    with small_disk(2) as disk:
        place = disk / "register.gpkg"
        command.done("init", store=place)
        command.done("load", "hazards", few, store=place)
        said = command.refused(errors.FileError, "load", "hazards", many, store=place)
        assert "the disk is full; nothing was written" in said
        right(place, 3)
        filled = ballast(disk, leave=0)
        assert "few-0" in command.done("history", "few-0", store=place)  # reading goes on
        said = command.refused(errors.FileError, "init", store=disk / "second.gpkg")
        assert "the disk is full" in said
        assert not (disk / "second.gpkg").exists()
        filled.unlink()
        right(place, 3)
        assert "3" in command.done("load", "hazards", few, store=place)


@pytest.fixture
def shelf(postgis_url: str, command: Command, tmp_path: Path) -> str:
    """Give a database with a store of three hazards."""
    command.done("init", store=postgis_url)
    command.done("load", "hazards", written(tmp_path, 3, "few.gpkg"), store=postgis_url)
    return postgis_url


@pytest.mark.postgis
def test_the_disk_of_the_tables_is_full(command: Command, tmp_path: Path) -> None:
    many = written(tmp_path, MANY)
    with cluster() as own, small_disk(40) as disk:
        with psycopg.connect(own.url, autocommit=True) as connection:
            own.give(disk)
            room = sql.Literal(str(disk))
            connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(room))
        place = Server(own.url).database()
        name = sql.Identifier(str(make_url(place).database))
        with psycopg.connect(own.url, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE small").format(name))
        command.done("init", store=place)
        command.done("load", "hazards", written(tmp_path, 3, "few.gpkg"), store=place)
        filled = ballast(disk, leave=1_000)
        said = command.refused(errors.UnreachableError, "load", "hazards", many, store=place)
        assert "the server's disk is full; nothing was written" in said
        right(place, 3)
        filled.unlink()
        right(place, 3)
        own.stop()


@pytest.mark.postgis
def test_the_disk_of_the_whole_server_is_full(command: Command, tmp_path: Path) -> None:
    """Where PostgreSQL cannot write its log it stops; what it had acknowledged is there again."""
    many = written(tmp_path, 2 * MANY)
    with small_disk(160) as disk, cluster(disk, max_wal_size="64MB", fsync="on") as own:
        place = Server(own.url).database()
        command.done("init", store=place)
        command.done("load", "hazards", written(tmp_path, 3, "few.gpkg"), store=place)
        filled = ballast(disk, leave=2_000)
        said = command.refused(errors.UnreachableError, "load", "hazards", many, store=place)
        assert "nothing was written" in said or "nothing is half done" in said
        filled.unlink()
        own.come_back()
        right(place, 3)
        own.stop()


@pytest.mark.postgis
def test_somebody_holds_the_lock(command: Command, shelf: str, tmp_path: Path) -> None:
    more = written(tmp_path, 15)
    with psycopg.connect(shelf) as other:
        other.execute("SELECT FROM mine_geo.write_lock FOR UPDATE")
        waits = ("--lock-seconds", "0.2")
        said = command.refused(
            errors.UnreachableError, *waits, "load", "hazards", more, store=shelf
        )
        assert "another writer holds the lock" in said
        assert "waited 0.2 s; nothing was written: try again" in said
        command.done("balance", "--by", "kind", store=shelf)  # a reader waits for nobody
        # what the server allows a statement is shorter than the wait for the lock
        hasty = f"{shelf}?options=-cstatement_timeout%3D300"
        said = command.refused(errors.UnreachableError, "load", "hazards", more, store=hasty)
        assert "the server's time limit for a statement; nothing was written" in said
    right(shelf, 3)


READ = (("balance",), ("history", "few-0"), ("db", "doctor"), ("db", "info"), ("releases",))


def write_is_refused(command: Command, place: str, folder: Path) -> None:
    """Try what writes on a server that may only be read, and what reads."""
    more = written(folder, 15)
    writes: tuple[tuple[object, ...], ...] = (
        ("load", "hazards", more),
        ("describe", "few-0", "--set", "village=Ta Sanh", "--happened-on", "2022-05-01", "--yes"),
        ("spot-task", "--happened-on", "2022-05-01", "--uxo", "1", "--yes"),
        ("workbench", "submit", more),
    )
    for words in writes:
        said = command.refused(errors.StoreError, *words, store=place)
        assert "may only read" in said, said
    for words in READ:
        command.done(*words, store=place)


@pytest.mark.postgis
def test_a_server_that_may_only_be_read(command: Command, shelf: str, tmp_path: Path) -> None:
    name = sql.Identifier(str(make_url(shelf).database))
    with psycopg.connect(shelf, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name)
        )
    write_is_refused(command, shelf, tmp_path)
    right(shelf, 3)


@pytest.mark.postgis
def test_a_standby(command: Command, tmp_path: Path) -> None:
    folder = Path(mkdtemp(prefix="mgpg-", dir="/tmp"))
    with cluster() as own:
        place = Server(own.url).database()
        command.done("init", store=place)
        command.done("load", "hazards", written(tmp_path, 3, "few.gpkg"), store=place)
        with cluster(folder, of=own) as standby:
            there = make_url(place).set(port=standby.port).render_as_string(hide_password=False)
            write_is_refused(command, there, tmp_path)
            right(there, 3)
