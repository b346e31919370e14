"""Opening a store, and making one."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from mine_geo.disclosure import restriction
from mine_geo.errors import ConflictError, FileError, NoPostGISError, StoreNotFoundError
from mine_geo.store import engines, migrate
from mine_geo.store.engines import (
    CLOCK_OPTION,
    SCHEMA,
    SEARCH_PATH,
    Place,
    clock,
    locate,
    make_engine,
    migrating,
    reading,
)
from mine_geo.store.ledger.entries import text_of
from mine_geo.store.schema import gpkg
from mine_geo.store.schema.models import STORE_INFO
from mine_geo.store.store import Store

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

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
        engine = on_error.enter_context(_engine(where))
        engine.update_execution_options(**{CLOCK_OPTION: clock_is_right})
        _revision(where, engine)
        with engines.translated(where), reading(engine) as connection:
            migrate.check(connection, where)
            info = connection.execute(select(STORE_INFO)).one()
            store = Store(where, engine, info.title, synthetic=info.synthetic)
        on_error.pop_all()  # the store keeps the engine
    return store


def upgrade_store(place: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """Bring the schema of a store up to date, in one transaction; its data stay as they are.

    Parameters
    ----------
    place
        As for `open_store`.

    Returns
    -------
    tuple of str
        The schema before and after; the same where nothing was to do.

    Raises
    ------
    SchemaVersionError
        If the store is of a newer schema than this version knows.
    StoreNotFoundError, FileError, UnreachableError, NoPostGISError
        As for `open_store`.
    """
    where = locate(place)
    with _engine(where) as engine:
        before = _revision(where, engine)
        if before in migrate.revisions()[:-1]:
            with engines.translated(where):
                migrate.upgrade(engine)
        with engines.translated(where), reading(engine) as connection:
            return before, migrate.check(connection, where)


@contextmanager
def _engine(place: Place) -> Iterator[Engine]:
    """Give the engine of an existing place, and let go of it."""
    if place.path is not None:
        if not place.path.exists():
            raise _not_found(place, "there is no such file")
        gpkg.check_header(place.path)
    engine = make_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def _revision(place: Place, engine: Engine) -> str:
    """Return the schema of the store at a place, whatever it is."""
    with engines.translated(place), reading(engine) as connection:
        _check_backend(connection, place)
        found = migrate.current(connection)
    if found is None:
        raise _not_found(place, "it holds no store of mine_geo")
    return found


def _not_found(place: Place, why: str) -> StoreNotFoundError:
    return StoreNotFoundError(
        f"no store at {place.shown}: {why}; make one with: {place.command('init')}"
    )


def _check_backend(connection: Connection, place: Place) -> None:
    """Refuse a database without PostGIS, or an SQLite file that is not a GeoPackage."""
    if place.path is not None:
        if not inspect(connection).has_table("gpkg_contents"):
            raise FileError(f"{place.shown}: an SQLite file, but not a GeoPackage; give another")
        return
    home = _postgis_schema(connection)
    if home is None:
        raise NoPostGISError(
            f"{place.shown} has no PostGIS; ask its administrator for: CREATE EXTENSION postgis"
        )
    if home not in SEARCH_PATH.split(","):
        raise NoPostGISError(
            f"{place.shown} has PostGIS in schema {home!r}; mine_geo looks for it in 'public'"
        )


def _postgis_schema(connection: Connection) -> str | None:
    return connection.scalar(
        text(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
            "WHERE extname = 'postgis'"
        )
    )


def create_store(
    place: str | os.PathLike[str] | None = None,
    *,
    synthetic: bool = False,
    title: str | None = None,
    clock_is_right: bool = False,
) -> Store:
    """Make an empty store and open it.

    Parameters
    ----------
    place
        A path ending in .gpkg, or the URL of a PostgreSQL database; as for `open_store`.
    synthetic
        Whether it is for invented sample data; then it holds nothing else, and says so.
    title
        A title of one's own.
    clock_is_right
        As for `open_store`: after `import_log` of what was recorded long ago.

    A new file is its owner's alone (`restricted_mode`).

    Raises
    ------
    ConflictError
        If there is a store, or another file, already; it is left as it is.
    OptionError
        If the environment names no mode of restricted files.
    FileError
        If the file cannot be made.
    UnreachableError, NoPostGISError
        If the database does not answer, or has no PostGIS and none can be created.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = create_store(f"{folder}/register.gpkg")
    ...     print(store.name, store.synthetic, len(store.hazards()))
    ...     store.close()
    register.gpkg False 0
    """
    where = locate(place)
    title = text_of(title, "title")
    with ExitStack() as on_error:
        if where.path is not None:
            _reserve(where.path)
            on_error.callback(where.path.unlink, missing_ok=True)
        engine = make_engine(where)
        on_error.callback(engine.dispose)
        with engines.translated(where), migrating(engine) as connection:
            _prepare(connection, where)
            migrate.apply(connection)
            _describe(connection, synthetic=synthetic, title=title)
        on_error.pop_all()
    engine.dispose()
    return open_store(place, clock_is_right=clock_is_right)


def _reserve(path: Path) -> None:
    """Take the name of a new GeoPackage, if no file has it."""
    if path.suffix.lower() != gpkg.SUFFIX:
        raise FileError(f"{path}: a GeoPackage must end in {gpkg.SUFFIX}; name it so")
    mode = restriction.file_mode()  # a register is restricted, as what is made of it
    try:
        path.touch(exist_ok=False)
        path.chmod(mode)
    except FileExistsError as error:
        raise ConflictError(
            f"{path} exists already; open it, or give another name: it is left as it is"
        ) from error
    except OSError as error:
        raise FileError(f"{path}: cannot be made: {error.strerror}; check the folder") from error


def _prepare(connection: Connection, place: Place) -> None:
    """Make the place ready for the first migration."""
    if place.path is not None:
        gpkg.initialise(connection)
        return
    if migrate.current(connection) is not None:
        raise ConflictError(f"{place.shown} holds a store already; it is left as it is")
    if SCHEMA in inspect(connection).get_schema_names():
        names = inspect(connection).get_table_names(SCHEMA)
        if names:
            raise ConflictError(f"{place.shown}: schema {SCHEMA} holds other tables; rename it")
    if _postgis_schema(connection) is None:
        _create_postgis(connection, place)
    _check_backend(connection, place)


def _create_postgis(connection: Connection, place: Place) -> None:
    try:
        connection.execute(text("CREATE EXTENSION postgis SCHEMA public"))
    except DBAPIError as error:
        said = place.hidden(str(error.orig).split("\n", maxsplit=1)[0])
        raise NoPostGISError(
            f"{place.shown} has no PostGIS and none can be created ({said}); "
            "ask its administrator for: CREATE EXTENSION postgis"
        ) from error


def _describe(connection: Connection, *, synthetic: bool, title: str | None) -> None:
    now = clock(connection)
    values = {"fid": 1, "title": title, "synthetic": synthetic, "created_at": now, "writing": False}
    connection.execute(insert(STORE_INFO).values(values))
    gpkg.touch(connection, STORE_INFO.name, now)
