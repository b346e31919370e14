"""Making a store, and bringing one to the schema of this version, by Alembic.

One chain of revisions in `migrations/` runs on PostGIS and on GeoPackage. Each run is one
transaction, on either: a migration that fails leaves the store as it was. Which revision a store
has is asked of `schema.models`, which does without Alembic.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Boolean, column, insert, inspect, table, text
from sqlalchemy.exc import DBAPIError

from mine_geo.disclosure import restriction
from mine_geo.errors import ConflictError, FileError, NoPostGISError, StoreError, some
from mine_geo.store import engines, hazards
from mine_geo.store.engines import Place, clock, locate, make_engine, migrating, reading
from mine_geo.store.ledger import effects
from mine_geo.store.ledger.entries import text_of
from mine_geo.store.schema import gpkg, guards, models, views
from mine_geo.store.schema.models import METADATA, SCHEMA, STORE_INFO
from mine_geo.store.schema.rows import milliseconds
from mine_geo.store.store import (
    check_backend,
    check_usage,
    engine_at,
    open_store,
    postgis_schema,
    revision_of,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from mine_geo.store.store import Store


HEAD: Final = "head"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings, for a connection whose transaction is under way."""
    settings = Config()
    settings.set_main_option("script_location", str(models.revisions_folder()).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def migrate(connection: Connection, revision: str = HEAD) -> None:
    """Bring the tables to a revision, within the transaction that is under way.

    The contents of a GeoPackage and the guards are made again afterwards, and what follows from
    the events is filled in where a revision made room for it.
    """
    views.drop(connection)
    command.upgrade(alembic_config(connection), revision)
    now = milliseconds(datetime.now(UTC))
    if connection.dialect.name == "sqlite":
        gpkg.list_tables(connection, now)
    if models.current_revision(connection) == models.known_revisions()[-1]:
        _complete(connection, now)
        guards.install(connection)
        if connection.dialect.name == "postgresql":
            from mine_geo.store import roles  # noqa: PLC0415 - a file needs no driver of a server

            roles.apply(connection)


def _complete(connection: Connection, now: datetime) -> None:
    """Fill in what follows from the rest, and make the views, where all tables are there."""
    if not set(METADATA.tables) <= set(inspect(connection).get_table_names()):
        return
    effects.complete(connection)
    hazards.measure(connection, None, waiting=True)
    views.install(connection, now)


def upgrade_tables(engine: Engine, revision: str = HEAD) -> None:
    """Bring a store to a revision, in a transaction of its own."""
    with migrating(engine) as connection:
        migrate(connection, revision)


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
    make_store(locate(place), synthetic=synthetic, title=text_of(title, "title"))
    return open_store(place, clock_is_right=clock_is_right)


def make_store(
    where: Place,
    *,
    synthetic: bool,
    title: str | None,
    fill: Callable[[Connection], None] | None = None,
) -> None:
    """Make a store; see `create_store`.

    Parameters
    ----------
    where, synthetic, title
        The store.
    fill
        Called with the connection before anything is committed: what is made is made whole, or
        not at all, whoever is killed meanwhile.
    """
    with ExitStack() as on_error:
        if where.path is not None and _reserve(where.path):
            on_error.callback(where.path.unlink, missing_ok=True)
        engine = make_engine(where)
        on_error.callback(engine.dispose)
        with engines.translated(where), migrating(engine) as connection:
            _prepare(connection, where)
            migrate(connection)
            _describe(connection, synthetic=synthetic, title=title)
            _check_home(connection, where)
            if fill is not None:
                with engines.filling(connection):
                    fill(connection)
        on_error.pop_all()
    engine.dispose()


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
    with engine_at(where) as engine:
        with engines.translated(where), reading(engine) as connection:
            before = revision_of(connection, where)
        if before in models.known_revisions()[:-1]:
            with engines.translated(where):
                upgrade_tables(engine)
        with engines.translated(where), reading(engine) as connection:
            after = revision_of(connection, where)
        models.check_revision(after, where)
        return before, after


def _reserve(path: Path) -> bool:
    """Take the name of a new GeoPackage, if no file has it; tell whether the file is ours.

    One that the making of a store left behind, as it was killed, is nobody's.
    """
    if path.suffix.lower() != gpkg.SUFFIX:
        raise FileError(f"{path}: a GeoPackage must end in {gpkg.SUFFIX}; name it so")
    mode = restriction.file_mode()  # a register is restricted, as what is made of it
    try:
        left = gpkg.left_behind(path)
        path.touch(exist_ok=left)
        path.chmod(mode)
    except FileExistsError as error:
        raise ConflictError(
            f"{path} exists already; open it, or give another name: it is left as it is"
        ) from error
    except OSError as error:
        raise FileError(f"{path}: cannot be made: {error.strerror}; check the folder") from error
    return not left


def _prepare(connection: Connection, place: Place) -> None:
    """Make the place ready for the first migration."""
    if place.path is not None:
        if inspect(connection).get_table_names():  # somebody else was making one
            raise ConflictError(f"{place.shown} holds a store already; it is left as it is")
        gpkg.initialise(connection)
        return
    check_usage(connection, place)
    if models.current_revision(connection) is not None:
        raise ConflictError(f"{place.shown} holds a store already; it is left as it is")
    if SCHEMA in inspect(connection).get_schema_names():
        names = inspect(connection).get_table_names(SCHEMA)
        if names:
            raise ConflictError(f"{place.shown}: schema {SCHEMA} holds other tables; rename it")
    if postgis_schema(connection) is None:
        _create_postgis(connection, place)
    check_backend(connection, place)


def _create_postgis(connection: Connection, place: Place) -> None:
    try:
        connection.execute(text("CREATE EXTENSION postgis SCHEMA public"))
        engines.settle(connection)
    except DBAPIError as error:
        said = place.hidden(str(error.orig).split("\n", maxsplit=1)[0])
        raise NoPostGISError(
            f"{place.shown} has no PostGIS and none can be created ({said}); "
            "ask its administrator for: CREATE EXTENSION postgis"
        ) from error


def _describe(connection: Connection, *, synthetic: bool, title: str | None) -> None:
    now = clock(connection)
    values = {"fid": 1, "title": title, "synthetic": synthetic, "created_at": now}
    typed = [column(each.name, each.type) for each in STORE_INFO.columns]
    if "writing" in {each["name"] for each in inspect(connection).get_columns(STORE_INFO.name)}:
        values["writing"] = False
        typed.append(column("writing", Boolean()))
    connection.execute(insert(table(STORE_INFO.name, *typed)).values(values))
    gpkg.touch(connection, STORE_INFO.name, now)


def _check_home(connection: Connection, place: Place) -> None:
    """Refuse a store whose tables came to lie elsewhere than where it is looked for."""
    if place.path is not None:
        return
    names = {"names": [*METADATA.tables, models.VERSION_TABLE, engines.WRITE_LOCK.name]}
    query = text(engines.session_statement("strangers"))
    elsewhere = sorted(connection.scalars(query, names))
    if elsewhere:
        raise StoreError(
            f"{place.shown}: tables came to lie outside schema {SCHEMA} ({some(elsewhere)}); "
            "nothing was made: does something between us and the server change search_path?"
        )
