"""Behind PgBouncer in transaction mode a store is where it says, and whoever writes is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
import shapely

from mine_geo import errors
from mine_geo.store import create_store, open_store
from tests.postgis.bouncer import bouncer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from tests.postgis.cluster import Server


@pytest.fixture
def bounced(postgis_url: str) -> Iterator[str]:
    """Give the URL of a fresh database with PostGIS through PgBouncer."""
    with bouncer(postgis_url) as url:
        yield url


def tables(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT schemaname, count(*) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1"
            ).fetchall()
        )


def test_a_store_is_made_written_and_read_through_pgbouncer(
    bounced: str, postgis_url: str, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    with create_store(bounced) as store, open_store(bounced) as other:
        assert tables(postgis_url)["public"] == 2  # PostGIS's own, and QGIS's styles
        store.load_border(border)
        store.register(hazards)
        worked = shapely.box(102.55, 13.1, 102.555, 13.11)

        def ask(number: int) -> int:
            of = (store, other)[number % 2]
            if number % 3 == 0:
                of.record(
                    "B-2", "cleared", worked, happened_on="2022-05-01", event_id=f"E-{number}"
                )
            return len(of.hazards()) + len(of.split())

        with ThreadPoolExecutor(4) as pool:  # more clients than the server has sessions
            assert set(pool.map(ask, range(24))) == {8}
        assert store.rebuild().empty
        assert len(store.events()) == 4 + 8
    with open_store(postgis_url) as direct:
        assert (
            direct.hazards().geometry.tolist()
            == direct.hazards(as_of="2030-01-01").geometry.tolist()
        )


def test_a_session_that_was_told_another_path_and_zone_changes_nothing(
    bounced: str, hazards: gpd.GeoDataFrame
) -> None:
    """As a client leaves it that has the server's session before us."""
    with psycopg.connect(bounced, autocommit=True, prepare_threshold=None) as before:
        before.execute("SET search_path = public")
        before.execute("SET timezone = 'Asia/Phnom_Penh'")
        before.execute("SET client_min_messages = 'warning'")
        with create_store(bounced) as store:
            store.register(hazards)
            event = store.events()
            with psycopg.connect(bounced) as look:
                moment = look.execute("SELECT max(recorded_at) FROM mine_geo.event").fetchone()
            assert moment == (event["recorded_at"].max().to_pydatetime(),)
            with store._reading() as connection:
                assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
                assert connection.exec_driver_sql("SELECT current_schema()").scalar() == "mine_geo"


def test_nothing_that_we_say_to_a_session_stays(
    postgis_url: str, hazards: gpd.GeoDataFrame
) -> None:
    with create_store(postgis_url) as store:
        store.register(hazards)
        with store._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            shown = [
                driver.execute(f"SHOW {name}").fetchone()[0]
                for name in ("search_path", "lock_timeout")
            ]
            temporary = driver.execute(
                "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
            ).fetchone()
            driver.rollback()
    assert shown == ['"$user", public', "0"]
    assert temporary == (0,)


@pytest.fixture
def apart(plain_url: str) -> str:
    """Give a database with PostGIS in a schema of its own."""
    with psycopg.connect(plain_url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "Ext 1"')
        connection.execute('CREATE EXTENSION postgis SCHEMA "Ext 1"')
    return plain_url


def test_postgis_in_a_schema_of_its_own(
    apart: str, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    with create_store(apart) as store:
        store.load_border(border)
        store.register(hazards)
        store.record(
            "B-2", "cleared", shapely.box(102.55, 13.1, 102.555, 13.11), happened_on="2022-05-01"
        )
        assert len(store.split()) == 4
        assert store.rebuild().empty
    assert tables(apart)["Ext 1"] == 1
    assert tables(apart)["public"] == 1  # QGIS's styles


def test_a_temporary_table_stands_in_for_none_of_ours(postgis_url: str) -> None:
    with create_store(postgis_url) as store, store._writing() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE store_info (title text) ON COMMIT DROP")
        assert connection.exec_driver_sql("SELECT synthetic FROM store_info").scalar() is False


def test_whoever_holds_the_lock_is_named(postgis_url: str, hazards: gpd.GeoDataFrame) -> None:
    create_store(postgis_url).close()
    with (
        open_store(postgis_url, lock_seconds=0.2) as store,
        psycopg.connect(postgis_url, application_name="night") as other,
    ):
        other.execute("SELECT FROM mine_geo.write_lock FOR UPDATE")
        process = other.info.backend_pid
        with pytest.raises(errors.UnreachableError) as caught:
            store.register(hazards)
        said = str(caught.value)
        assert "another writer holds the lock" in said
        assert f"tester (night, process {process}) since 20" in said
        assert "waited 0.2 s" in said
        assert "\n" not in said
        other.rollback()
        assert store.register(hazards).registered == 4


def test_who_may_only_read_cannot_hold_the_lock(
    postgis_url: str, postgis_server: Server, hazards: gpd.GeoDataFrame
) -> None:
    create_store(postgis_url).close()
    guest = postgis_server.guest(postgis_url)
    with psycopg.connect(guest) as connection:
        for lock in ("SELECT FROM mine_geo.write_lock FOR UPDATE", "LOCK mine_geo.write_lock"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(lock)
            connection.rollback()
        connection.execute("SELECT pg_advisory_lock(%s)", (0x6D696E6567656F,))
        with open_store(postgis_url, lock_seconds=0.2) as store:
            assert store.register(hazards).registered == 4
