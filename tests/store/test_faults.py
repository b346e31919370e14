"""Bad places and broken stores: one clear line of the right class, and nothing written."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from mine_geo import errors
from mine_geo.store import create_store, engines, open_store, upgrade_store
from mine_geo.store.schema import models
from tests.store.permissions import stopped_by_permissions

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.postgis.cluster import Server


def one_line(error: pytest.ExceptionInfo[errors.MineGeoError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def make(place: Path, hazards: gpd.GeoDataFrame) -> bytes:
    with create_store(place) as store:
        store.register(hazards)
    return place.read_bytes()


# ---------------------------------------------------------------- files


def test_a_store_that_does_not_exist(tmp_path: Path) -> None:
    place = tmp_path / "none.gpkg"
    for act in (open_store, upgrade_store):
        with pytest.raises(errors.StoreNotFoundError) as caught:
            act(place)
        assert f"mine-geo --database {place} init" in one_line(caught)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("keep", [0, 50, 99, 100, 4096, 20_000, -1])
def test_a_truncated_geopackage(tmp_path: Path, hazards: gpd.GeoDataFrame, keep: int) -> None:
    place = tmp_path / "cut.gpkg"
    whole = make(place, hazards)
    place.write_bytes(whole[:keep])
    with pytest.raises(errors.FileError) as caught:
        open_store(place)
    assert "cut" in one_line(caught)
    assert str(place) in one_line(caught)
    assert place.read_bytes() == whole[:keep]


def test_a_geopackage_damaged_in_the_middle(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    place = tmp_path / "holed.gpkg"
    whole = bytearray(make(place, hazards))
    whole[4096:] = bytes(len(whole) - 4096)
    place.write_bytes(whole)
    with pytest.raises(errors.FileError, match="damaged") as caught, open_store(place) as store:
        store.hazards()
    one_line(caught)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    place = tmp_path / "text.gpkg"
    place.write_text("hazard_id,wkt\n" * 100)
    with pytest.raises(errors.FileError, match="not a GeoPackage") as caught:
        open_store(place)
    one_line(caught)


def test_an_sqlite_file_that_is_no_geopackage(tmp_path: Path) -> None:
    place = tmp_path / "other.gpkg"
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    before = place.read_bytes()
    with pytest.raises(errors.FileError, match="not a GeoPackage") as caught:
        open_store(place)
    one_line(caught)
    assert place.read_bytes() == before


def test_a_geopackage_of_someone_else(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    place = tmp_path / "theirs.gpkg"
    hazards.to_file(place, layer="hazard")
    before = place.read_bytes()
    for act in (open_store, upgrade_store):
        with pytest.raises(errors.StoreNotFoundError, match="holds no store") as caught:
            act(place)
        one_line(caught)
    with pytest.raises(errors.ConflictError, match="left as it is"):
        create_store(place)
    assert place.read_bytes() == before


def test_to_open_a_file_lets_go_of_no_lock_on_it(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    """POSIX: a process that closes a file loses every lock that it has on it, SQLite's too."""
    place = tmp_path / "twice.gpkg"
    make(place, hazards)
    other = (
        "import sqlite3, sys\n"
        "try: sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')\n"
        "except sqlite3.OperationalError as error: print(error)"
    )
    with open_store(place) as store, store._reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM hazard").scalar() == len(hazards)
        with open_store(place) as again:
            assert len(again.hazards()) == len(hazards)
        done = subprocess.run(
            [sys.executable, "-c", other, place], capture_output=True, text=True, check=True
        )
        assert done.stdout == "database is locked\n"


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(errors.FileError, match="cannot be read"):
        open_store(tmp_path)


def test_a_store_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.FileError, match="check the folder"):
        create_store(tmp_path / "none" / "register.gpkg")


@pytest.mark.parametrize("name", ["register", "register.sqlite", "register.gpkg.bak"])
def test_a_geopackage_has_its_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.FileError, match=r"must end in \.gpkg"):
        create_store(tmp_path / name)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "sqlite:///x.gpkg", "://", "a b://"])
def test_other_databases(url: str) -> None:
    with pytest.raises(errors.OptionError) as caught:
        open_store(url)
    one_line(caught)


def test_a_file_that_may_only_be_read(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> None:
    folder = Path(tempfile.mkdtemp())
    place = folder / "register.gpkg"
    try:
        with create_store(place) as store:
            store.register(hazards.iloc[:2])
            store.load_border(border)
        place.chmod(0o444)
        folder.chmod(0o555)
        with stopped_by_permissions(), open_store(place) as store:
            assert len(store.split()) == 2  # computed, and not kept
            with pytest.raises(errors.FileError, match="may not be written"):
                store.register(hazards)
        with open_store(place) as store:
            assert len(store.hazards()) == 2
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# ---------------------------------------------------------------- databases


def test_an_unreachable_database() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url = f"postgresql://officer:secret@127.0.0.1:{port}/mines"
    for act in (open_store, create_store, upgrade_store):
        with pytest.raises(errors.UnreachableError) as caught:
            act(url)
        message = one_line(caught)
        assert f"127.0.0.1:{port}" in message
        assert "secret" not in message


def test_a_database_that_does_not_exist(postgis_url: str) -> None:
    url = make_url(postgis_url).set(database="no_such").render_as_string(hide_password=False)
    with pytest.raises(errors.UnreachableError, match="createdb") as caught:
        open_store(url)
    one_line(caught)


def test_a_database_without_postgis(plain_url: str) -> None:
    with pytest.raises(errors.NoPostGISError, match="CREATE EXTENSION postgis") as caught:
        open_store(plain_url)
    one_line(caught)


def test_an_administrator_gets_postgis_made(plain_url: str, hazards: gpd.GeoDataFrame) -> None:
    with create_store(plain_url) as store:
        assert store.register(hazards).registered == 4


def grant(url: str, guest: str, *rights: str) -> None:
    """Give the guest's role rights in a database."""
    role = sql.Identifier(str(make_url(guest).username))
    with psycopg.connect(url, autocommit=True) as connection:
        for right in rights:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(right), role))


def test_a_user_who_may_not_make_postgis(plain_url: str, postgis_server: Server) -> None:
    guest = postgis_server.guest(plain_url)
    grant(plain_url, guest, "ALL ON SCHEMA public", f"CREATE ON DATABASE {database(plain_url)}")
    with pytest.raises(errors.NoPostGISError, match="ask its administrator") as caught:
        create_store(guest)
    one_line(caught)
    with psycopg.connect(plain_url) as connection:
        schemas = connection.execute("SELECT FROM pg_namespace WHERE nspname = 'mine_geo'")
        assert schemas.fetchone() is None


def database(url: str) -> str:
    return str(make_url(url).database)


def test_a_user_who_may_not_make_a_schema(postgis_url: str, postgis_server: Server) -> None:
    with pytest.raises(errors.StoreError, match="ask an administrator") as caught:
        create_store(postgis_server.guest(postgis_url))
    one_line(caught)


def test_a_user_who_may_only_read(
    postgis_url: str,
    postgis_server: Server,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
) -> None:
    with create_store(postgis_url) as store:
        store.register(hazards.iloc[:2])
        store.load_border(border)
    guest = postgis_server.guest(postgis_url)
    for act in (open_store, create_store, upgrade_store):
        with pytest.raises(errors.StoreError, match="lacks USAGE on schema mine_geo") as caught:
            act(guest)
        assert not isinstance(caught.value, errors.StoreNotFoundError)
        assert f"mine-geo db grant {make_url(guest).username} ROLE" in one_line(caught)
    grant(
        postgis_url,
        guest,
        "USAGE ON SCHEMA mine_geo",
        "SELECT ON ALL TABLES IN SCHEMA mine_geo",
    )
    with open_store(guest) as store:
        assert len(store.split()) == 2  # computed, and not kept
        with pytest.raises(errors.StoreError, match="permission denied") as caught:
            store.register(hazards)
        one_line(caught)


def test_a_user_who_does_not_exist(postgis_url: str) -> None:
    url = make_url(postgis_url).set(username="no_such").render_as_string(hide_password=False)
    for act in (open_store, create_store, upgrade_store):
        with pytest.raises(errors.UnreachableError, match="no such user") as caught:
            act(url)
        assert "createdb" not in one_line(caught)


def test_a_database_without_a_store(postgis_url: str) -> None:
    for act in (open_store, upgrade_store):
        with pytest.raises(errors.StoreNotFoundError, match=r"mine-geo --database .* init"):
            act(postgis_url)


def test_a_schema_of_someone_else_is_left_alone(postgis_url: str) -> None:
    with psycopg.connect(postgis_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA mine_geo")
        connection.execute("CREATE TABLE mine_geo.theirs (id int)")
    with pytest.raises(errors.ConflictError, match="other tables"):
        create_store(postgis_url)


def test_a_strangers_alembic_table_is_not_taken_for_ours(
    postgis_url: str, hazards: gpd.GeoDataFrame
) -> None:
    with psycopg.connect(postgis_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.alembic_version (version_num text)")
        connection.execute("INSERT INTO public.alembic_version VALUES ('theirs')")
    with create_store(postgis_url) as store:
        assert store.register(hazards).registered == 4


def test_the_server_goes_away(postgis_server: Server, postgis_url: str) -> None:
    with create_store(postgis_url) as store:
        with psycopg.connect(postgis_server.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (database(postgis_url),),
            )
        assert len(store.hazards()) == 0  # a stale connection is replaced
        with (
            pytest.raises(errors.UnreachableError, match="sending the same again is safe"),
            store._reading() as connection,
        ):
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


# ---------------------------------------------------------------- other schemas


def restamp(place: str, revision: str) -> None:
    engine = engines.make_engine(engines.locate(place))
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE mine_geo_version SET version_num = :new"), {"new": revision}
        )
    engine.dispose()


def test_a_store_of_a_newer_schema(place: str) -> None:
    create_store(place).close()
    restamp(place, "9999")
    for act in (open_store, upgrade_store):
        with pytest.raises(errors.SchemaVersionError, match="install a newer mine_geo") as caught:
            act(place)
        assert "9999" in one_line(caught)


def test_a_store_of_an_older_schema(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create_store(place).close()
    known = models.known_revisions()
    monkeypatch.setattr(models, "known_revisions", lambda: (*known, "9998"))
    with pytest.raises(errors.SchemaVersionError, match="db upgrade") as caught:
        open_store(place)
    one_line(caught)


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_store_older_than_the_first_revision(place: str, revision: str) -> None:
    create_store(place).close()
    restamp(place, revision)
    for act in (open_store, upgrade_store):
        with pytest.raises(errors.SchemaVersionError, match="older than any") as caught:
            act(place)
        said = one_line(caught)
        assert revision in said
        assert "db export FOLDER" in said


def test_a_store_that_is_up_to_date_stays_as_it_is(place: str) -> None:
    create_store(place).close()
    revision = models.known_revisions()[-1]
    assert upgrade_store(place) == (revision, revision)
