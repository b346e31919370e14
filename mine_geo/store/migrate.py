"""Bringing the tables of a store to a revision, by Alembic.

One chain of revisions in `migrations/` runs on PostGIS and on GeoPackage. Each run is one
transaction, on either: a migration that fails leaves the store as it was. Which revision a store
has is asked of `schema.revisions`, which does without Alembic.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config

from mine_geo.store.engines import migrating
from mine_geo.store.schema import gpkg, guards, revisions
from mine_geo.store.schema.types import milliseconds

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


HEAD: Final = "head"


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings, for a connection whose transaction is under way."""
    settings = Config()
    settings.set_main_option("script_location", str(revisions.folder()).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def apply(connection: Connection, revision: str = HEAD) -> None:
    """Bring the tables to a revision, within the transaction that is under way.

    The contents of a GeoPackage and the guards are made again afterwards.
    """
    command.upgrade(config(connection), revision)
    if connection.dialect.name == "sqlite":
        gpkg.list_tables(connection, milliseconds(datetime.now(UTC)))
    if revisions.current(connection) == revisions.known()[-1]:
        guards.install(connection)


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Bring a store to a revision, in a transaction of its own."""
    with migrating(engine) as connection:
        apply(connection, revision)
