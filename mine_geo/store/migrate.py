"""The schema of a store: making it, bringing it up to date, and telling which one it has.

One chain of Alembic revisions in `migrations/` runs on PostGIS and on GeoPackage. Each run is one
transaction, on either: a migration that fails leaves the store as it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import mine_geo
from mine_geo.errors import SchemaVersionError, StoreError
from mine_geo.store.engines import migrating
from mine_geo.store.schema import gpkg, guards
from mine_geo.store.schema.types import milliseconds

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from mine_geo.store.engines import Place


VERSION_TABLE: Final = "mine_geo_version"
HEAD: Final = "head"


def folder() -> Path:
    """Return where the migrations lie: in an installed wheel, or beside the package.

    Raises
    ------
    StoreError
        If they are in neither place.

    Examples
    --------
    >>> (folder() / "env.py").exists()
    True
    """
    package = Path(mine_geo.__file__).parent
    for place in (package / "migrations", package.parent / "migrations"):
        if (place / "env.py").exists():
            return place
    raise StoreError(f"no migrations beside {package}; install mine_geo again")


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings, for a connection whose transaction is under way."""
    settings = Config()
    settings.set_main_option("script_location", str(folder()).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def revisions() -> tuple[str, ...]:
    """Return the revisions that this version of the library knows, oldest first.

    Examples
    --------
    >>> revisions()[0]
    '0001'
    """
    script = ScriptDirectory.from_config(config())
    return tuple(each.revision for each in script.walk_revisions())[::-1]


def current(connection: Connection) -> str | None:
    """Return the revision of a store, None where there is no store."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def apply(connection: Connection, revision: str = HEAD) -> None:
    """Bring the tables to a revision, within the transaction that is under way.

    The contents of a GeoPackage and the guards are made again afterwards.
    """
    command.upgrade(config(connection), revision)
    if connection.dialect.name == "sqlite":
        gpkg.list_tables(connection, milliseconds(datetime.now(UTC)))
    if current(connection) == revisions()[-1]:
        guards.install(connection)


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Bring a store to a revision, in a transaction of its own."""
    with migrating(engine) as connection:
        apply(connection, revision)


def check(connection: Connection, place: Place) -> str:
    """Return the schema of a store; refuse one of another schema than ours.

    Raises
    ------
    SchemaVersionError
        If the store is newer than this library, or older; the message says what to do.
    """
    found, known = current(connection), revisions()
    if found == known[-1]:
        return found
    if found in known:
        raise SchemaVersionError(
            f"{place.shown}: its schema is {found}, this mine_geo needs {known[-1]}; "
            f"bring it up to date: {place.command('db upgrade')}"
        )
    raise SchemaVersionError(
        f"{place.shown}: its schema {found} is newer than this mine_geo knows ({known[-1]}); "
        "install a newer mine_geo"
    )
