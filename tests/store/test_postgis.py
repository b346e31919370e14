"""What only PostGIS has: indexes that are used, triggers that stop even a superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from mine_geo import errors
from mine_geo.store import Store, create_store, open_store, roles

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS = ("hazard", "event", "district", "border")


@pytest.fixture
def server_store(postgis_url: str, hazards: gpd.GeoDataFrame) -> Iterator[Store]:
    with create_store(postgis_url) as store:
        store.register(hazards)
        yield store


@pytest.fixture
def superuser(server_store: Store, postgis_url: str) -> Iterator[psycopg.Connection]:
    """Give a connection past the library, by a role whom no privilege stops."""
    with psycopg.connect(postgis_url, options="-csearch_path=mine_geo,public") as connection:
        yield connection


def test_everything_is_in_the_schema_of_ours(superuser: psycopg.Connection) -> None:
    found = superuser.execute(
        "SELECT schemaname, count(*) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1"
    ).fetchall()
    # spatial_ref_sys is PostGIS's own, layer_styles QGIS's
    assert dict(found) == {"mine_geo": len(roles.TABLES), "public": 2}


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_has_a_gist_index(superuser: psycopg.Connection, layer: str) -> None:
    found = superuser.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'mine_geo' AND indexname = %s",
        (f"ix_{layer}_geometry",),
    ).fetchone()
    assert found is not None
    assert "USING gist (geometry)" in found[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_geometry_columns_are_typed(superuser: psycopg.Connection, layer: str) -> None:
    found = superuser.execute(
        "SELECT type, srid, coord_dimension FROM public.geometry_columns "
        "WHERE f_table_schema = 'mine_geo' AND f_table_name = %s",
        (layer,),
    ).fetchall()
    expected = "MULTILINESTRING" if layer == "border" else "MULTIPOLYGON"
    assert found == [(expected, 4326, 2)]


def test_postgis_sees_the_polygons_that_were_registered(
    superuser: psycopg.Connection, hazards: gpd.GeoDataFrame
) -> None:
    found = superuser.execute("SELECT hazard_id, ST_AsText(geometry, 17) FROM hazard").fetchall()
    shapes = gpd.GeoSeries.from_wkt([text for _, text in found])
    expected = hazards.set_index("hazard_id").geometry
    for (hazard_id, _), shape in zip(found, shapes, strict=True):
        assert shape.equals_exact(expected[hazard_id], 0)
    assert superuser.execute("SELECT bool_and(ST_IsValid(geometry)) FROM hazard").fetchone() == (
        True,
    )


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET comment = 'x'",
        "DELETE FROM event",
        "TRUNCATE event CASCADE",
        "TRUNCATE hazard CASCADE",
        "INSERT INTO event SELECT * FROM event ON CONFLICT (fid) DO UPDATE SET comment = 'x'",
        "UPDATE hazard SET size_m2 = 0",
        "DELETE FROM hazard",
        "COPY border_version FROM '/dev/null'",
    ],
)
def test_a_superuser_is_refused(
    superuser: psycopg.Connection, statement: str, *, replica: bool
) -> None:
    if replica:  # turns off ordinary triggers
        superuser.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.RaiseException):
        superuser.execute(statement)
    superuser.rollback()
    count = superuser.execute("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM hazard)")
    assert count.fetchone() == (4, 4)


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET comment = 'x'", "DELETE FROM event", "TRUNCATE event CASCADE"]
)
def test_the_ledger_is_kept_even_within_a_write_of_ours(
    superuser: psycopg.Connection, statement: str
) -> None:
    superuser.execute("SELECT FROM write_lock FOR UPDATE")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        superuser.execute(statement)


def test_the_permission_to_write_ends_with_the_transaction(
    superuser: psycopg.Connection, server_store: Store, hazards: gpd.GeoDataFrame
) -> None:
    server_store.register(hazards.iloc[[0]])
    with pytest.raises(psycopg.errors.RaiseException, match="written by mine_geo only"):
        superuser.execute("UPDATE hazard SET size_m2 = 0")
    superuser.rollback()
    assert superuser.execute("SELECT FROM write_lock FOR UPDATE NOWAIT").fetchone() == ()


def test_a_reader_sees_one_state(postgis_url: str, hazards: gpd.GeoDataFrame) -> None:
    with create_store(postgis_url) as store, open_store(postgis_url) as other:
        with store._reading() as connection:
            count = sql.SQL("SELECT count(*) FROM hazard").as_string()
            before = connection.exec_driver_sql(count).scalar()
            other.register(hazards)
            assert connection.exec_driver_sql(count).scalar() == before == 0
        assert len(store.hazards()) == 4


def test_the_url_may_bring_its_own_settings(postgis_url: str, hazards: gpd.GeoDataFrame) -> None:
    create_store(postgis_url).close()
    url = f"{postgis_url}?options=-cstatement_timeout%3D12345&application_name=night"
    with open_store(url) as store:
        store.register(hazards)
        with store._reading() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("statement_timeout", "application_name", "search_path", "timezone")
            ]
    assert shown == ["12345ms", "night", "mine_geo, public, pg_temp", "UTC"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_scheme_for_postgres_is_understood(postgis_url: str, scheme: str) -> None:
    url = f"{scheme}://{postgis_url.split('://')[1]}"
    create_store(url).close()
    with open_store(url) as store:
        assert store.name == f"{make_url(url).host}/{make_url(url).database}"


def test_a_stopped_statement_is_one_line(postgis_url: str, hazards: gpd.GeoDataFrame) -> None:
    create_store(postgis_url).close()
    with (
        open_store(f"{postgis_url}?options=-clock_timeout%3D100") as store,
        psycopg.connect(postgis_url) as other,
    ):
        other.execute("SELECT FROM mine_geo.write_lock FOR UPDATE")
        with pytest.raises(errors.UnreachableError, match="another writer") as caught:
            store.register(hazards)
        assert "\n" not in str(caught.value)
        other.rollback()
        assert store.register(hazards).registered == 4
