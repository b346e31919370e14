"""The life of a store: copied, backed up, restored, looked at; nothing is lost on the way."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from mine_geo import errors
from mine_geo.ledger.events import REQUIRED
from mine_geo.store import Store, chain, create_store, engines, open_store
from mine_geo.store.engines import locate, migrating, reading
from mine_geo.store.schema.models import METADATA
from mine_geo.store.upkeep import backup, contents, copying, server_tools
from tests.store import inbox
from tests.store.conftest import box
from tests.store.listed import TABLES, villages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgis.cluster import Server


def fingerprint(place: str | Path) -> pd.DataFrame:
    engine = engines.make_engine(locate(place))
    with reading(engine) as connection:
        found = contents.fingerprint(connection)
    engine.dispose()
    return found


def fill(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    """Put a row at least into every table that a copy carries."""
    earlier = pd.Timestamp.now("UTC").floor("ms") - pd.Timedelta(hours=1)
    came = hazards.iloc[:1].assign(
        hazard_id="L-1", geometry=[box(104.2, 12.2)], recorded_at=earlier
    )
    store.import_log(came, no_events())
    store.load_admin(admin)
    store.load_villages(villages())
    store.load_border(border)
    store.load_border(border.assign(accuracy_m=5.0), version="2")
    store.register(hazards, registered_on="2020-01-31")
    half = shapely.box(102.55, 13.1, 102.555, 13.11)
    done = store.record("B-2", "cleared", half, happened_on="2022-05-01", operator="MAG", uxo=2)
    store.retract(done, reason="another field")
    store.record("B-2", "reduced", half, happened_on="2022-06-01")
    store.divide("A-1", _parts(hazards), happened_on="2022-07-01")
    store.split()
    task = store.record_spot_task(happened_on="2022-05-01", submunitions=2)
    store.retract_spot_task(task, reason="entered twice")
    store.submit(inbox.file({"hazard_id": "W-1", "geometry": box(104.5, 12.5)}))
    for name, entry in TABLES.items():
        added = store.add_entries(name, pd.DataFrame([entry]))
        store.withdraw_entry(name, added.entry_ids[0], reason="for the copy")
    held = store.set_public_settings({"least_count": 8}, set_by="Sok Dara")
    store.record_edition(
        number=1,
        as_of="2022-12-31",
        asked_by="Sok Dara",
        approved_by="Chan Sophea",
        settings=held,
        files={"a.html": "ab"},
        figures={"Pailin": None},
        land=store.released_land(),
        last_record=store.last_moment(),
    )
    store.recall_edition(1, reason="for the copy", recalled_by="Sok Dara")


def no_events() -> gpd.GeoDataFrame:
    nothing = {name: pd.Series([], dtype=object) for name in REQUIRED}
    return gpd.GeoDataFrame(nothing, geometry=gpd.GeoSeries([]), crs=4326)


def _parts(hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    whole = hazards[hazards["hazard_id"] == "A-1"].geometry.iloc[0]
    return hazards.iloc[:2][["geometry"]].assign(
        hazard_id=["A-1a", "A-1b"], geometry=list(whole.geoms)
    )


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Keep where the first test to ask for `full` made a store, on each backend."""
    return {}


@pytest.fixture
def full(  # noqa: PLR0917  (fixtures)
    backend: str,
    request: pytest.FixtureRequest,
    made: dict[str, str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> str:
    """Give the place of a closed store with something in every table."""
    server: Server | None = None
    if backend == "postgis":
        server = request.getfixturevalue("postgis_server")
    if backend not in made:
        kept = tmp_path_factory.mktemp("full") / "register.gpkg"
        made[backend] = str(kept) if server is None else server.database()
        with create_store(made[backend], title="Example") as store:
            fill(store, hazards, border, admin)
    if server is not None:
        return server.copy(made[backend])
    return str(shutil.copy(made[backend], tmp_path / "register.gpkg"))


def test_every_table_is_classified() -> None:
    assert set(contents.CARRIED) == set(METADATA.tables)


def test_a_store_is_the_same_after_a_round_trip(
    full: str, tmp_path: Path, postgis_server: Server
) -> None:
    first = fingerprint(full)
    assert (first["rows"] > 0).all(), first[first["rows"] == 0]
    other = tmp_path / "copy.gpkg" if "://" in full else postgis_server.database()
    done = copying.copy_store(full, other)
    assert contents.differing(first, done.tables) == []
    back = postgis_server.database() if "://" in full else tmp_path / "back.gpkg"
    seen: list[str] = []
    copying.copy_store(other, back, progress=seen.append)
    assert seen == [table.name for table in contents.carried()]
    assert contents.differing(first, fingerprint(back)) == []
    with open_store(full) as one, open_store(back) as two:
        assert (two.title, two.synthetic) == ("Example", False)
        assert one.events().drop(columns="geometry").equals(two.events().drop(columns="geometry"))
        assert one.balance(by="kind").equals(two.balance(by="kind"))
        assert two.rebuild().empty
        with one._reading() as old, two._reading() as new:
            assert chain.head(old) == chain.head(new)
            assert chain.broken(new).empty
        assert len(two.submissions()) == 1
        taken = [
            [what for what in found.info()["what"] if ", from event" in what]
            for found in (one, two)
        ]
        assert taken == [
            ["imported, from event 1"],
            ["imported, from event 1", *["copied, from event 1"] * 2],
        ]
        # and it goes on: keys follow those that were copied
        assert two.record("B-2", "cleared", box(102.5, 13.0, 1), happened_on="2022-08-01").new
        assert two.load_border(one.border(), version="3").changed


def test_a_copy_goes_into_a_new_store_only(full: str, tmp_path: Path) -> None:
    there = tmp_path / "there.gpkg"
    create_store(there).close()
    before = fingerprint(there)
    with pytest.raises(errors.ConflictError, match="left as it is"):
        copying.copy_store(full, there)
    assert fingerprint(there).equals(before)


@pytest.mark.parametrize("backend", ["gpkg"])
def test_a_geopackage_is_copied_while_others_have_it_open(full: str, tmp_path: Path) -> None:
    path = full
    with open_store(path) as store:
        store.record_spot_task(happened_on="2022-05-02", uxo=1)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN").connection.execute("SELECT count(*) FROM event").fetchall()
            copied = copying.copy_store(path, tmp_path / "copy.gpkg")
            saved = backup.back_up(path, tmp_path / "saved.gpkg")
        assert contents.differing(copied.tables, saved.tables) == []
        assert copied.balance.equals(store.balance(by="kind"))


@pytest.mark.parametrize("backend", ["gpkg"])
def test_what_a_writer_has_not_committed_is_in_no_copy(full: str, tmp_path: Path) -> None:
    before = fingerprint(full)
    with open_store(full) as store:
        with store._writing() as connection:
            connection.execute(text("UPDATE spot_task SET comment = 'not committed yet'"))
            copied = copying.copy_store(full, tmp_path / "copy.gpkg")
            saved = backup.back_up(full, tmp_path / "saved.gpkg")
        assert contents.differing(before, copied.tables) == []
        assert contents.differing(before, saved.tables) == []
    assert contents.differing(before, fingerprint(full)) == ["spot_task (1 rows, 1 rows)"]


def test_a_copy_that_is_not_the_same_is_not_made(
    full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = [table for table in contents.carried() if table.name != "spot_task"]
    whole = contents.fingerprint

    def without_events() -> list[object]:
        return list(carried)

    with monkeypatch.context() as patch:
        patch.setattr(contents, "carried", without_events)
        patch.setattr(contents, "fingerprint", lambda connection: _with(patch, whole, connection))
        with pytest.raises(
            errors.StoreError, match=r"differs from .* in spot_task \(1 rows, 0 rows\)"
        ):
            copying.copy_store(full, tmp_path / "copy.gpkg")
    assert not (tmp_path / "copy.gpkg").exists()


def _with(patch: pytest.MonkeyPatch, whole: object, connection: object) -> pd.DataFrame:
    patch.undo()
    return whole(connection)  # type: ignore[operator]


def test_a_backup_is_restored_and_compared(
    full: str, tmp_path: Path, postgis_server: Server
) -> None:
    on_server = "://" in full
    path = tmp_path / f"saved{'.dump' if on_server else '.gpkg'}"
    done = backup.back_up(full, path)
    assert (done.unverified, path.stat().st_mode & 0o077) == (None, 0)
    assert contents.differing(done.tables, fingerprint(full)) == []
    with pytest.raises(errors.FileError, match="there already"):
        backup.back_up(full, path)
    with pytest.raises(errors.ConflictError, match="left as it is"):
        backup.restore(path, full)
    again = postgis_server.database() if on_server else str(tmp_path / "again.gpkg")
    assert backup.restore(path, again).tables.equals(done.tables)
    with open_store(again) as store:
        assert store.rebuild().empty
        with pytest.raises(errors.StoreError, match="append-only"), store._writing() as connection:
            connection.execute(text("DELETE FROM event"))
    sums = path.with_name(f"{path.name}.sums.json")
    whole = sums.read_text()
    said = json.loads(whole)  # an earlier version did not name this table
    said["tables"] = [each for each in said["tables"] if each["table"] != "taken_over"]
    sums.write_text(json.dumps(said))
    earlier = postgis_server.database() if on_server else str(tmp_path / "earlier.gpkg")
    assert backup.restore(path, earlier).tables.equals(done.tables)
    sums.write_text(whole)
    sums.write_text(sums.read_text().replace(done.tables["hash"][0], "0" * 64))
    other = postgis_server.database() if on_server else str(tmp_path / "other.gpkg")
    with pytest.raises(errors.StoreError, match="what was restored differs"):
        backup.restore(path, other)


def test_a_backup_of_one_kind_is_not_restored_into_another(tmp_path: Path) -> None:
    saved = tmp_path / "saved.dump"
    saved.touch()
    with pytest.raises(errors.FileError, match="db copy FROM TO"):
        backup.restore(saved, tmp_path / "again.gpkg")
    with pytest.raises(errors.FileError, match="no such backup"):
        backup.restore(tmp_path / "none.gpkg", tmp_path / "again.gpkg")


def test_an_upgrade_makes_a_backup_first(
    full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backup.upgrade_with_backup(full).backup is None  # nothing to do
    engine = engines.make_engine(locate(full))
    with migrating(engine) as connection:  # the tables of the last revision are there
        connection.execute(text("UPDATE mine_geo_version SET version_num = '0005'"))
    engine.dispose()
    path = tmp_path / f"before{'.dump' if '://' in full else '.gpkg'}"
    monkeypatch.setattr(backup, "upgrade_store", lambda _: ("0005", "0006"))
    done = backup.upgrade_with_backup(full, path=path)
    assert done.backup is not None
    assert (done.backup.path, done.backup.revision, done.backup.unverified) == (path, "0005", None)
    none = backup.upgrade_with_backup(full, backup=False)
    assert none.backup is None


@pytest.mark.postgis
def test_without_pg_dump_nothing_is_upgraded(
    postgis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_store(postgis_url).close()
    monkeypatch.setattr(server_tools, "_FOLDERS", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(errors.FileError, match=r"pg_dump of PostgreSQL .* is needed, and there is"):
        backup.back_up(postgis_url, tmp_path / "saved.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_geopackage_is_not_backed_up(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    path = tmp_path / "register.gpkg"
    with create_store(path) as store:
        store.register(hazards)
    whole = path.read_bytes()
    page = 4096
    with path.open("r+b") as file:
        file.seek(len(whole) // page // 2 * page)
        file.write(b"\xff" * page * 3)
    with pytest.raises(errors.MineGeoError):
        backup.back_up(path, tmp_path / "saved.gpkg")
    assert not (tmp_path / "saved.gpkg").exists()
