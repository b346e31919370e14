"""Runs the migrations on the connection that `mine_geo.store.making` hands over.

There is no alembic.ini and no offline mode: a store is brought up to date by
`mine-geo db upgrade`, in one transaction, on PostGIS and on GeoPackage alike.
"""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import inspect
from sqlalchemy.schema import CreateSchema

from mine_geo.store.schema.models import METADATA, SCHEMA, VERSION_TABLE


def ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Tell whether autogenerate looks at a thing: PostGIS, QGIS and GDAL keep their own."""
    on_file = context.get_context().dialect.name == "sqlite"
    if kind == "index" and on_file and thing.dialect_options["postgresql"].get("using") == "gist":
        return False  # ddl_if keeps it from being made, not from being compared
    if kind == "column" and reflected and on_file and name == "writing":
        return False  # a GeoPackage's own flag, see `models.STORE_INFO`
    if kind == "table" and reflected and name not in METADATA.tables:
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, other))


def named(name: str | None, kind: str, _parents: Any) -> bool:
    """Tell whether autogenerate reads a table at all: QGIS has types that it does not know."""
    return kind != "table" or name in METADATA.tables


def run() -> None:
    connection = context.config.attributes["connection"]
    if (
        connection.dialect.name == "postgresql"
        and SCHEMA not in inspect(connection).get_schema_names()
    ):
        connection.execute(CreateSchema(SCHEMA))
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        version_table=VERSION_TABLE,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=ours,
        include_name=named,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
