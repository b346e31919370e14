"""The file itself: a GeoPackage that GDAL and QGIS open as it is."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from mine_geo import errors
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import Registered, create_store, engines, open_store, upgrade_store
from mine_geo.store.ledger import register, stored
from mine_geo.store.ledger.judging import View
from mine_geo.store.schema import gpkg, views
from mine_geo.store.schema.models import LAYERS, METADATA, OUT_OF_SIGHT
from mine_geo.store.upkeep import doctor
from mine_geo.terms import ADMIN_COLUMNS, BORDER_COLUMNS, HAZARD_COLUMNS
from tests.store import gdal, inbox
from tests.store.conftest import box
from tests.store.listed import TABLES, villages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mine_geo.store import Store

VIEWS = {views.ON_FILE.get(name, name) for name in views.VIEWS}
ALLOWED_TYPES = {"TEXT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "DATETIME"}
LISTED = set(LAYERS) - OUT_OF_SIGHT
SPATIAL = ("hazard", "event")
BOUNDS = ("minx", "maxx", "miny", "maxy")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the file that the first test to ask for `path` makes, and the others copy."""
    return tmp_path_factory.mktemp("kept") / "register.gpkg"


@pytest.fixture
def path(
    tmp_path: Path,
    kept: Path,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> Path:
    """Give a closed store with two hazards, a border and districts."""
    place = tmp_path / "register.gpkg"
    if not kept.exists():
        with create_store(kept) as store:
            store.load_admin(admin)
            store.load_villages(villages())
            store.load_border(border)
            store.register(hazards.iloc[:2])
            store.record_spot_task(happened_on="2022-05-01", submunitions=2)
            for name, entry in TABLES.items():
                store.add_entries(name, pd.DataFrame([entry]))
            store.submit(inbox.file({"hazard_id": "W-1", "geometry": box(104.5, 12.5)}))
            held = store.set_public_settings({"least_count": 8}, set_by="Sok Dara")
            store.record_edition(
                number=1,
                as_of="2022-12-31",
                asked_by="Sok Dara",
                approved_by="Chan Sophea",
                settings=held,
                files={},
                land=hazards.iloc[:1].assign(outcome="cleared"),
                figures={},
                last_record=store.last_moment(),
            )
            store.recall_edition(1, reason="a trial", recalled_by="Sok Dara")
            store.split(workbench="exclude")
    shutil.copy(kept, place)
    return place


@pytest.fixture
def file(path: Path) -> Iterator[sqlite3.Connection]:
    """Give the file as SQLite sees it, without what mine_geo adds to a connection."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def index_all(path: Path) -> None:
    for layer in SPATIAL:
        gdal.execute(path, f"SELECT CreateSpatialIndex('{layer}', 'geometry')")


def test_the_header_says_geopackage(file: sqlite3.Connection) -> None:
    assert file.execute("PRAGMA application_id").fetchone() == (gpkg.APPLICATION_ID,)
    assert file.execute("PRAGMA user_version").fetchone() == (gpkg.USER_VERSION,)
    assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_closed_store_is_one_file(path: Path) -> None:
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_file_is_sound(file: sqlite3.Connection) -> None:
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert file.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_table_is_listed_with_types_that_gdal_knows(file: sqlite3.Connection) -> None:
    listed = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert set(LAYERS) == set(METADATA.tables)
    assert set(listed) == LISTED | VIEWS
    shapes = dict(file.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert {name for name, kind in listed.items() if kind == "features"} == set(shapes)
    for table in LAYERS:
        columns = file.execute(f"PRAGMA table_info({table})").fetchall()
        assert columns[0][1:3] == ("fid", "INTEGER")
        assert columns[0][5] == 1
        types = {name: kind for _, name, kind, *_ in columns if name != "geometry"}
        assert set(types.values()) <= ALLOWED_TYPES, table
        if table in LISTED:
            assert {row[1]: row[2] for row in columns}.get("geometry") == shapes.get(table)


def test_extents_and_last_change_are_written(
    path: Path, file: sqlite3.Connection, hazards: gpd.GeoDataFrame
) -> None:
    asked = (
        "SELECT last_change, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents "
        "WHERE table_name = 'hazard'"
    )
    before = file.execute(asked).fetchone()
    assert before[1:5] == pytest.approx(tuple(hazards.iloc[:2].total_bounds), abs=0)
    assert before[5] == 4326
    with open_store(path) as store:
        store.register(hazards)
    after = file.execute(asked).fetchone()
    assert after[1:5] == pytest.approx(tuple(hazards.total_bounds), abs=0)
    assert after[0] > before[0]
    assert after[0].endswith("Z")


@pytest.mark.parametrize("indexed", [False, True])
def test_gdal_reads_every_layer_and_column(
    path: Path, hazards: gpd.GeoDataFrame, *, indexed: bool
) -> None:
    if indexed:
        index_all(path)
    layers = dict(pyogrio.list_layers(path))
    assert set(layers) == LISTED | VIEWS
    assert layers["hazard"] == "MultiPolygon"
    assert layers["border_active"] == "MultiLineString"
    expected = {
        "hazard": HAZARD_COLUMNS,
        "event": ("event_id", "hazard_id", "event_type", "happened_on", "recorded_at", "geometry"),
    }
    for layer in LISTED:
        frame = pyogrio.read_dataframe(path, layer=layer)
        named = {column.name for column in METADATA.tables[layer].columns} - {"fid"}
        named |= {"writing"} if layer == "store_info" else set()  # which migrations leave alone
        assert set(frame.columns) == named
        assert set(expected.get(layer, ())) <= named
        assert len(frame) > 0 or layer == "taken_over"  # nothing was
    found = pyogrio.read_dataframe(path, layer="hazard").set_index("hazard_id")
    assert found.crs == "EPSG:4326"
    assert found["in_workbench"].dtype == bool
    assert found["size_m2"].to_dict() == hazards.set_index("hazard_id")["size_m2"][:2].to_dict()
    assert found.loc["B-2", "surveyed_on"].isoformat().startswith("2019-05-01")
    assert found.geometry.loc["A-1"].equals_exact(hazards.geometry[1], 0)
    info = pyogrio.read_info(path, layer="event")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["recorded_at"] == "OFTDateTime"
    assert types["happened_on"] == "OFTDate"
    assert types["reported_size_m2"] == "OFTReal"


def read_ids(path: Path, layer: str, *names: str) -> list[tuple[object, ...]]:
    frame = pyogrio.read_dataframe(path, layer=layer)
    assert frame.crs == "EPSG:4326"
    return sorted(frame[list(names)].itertuples(index=False, name=None))


def test_of_layers_with_versions_the_list_shows_what_counts(
    path: Path, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    with open_store(path) as store:
        assert len(read_ids(path, "border_active", "border_name")) == len(border)
        store.load_border(border.iloc[:1].assign(border_version="2", neighbour="LAO"))
        store.load_admin(admin.iloc[:1])
        moved = villages(village_code=["09090101", "09090102"])
        store.load_villages(moved, version="2")
    listed = set(dict(pyogrio.list_layers(path)))
    assert listed.isdisjoint({"border", "district", "village", "mine_geo_version"})
    assert not any(name.endswith("_version") for name in listed)
    assert read_ids(path, "border_active", "border_version", "neighbour") == [("2", "LAO")]
    shown = pyogrio.read_dataframe(path, layer="district_active", fid_as_index=True)
    assert shown["district_code"].tolist() == admin["district_code"].tolist()[:1]
    codes = [("09090101",), ("09090102",)]
    assert read_ids(path, "village_active", "village_code") == codes
    assert shown.index.is_unique
    assert shown.geometry.iloc[0].equals_exact(admin.geometry.iloc[0], 0)
    assert set(ADMIN_COLUMNS) - set(shown) <= {"geometry"}
    assert set(BORDER_COLUMNS) <= set(pyogrio.read_dataframe(path, layer="border_active"))


def list_as_before(path: Path) -> None:
    """Make a file what the code before schema 0015 made: all tables listed, none of villages."""
    with closing(sqlite3.connect(path)) as file:
        for name in sorted(OUT_OF_SIGHT):
            columns = {row[1]: row[2] for row in file.execute(f"PRAGMA table_info({name})")}
            kind = columns.get("geometry")
            row = (name, "features" if kind else "attributes", name, 4326 if kind else None)
            file.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                "VALUES (?, ?, ?, ?)",
                row,
            )
            if kind:
                shape = (name, "geometry", kind, 4326, 0, 0)
                file.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", shape)
        for table in ("gpkg_geometry_columns", "gpkg_contents"):
            file.execute(f"DELETE FROM {table} WHERE table_name = 'village_active'")
        file.execute("DROP VIEW village_active")
        file.execute("UPDATE mine_geo_version SET version_num = '0014'")
        file.commit()


@pytest.mark.parametrize("indexed", [False, True])
def test_an_upgrade_takes_versions_out_of_the_list(
    path: Path, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, *, indexed: bool
) -> None:
    """Also where QGIS gave the tables a spatial index, whose triggers go on."""
    list_as_before(path)
    assert set(dict(pyogrio.list_layers(path))) >= OUT_OF_SIGHT
    if indexed:
        for layer in ("border", "district", "village"):
            gdal.execute(path, f"SELECT CreateSpatialIndex('{layer}', 'geometry')")
    assert upgrade_store(path)[0] == "0014"
    assert set(dict(pyogrio.list_layers(path))) == LISTED | VIEWS
    with open_store(path) as store:
        store.load_border(border.assign(border_version="2"))
        store.load_admin(admin.iloc[:1])
        store.load_villages(villages(village_km="ភូមិ"), version="2")
        assert store.activate("border", "drawn", "1").changed
    found = doctor.examine(path)
    assert not found["severity"].isin(["error", "warning"]).any(), found.to_dict("records")
    shown = pyogrio.read_dataframe(path, layer="border_active")
    assert len(shown) == len(border)
    assert set(shown["border_version"]) == {"1"}
    assert set(dict(pyogrio.list_layers(path))) == LISTED | VIEWS
    for layer in ("border", "district", "village") if indexed else ():
        with closing(sqlite3.connect(path)) as connection:
            asked = f"SELECT fid FROM {layer} WHERE geometry IS NOT NULL"
            assert set(tree(path, layer)) == {row[0] for row in connection.execute(asked)}


def test_gdal_reads_while_the_store_is_open(path: Path, hazards: gpd.GeoDataFrame) -> None:
    with open_store(path) as store:
        store.register(hazards)
        assert len(pyogrio.read_dataframe(path, layer="hazard")) == 4


def tree(path: Path, layer: str) -> dict[int, tuple[float, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"SELECT * FROM rtree_{layer}_geometry").fetchall()
    return {row[0]: tuple(row[1:]) for row in rows}


def test_writing_goes_on_under_gdals_spatial_index(
    path: Path, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    index_all(path)
    assert len(tree(path, "hazard")) == 2
    with open_store(path) as store:
        assert store.register(hazards) == Registered(registered=2, unchanged=2)
        store.load_border(border.assign(border_version="2"))
        store.load_admin(admin.iloc[:1])
        with store._writing() as connection:
            moved = shapely.MultiPolygon([shapely.box(105.0, 11.0, 105.5, 11.5)])
            table = METADATA.tables["hazard"]
            connection.execute(table.update().where(table.c.fid == 1).values(geometry=moved))
            connection.execute(table.update().where(table.c.fid == 2).values(geometry=None))
        assert len(store.hazards(workbench="exclude")) == 3
    for layer in SPATIAL:
        with closing(sqlite3.connect(path)) as connection:
            fids = {
                row[0]
                for row in connection.execute(f"SELECT fid FROM {layer} WHERE geometry IS NOT NULL")
            }
        assert set(tree(path, layer)) == fids
    assert tree(path, "hazard")[1] == pytest.approx((105.0, 105.5, 11.0, 11.5), abs=1e-4)
    inside = pyogrio.read_dataframe(path, layer="hazard", bbox=(105.1, 11.1, 105.2, 11.2))
    assert inside["hazard_id"].tolist() == ["B-2"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT rtreecheck('rtree_hazard_geometry')").fetchone() == (
            "ok",
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazard SET status = 'closed'",
        "DELETE FROM hazard WHERE fid = 1",
        "INSERT INTO hazard (hazard_id, in_workbench, size_m2, synthetic) VALUES ('x', 0, 1, 0)",
        "DELETE FROM event",
        "UPDATE event SET happened_on = '2000-01-01'",
    ],
)
def test_gdal_edits_are_refused_with_our_words(path: Path, statement: str) -> None:
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match=r"written by mine_geo only|append-only"):
        gdal.execute(path, statement)
    assert path.read_bytes() == before


def test_gdal_does_not_append_a_hazard(path: Path) -> None:
    frame = pyogrio.read_dataframe(path, layer="hazard")
    with pytest.raises(pyogrio.errors.FeatureError) as caught:
        pyogrio.write_dataframe(
            frame.assign(hazard_id="x"), path, layer="hazard", append=True, use_arrow=False
        )
    assert "written by mine_geo only" in str(caught.value)
    assert len(pyogrio.read_dataframe(path, layer="hazard")) == 2


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize("same", ["event_id", "fid"])
def test_an_event_is_not_replaced(path: Path, verb: str, same: str) -> None:
    """`INSERT OR REPLACE` deletes the old row without calling a delete trigger."""
    with open_store(path) as store, store._reading() as connection:
        old = connection.exec_driver_sql("SELECT fid, event_id, hazard_id FROM event").first()
    event_id, fid = (old.event_id, 99) if same == "event_id" else ("new", old.fid)
    with (
        open_store(path) as store,
        pytest.raises(errors.StoreError, match=r"already there|next of the chain"),
        store._writing() as connection,
    ):
        connection.exec_driver_sql(
            f"{verb} INTO event (fid, event_id, hazard_id, event_type, happened_on, recorded_at) "
            "VALUES (?, ?, ?, 'cleared', '2022-01-01', '2022-01-01T00:00:00.000Z')",
            (fid, event_id, old.hazard_id),
        )


def test_closing_while_another_program_reads_does_not_wait(
    path: Path, hazards: gpd.GeoDataFrame
) -> None:
    reader = sqlite3.connect(path, isolation_level=None)
    with closing(reader), open_store(path) as store:
        store.register(hazards)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM hazard").fetchone()
    with open_store(path) as store:  # closed by now, and the last one makes it one file again
        assert len(store.hazards()) == 5
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_another_writer_is_waited_for_or_named(path: Path, hazards: gpd.GeoDataFrame) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with open_store(path, lock_seconds=0.05) as store:
            with pytest.raises(errors.UnreachableError, match="another program is writing"):
                store.register(hazards)
            writer.execute("ROLLBACK")
            assert store.register(hazards).registered == 2


def test_names_with_odd_characters(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    place = tmp_path / "mines 50% ?#ទី&mode=ro.gpkg"
    with create_store(place) as store:
        store.register(hazards)
        assert store.name == place.name
    assert len(pyogrio.read_dataframe(place, layer="hazard")) == 4
    assert [each.name for each in tmp_path.iterdir()] == [place.name]


def test_home_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    create_store("~/register.gpkg").close()
    assert (tmp_path / "register.gpkg").exists()


def test_recording_goes_on_under_gdals_spatial_index(path: Path) -> None:
    for layer in ("hazard", "event"):
        gdal.execute(path, f"SELECT CreateSpatialIndex('{layer}', 'geometry')")
    with open_store(path) as store:
        half = shapely.box(102.55, 13.1, 102.555, 13.11)
        store.record("B-2", "cleared", half, happened_on="2022-05-01")
        today = store.history("A-1")["happened_on"][0]  # registered without a day
        store.record("A-1", "cleared", shapely.box(103, 13, 104, 14), happened_on=today)
        assert store.hazards(workbench="exclude")["hazard_id"].tolist() == ["B-2"]
    for layer in ("hazard", "event"):
        with closing(sqlite3.connect(path)) as connection:
            query = f"SELECT fid FROM {layer} WHERE geometry IS NOT NULL"
            fids = {row[0] for row in connection.execute(query)}
        assert set(tree(path, layer)) == fids
    left = pyogrio.read_dataframe(path, layer="hazard", bbox=(102.5, 13.0, 102.6, 13.2))
    assert left.geometry[0].bounds == (102.555, 13.1, 102.56, 13.11)
    west = pyogrio.read_dataframe(path, layer="hazard", bbox=(102.5, 13.0, 102.554, 13.2))
    assert west.empty


def test_functions_of_the_spatial_index(path: Path) -> None:
    with open_store(path) as store, store._reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT ST_MinX(geometry), ST_MaxX(geometry), ST_MinY(geometry), ST_MaxY(geometry), "
            "ST_IsEmpty(geometry), ST_MinX(NULL), ST_IsEmpty(NULL) FROM hazard "
            "WHERE hazard_id = 'B-2'"
        ).one()
    assert row[:4] == pytest.approx((102.55, 102.56, 13.1, 13.11), abs=1e-12)
    assert row[4:] == (0, None, None)


def test_polygons_that_were_read_once_are_known_and_what_is_undone_is_not(tmp_path: Path) -> None:
    def field(name: str, west: float) -> gpd.GeoDataFrame:
        said = {"hazard_id": [name], "kind": "ap_minefield"}
        return gpd.GeoDataFrame(said, geometry=[box(west, 13.0)], crs=4326)

    def about(store: Store, west: float) -> set[str]:
        with store._reading() as connection:
            return stored.within(connection, box(west, 13.0).bounds, stored.Drawn.of([]))

    day = "2022-05-01"
    create_store(tmp_path / "r.gpkg").close()
    with open_store(tmp_path / "r.gpkg") as one, open_store(tmp_path / "r.gpkg") as other:
        one.register(field("A", 103.0), registered_on=day)
        assert about(one, 103.0) == {"A"}
        other.register(field("B", 103.005), registered_on=day)
        assert about(one, 103.0) == {"A", "B"}
        drawn = to_hazards(field("C", 103.0))
        with suppress(RuntimeError), one._writing() as connection:
            view = View(connection, writes=True)
            said = {"synthetic": False, "registered_on": day, "recorded_by": None}
            register.register(view, drawn, same_polygons=True, **said)
            view.write(synthetic=False)
            found = stored.within(connection, drawn.total_bounds, stored.Drawn.of([]))
            assert found == {"A", "B", "C"}
            raise RuntimeError
        other.register(field("D", 103.003), registered_on=day)  # has the key that C had
        assert about(one, 103.0) == {"A", "B", "D"}
        assert about(one, 104.0) == set()


def test_a_writer_waits_as_long_as_it_was_told(path: Path, hazards: gpd.GeoDataFrame) -> None:
    """For another writer, and at its end for those that read; nothing is written then."""
    half = shapely.box(102.55, 13.1, 102.555, 13.11)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM hazard").fetchone()
        with open_store(path, lock_seconds=0.05) as store:
            with pytest.raises(errors.UnreachableError, match="another program is writing"):
                store.record("B-2", "cleared", half, happened_on="2022-05-01")
            other.execute("ROLLBACK")
            assert store.record("B-2", "cleared", half, happened_on="2022-05-01").written


def test_writers_come_through_among_readers(
    path: Path, hazards: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a drive refuses WAL, and so whoever reads keeps others from writing."""
    monkeypatch.setattr(engines, "_journal", lambda *_: None)
    strips = shapely.box(102.55 + np.arange(8) / 1000, 13.1, 102.551 + np.arange(8) / 1000, 13.11)
    over = threading.Event()

    def read(_: int) -> int:
        with open_store(path) as store:
            found = 0
            while not over.is_set():
                found += len(store.hazards())
            return found

    def write(strip: shapely.Polygon) -> bool:
        with open_store(path) as store:
            return store.record("B-2", "cleared", strip, happened_on="2022-05-01").written

    with ThreadPoolExecutor(20) as crew:
        readers = crew.map(read, range(12))
        written = list(crew.map(write, strips))
        over.set()
        assert all(each > 0 for each in readers)
    assert written == [True] * len(strips)
    with open_store(path) as store:
        assert store.rebuild().empty
        events = store.events()
        assert (events["event_type"] == "cleared").sum() == len(strips)
        assert events["recorded_at"].is_monotonic_increasing


def test_turns_are_given_in_the_order_of_asking() -> None:
    """And to nobody twice; who has waited long enough goes on without one."""
    turns = engines._Turns(1)
    order: list[int] = []

    def ask(number: int) -> None:
        with turns.turn(60):
            order.append(number)

    with turns.turn(60), turns.turn(60):  # of one thread once
        crew = []
        for number in range(5):
            crew.append(threading.Thread(target=ask, args=(number,)))
            crew[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
        late = threading.Thread(target=lambda: order.append(-1) if turns._take(0.01) else None)
        late.start()
        late.join()
        assert order == []
        assert len(turns._waiting) == 5
    for each in crew:
        each.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns._free == 1
