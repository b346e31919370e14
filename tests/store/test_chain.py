"""The chain of the ledger: hashes by hand, the same on both backends, and each forgery found."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import psycopg
import pytest
import shapely

from mine_geo import errors
from mine_geo.store import Store, chain, create_store, open_store
from mine_geo.store.engines import locate, make_engine, migrating
from mine_geo.store.schema import rows
from mine_geo.store.schema.models import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

HALF = shapely.box(102.55, 13.1, 102.555, 13.11)
ZEROS = bytes(32)


def told(*values: bytes | None) -> bytes:
    """Return columns as the description of the chain says."""
    return b"".join(
        b"\x00" if each is None else b"\x01" + len(each).to_bytes(8, "big") + each
        for each in values
    )


def test_a_hash_by_hand() -> None:
    polygon = shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])
    wkb = bytes.fromhex("01 06000000 01000000 01 03000000 01000000 05000000") + b"".join(
        bytes.fromhex("000000000000f03f" if each else "0000000000000000")
        for each in (1, 0, 1, 1, 0, 1, 0, 0, 1, 0)
    )
    assert shapely.to_wkb(polygon, byte_order=1) == wkb
    said = [
        b"E-1", "ទី".encode(), b"cleared", b"2022-12-31", b"2026-01-31T08:15:00.250Z", b"tester",
        None, b"", bytes.fromhex("3ff8000000000000"), b"12", b"0", None, None, b"3",
        bytes.fromhex("0000000000000000"), None, None, None, b'{"a":1}', wkb,
    ]  # fmt: skip
    first = hashlib.sha256(
        b"mine_geo event 1" + (1).to_bytes(8, "big") + ZEROS + told(*said)
    ).hexdigest()
    columns: dict[str, list[Any]] = {
        "event_id": ["E-1"] * 2,
        "hazard_id": ["ទី"] * 2,
        "event_type": ["cleared"] * 2,
        "happened_on": [datetime(2022, 12, 31, tzinfo=UTC).date()] * 2,
        "recorded_at": [datetime(2026, 1, 31, 8, 15, 0, 250_999, UTC)] * 2,
        "recorded_by": ["tester"] * 2,
        "operator": [None] * 2,
        "report_ref": [""] * 2,
        "reported_size_m2": [1.5] * 2,
        "outside_m2": [12] * 2,
        "ap_mines": [0] * 2,
        "av_mines": [None] * 2,
        "submunitions": [None] * 2,
        "uxo": [3] * 2,
        "depth_cm": [-0.0] * 2,
        "comment": [None] * 2,
        "transfer_id": [None] * 2,
        "retracts": [None] * 2,
        "detail": ['{"a":1}'] * 2,
        "geometry": [polygon] * 2,
    }
    second = hashlib.sha256(
        b"mine_geo event 1" + (2).to_bytes(8, "big") + bytes.fromhex(first) + told(*said)
    ).hexdigest()
    assert chain.links(chain.EMPTY, columns) == {"seq": [1, 2], "hash": [first, second]}


def fill(store: Store, hazards: gpd.GeoDataFrame) -> None:
    """Record events of many kinds, in three transactions."""
    store.register(hazards)
    store.record(
        "B-2", "cleared", HALF, happened_on="2022-05-01", uxo=3, depth_cm=12.5, comment="ទី '%",
        reported_size_m2=1e20, event_id="E-1",
    )  # fmt: skip
    store.retract("E-1", reason="twice")


def test_every_event_has_its_place_and_its_hash(store: Store, hazards: gpd.GeoDataFrame) -> None:
    assert store.head() == chain.EMPTY
    fill(store, hazards)
    with store._reading() as connection:
        found = rows.read(connection, [EVENT.c.seq, EVENT.c.recorded_at], order_by=[EVENT.c.fid])
    assert found["seq"].tolist() == [1, 2, 3, 4, 5, 6]
    assert found["recorded_at"].nunique() == 3  # one moment a transaction
    assert found["recorded_at"].is_monotonic_increasing
    assert store.check_chain().empty  # what the trigger of the server hashed, hashed here again
    head = store.head()
    facts = store.info().set_index("what")["value"]
    assert facts["head of the chain"] == str(head)
    store.record("a-3", "cleared", HALF.union(shapely.box(103, 13, 103.001, 13.01)),
                 happened_on="2022-05-01")  # fmt: skip
    assert store.check_chain(head).empty
    assert store.check_chain(str(head)).empty
    assert store.check_chain(f"6:{'0' * 64}")["what"].str.contains("written anew").all()
    assert store.check_chain(f"9:{head.hash}")["what"].str.contains("cut off").all()
    for bad in ("6", "x:" + head.hash, f"6:{head.hash}0"):
        with pytest.raises(errors.OptionError, match="SEQ:HASH"):
            store.check_chain(bad)


@pytest.mark.postgis
def test_the_same_ledger_has_the_same_hashes_on_both_backends(
    postgis_url: str, tmp_path: Any, hazards: gpd.GeoDataFrame
) -> None:
    with create_store(postgis_url) as one, create_store(tmp_path / "copy.gpkg") as other:
        fill(one, hazards)
        other.import_log(*one.export_log())
        assert other.check_chain().empty
        assert other.head() == one.head()
        assert other.info().set_index("what")["value"]["imported, from event 1"]


# ---------------------------------------------------------------- forgeries


@pytest.fixture
def forged(backend: str, place: str, hazards: gpd.GeoDataFrame) -> str:
    """Give the place of a store of six events, whose guards somebody took off."""
    with create_store(place) as store:
        fill(store, hazards)
        assert store.check_chain().empty
    if backend == "gpkg":
        with closing(sqlite3.connect(place)) as file, file:
            guards = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in guards.fetchall():
                file.execute(f"DROP TRIGGER {name}")
    else:
        with psycopg.connect(place) as server:
            server.execute("ALTER TABLE mine_geo.event DISABLE TRIGGER ALL")
    return place


def forge(place: str, statement: str) -> None:
    """Run a statement past the library; no key to another table stops it either."""
    if place.endswith(".gpkg"):
        with closing(sqlite3.connect(place)) as file, file:
            file.execute(statement)
        return
    with psycopg.connect(place, options="-csearch_path=mine_geo") as server:
        server.execute("SET session_replication_role = replica")
        server.execute(statement)


FORGERIES = {
    "UPDATE event SET comment = 'x' WHERE seq = 5": [(5, "was changed")],
    "UPDATE event SET recorded_by = 'another' WHERE seq = 2": [(2, "was changed")],
    "UPDATE event SET reported_size_m2 = reported_size_m2 * 2 WHERE seq = 5": [(5, "was changed")],
    "UPDATE event SET geometry = (SELECT geometry FROM event WHERE seq = 1) WHERE seq = 2": [
        (2, "was changed")
    ],
    "DELETE FROM event WHERE seq = 4": [(4, "is missing")],
    "DELETE FROM event WHERE seq IN (3, 4)": [(3, "event 3 to 4 is missing")],
    "UPDATE event SET seq = 60 WHERE seq = 6": [(6, "event 6 to 59 is missing")],
    "UPDATE event SET hash = replace(hash, substr(hash, 1, 2), '00') WHERE seq = 3": [
        (3, "was changed"),
        (4, "was changed"),
    ],
    "UPDATE event SET seq = NULL, hash = NULL WHERE seq = 6": [(None, "past the library")],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_past_all_guards_is_found(forged: str, forgery: str) -> None:
    forge(forged, forgery)
    with open_store(forged) as store:
        found = store.check_chain()
    assert len(found) == len(FORGERIES[forgery])
    for row, (seq, what) in zip(found.itertuples(), FORGERIES[forgery], strict=True):
        assert what in row.what
        assert seq is None or row.seq == seq


def test_events_that_were_cut_off_are_found_by_a_head_kept_elsewhere(forged: str) -> None:
    with open_store(forged) as store:
        head = store.head()
    forge(forged, "DELETE FROM event WHERE seq = 6")
    with open_store(forged) as store:
        assert store.check_chain().empty  # what the chain alone cannot prove
        assert store.check_chain(head)["what"].str.contains("cut off").tolist() == [True]


def insert(when: str, by: str = "somebody") -> str:
    return (
        "INSERT INTO event (event_id, hazard_id, event_type, happened_on, recorded_at, recorded_by)"
        f" VALUES ('F', 'A-1', 'confirmed', '2022-05-01', {when}, '{by}')"
    )


@pytest.fixture
def server(postgis_url: str, hazards: gpd.GeoDataFrame) -> Iterator[psycopg.Connection]:
    """Give a superuser's connection that holds the write lock of a store, past the library."""
    with create_store(postgis_url) as store:
        fill(store, hazards)
    with psycopg.connect(postgis_url, options="-csearch_path=mine_geo,public") as connection:
        connection.execute("SELECT FROM write_lock FOR UPDATE")
        yield connection
        connection.rollback()
    with open_store(postgis_url) as store:
        assert store.check_chain().empty


@pytest.mark.parametrize("replica", ["origin", "replica"])
@pytest.mark.parametrize(
    "when",
    ["'2019-01-01 00:00Z'", "clock_timestamp() - interval '1 hour'",
     "clock_timestamp() + interval '1 hour'"],
)  # fmt: skip
def test_a_moment_that_is_not_now_is_refused(
    server: psycopg.Connection, when: str, replica: str
) -> None:
    server.execute(f"SET LOCAL session_replication_role = {replica}")
    with pytest.raises(psycopg.errors.RaiseException, match=r"not now|later than every one"):
        server.execute(insert(when))


def test_name_place_and_hash_are_the_servers(server: psycopg.Connection) -> None:
    server.execute(insert("NULL", by="the minister"))
    row = server.execute(
        "SELECT recorded_by, seq, clock_timestamp() - recorded_at, hash FROM event "
        "WHERE event_id = 'F'"
    ).fetchone()
    assert row is not None
    assert row[:2] == ("tester", 7)
    assert timedelta(0) <= row[2] < timedelta(minutes=1)
    assert len(row[3]) == 64
    later = insert("clock_timestamp()").replace("'F'", "'G'")
    with pytest.raises(psycopg.errors.RaiseException, match="one moment"):
        server.execute(later)


def test_what_was_recorded_elsewhere_comes_in_marked_only(server: psycopg.Connection) -> None:
    server.execute(
        "INSERT INTO taken_over (taken_at, taken_by, how, first_seq) "
        "VALUES (date_trunc('milliseconds', clock_timestamp()), 'nobody', 'imported', 7)"
    )
    server.execute(insert("'2019-01-01 00:00Z'", by="then"))
    assert server.execute("SELECT taken_by, how, first_seq FROM taken_over").fetchall() == [
        ("tester", "imported", 7)
    ]
    for change in ("UPDATE taken_over SET how = 'copied'", "DELETE FROM taken_over"):
        with (
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
            server.transaction(),
        ):
            server.execute(change)


TASK = (
    "spot_task (task_id, happened_on, recorded_at, recorded_by, synthetic, content_hash) "
    "VALUES ('S', '2022-05-01', {when}, 'somebody', false, '') RETURNING recorded_by"
)
SUBMITTED = (
    "submission (submission_id, received_at, submitted_by, what, file, path, checksum, bytes, "
    "format, profile, crs, closed_left_out, closed_m2, reading_hash, synthetic) "
    "VALUES ('S-1', {when}, 'somebody', 'hazards', '', '', '', 0, '', '', '', 0, 0, '', false) "
    "RETURNING submitted_by"
)


@pytest.mark.parametrize("row", [TASK, SUBMITTED])
def test_what_else_is_recorded_is_stamped_too(server: psycopg.Connection, row: str) -> None:
    refused = pytest.raises(psycopg.errors.RaiseException, match="not now")
    with refused, server.transaction():
        server.execute("INSERT INTO " + row.format(when="'2019-01-01 00:00Z'"))
    made = server.execute("INSERT INTO " + row.format(when="clock_timestamp()"))
    assert made.fetchone() == ("tester",)


def test_events_out_of_order_are_refused_in_a_file(
    tmp_path: Any, hazards: gpd.GeoDataFrame
) -> None:
    with create_store(tmp_path / "r.gpkg") as store:
        fill(store, hazards)
        with pytest.raises(errors.StoreError, match="next of the chain"), store._writing() as file:
            file.exec_driver_sql(insert("'2022-05-01T00:00:00.000Z'"))


def test_a_store_from_before_the_chain_gets_one(place: str, hazards: gpd.GeoDataFrame) -> None:
    with create_store(place) as store:
        fill(store, hazards)
        head = store.head()
    engine = make_engine(locate(place))
    with migrating(engine) as connection:
        off = {
            "postgresql": ["DROP TRIGGER keep_event ON event", "DROP TRIGGER guard_layer ON event"],
            "sqlite": ["DROP TRIGGER keep_event_update", "DROP TRIGGER guard_event_update"],
        }
        for statement in off[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE event SET seq = NULL, hash = NULL")
        assert len(chain.broken(connection)) == 6
        assert chain.fill(connection) == 6
        assert chain.broken(connection).empty
        assert chain.head(connection) == head
    engine.dispose()
