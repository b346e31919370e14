"""Opening a store that is there."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text

from mine_geo.errors import FileError, NoPostGISError, StoreNotFoundError
from mine_geo.store import engines
from mine_geo.store.engines import (
    CLOCK_OPTION,
    SEARCH_PATH,
    Place,
    locate,
    make_engine,
    reading,
)
from mine_geo.store.schema import gpkg, revisions
from mine_geo.store.schema.models import STORE_INFO
from mine_geo.store.store import Store

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


def open_store(
    place: str | os.PathLike[str] | None = None, *, clock_is_right: bool = False
) -> Store:
    """Open a store; it is never created.

    Parameters
    ----------
    place
        The path of a GeoPackage or the URL of a PostgreSQL database; else
        `MINE_GEO_DATABASE_URL`, else `mine_geo.gpkg` in the working folder.
    clock_is_right
        Vouch for the clock of this computer: whatever is recorded in a file first after more than
        30 days needs it, since a moment that is once recorded stays. On PostgreSQL the server's
        clock counts.

    Raises
    ------
    StoreNotFoundError
        If there is no store; the message says how to make one.
    SchemaVersionError
        If it is of a newer or older schema than this version reads.
    FileError
        If the file is not a GeoPackage, or damaged.
    UnreachableError, NoPostGISError
        If the database does not answer, or has no PostGIS.

    Examples
    --------
    >>> open_store("nowhere.gpkg")
    Traceback (most recent call last):
    mine_geo.errors.StoreNotFoundError: ...nowhere.gpkg... mine-geo ... init
    """
    where = locate(place)
    with ExitStack() as on_error:
        engine = on_error.enter_context(engine_at(where))
        engine.update_execution_options(**{CLOCK_OPTION: clock_is_right})
        with engines.translated(where), reading(engine) as connection:
            revisions.check(revision_of(connection, where), where)
            info = connection.execute(select(STORE_INFO)).one()
            store = Store(where, engine, info.title, synthetic=info.synthetic)
        on_error.pop_all()  # the store keeps the engine
    return store


@contextmanager
def engine_at(place: Place) -> Iterator[Engine]:
    """Give the engine of an existing place, and let go of it."""
    if place.path is not None:
        if not place.path.exists():
            raise not_found(place, "there is no such file")
        gpkg.check_header(place.path)
    engine = make_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def revision_of(connection: Connection, place: Place) -> str:
    """Return the schema of the store at a place, whatever it is."""
    check_backend(connection, place)
    found = revisions.current(connection)
    if found is None:
        raise not_found(place, "it holds no store of mine_geo")
    return found


def not_found(place: Place, why: str) -> StoreNotFoundError:
    """Return the error of a place without a store, which says how to make one."""
    return StoreNotFoundError(
        f"no store at {place.shown}: {why}; make one with: {place.command('init')}"
    )


def check_backend(connection: Connection, place: Place) -> None:
    """Refuse a database without PostGIS, or an SQLite file that is not a GeoPackage."""
    if place.path is not None:
        if not inspect(connection).has_table("gpkg_contents"):
            raise FileError(f"{place.shown}: an SQLite file, but not a GeoPackage; give another")
        return
    home = postgis_schema(connection)
    if home is None:
        raise NoPostGISError(
            f"{place.shown} has no PostGIS; ask its administrator for: CREATE EXTENSION postgis"
        )
    if home not in SEARCH_PATH.split(","):
        raise NoPostGISError(
            f"{place.shown} has PostGIS in schema {home!r}; mine_geo looks for it in 'public'"
        )


def postgis_schema(connection: Connection) -> str | None:
    """Return the schema of a database in which PostGIS is, None where it is in none."""
    return connection.scalar(
        text(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
            "WHERE extname = 'postgis'"
        )
    )
