"""Views and functions: what QGIS, reports and psql read, the same on both backends.

They are made again after every migration, since they stand on the tables. In PostgreSQL they are
the schema `mine_geo_views`, with functions that measure, and comments on everything; in a
GeoPackage they are listed beside the tables. Each has a key that QGIS accepts, a style, and the
figures of the library to the square metre.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    column,
    func,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.schema import SetColumnComment, SetTableComment

from mine_geo.store.schema import gpkg, guards, texts
from mine_geo.store.schema.models import BORDER_VERSION, METADATA

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.schema import DDLElement


SCHEMA: Final = "mine_geo_views"
VIEWS: Final = {
    "hazard_zone": "MULTIPOLYGON",
    "hazard_open": "MULTIPOLYGON",
    "waiting": "MULTIPOLYGON",
    "totals_by_province_zone": None,
    "totals_by_district": "MULTIPOLYGON",
    "release_by_year": None,
    "balance_by_province": None,
    "border": "MULTILINESTRING",
    "district": "MULTIPOLYGON",
    "village": "MULTIPOLYGON",
}
"""The views, and the type of their geometry."""
ON_FILE: Final = {
    "border": "border_active",
    "district": "district_active",
    "village": "village_active",
}
"""The names in a GeoPackage of those whose name a table has."""
STYLED: Final = (
    "hazard_zone",
    "hazard_open",
    "waiting",
    "totals_by_district",
    "border",
    "district",
)
STYLE: Final = "mine_geo"
"""The name of our styles."""
FUNCTIONS: Final = ("size_m2", "border_distance_m", "zone")
_segments = table("border_segment", column("version_fid"))
_styles = table(
    "layer_styles",
    column("f_table_catalog"),
    column("f_table_schema"),
    column("f_table_name"),
    column("f_geometry_column"),
    column("stylename"),
    column("styleqml"),
    column("stylesld"),
    column("useasdefault"),
    column("description"),
    column("owner"),
)


def names_of(connection: Connection) -> dict[str, str]:
    """Return the name of each view on this backend, by the name that it has on PostgreSQL."""
    on_file = connection.dialect.name == "sqlite"
    return {name: ON_FILE.get(name, name) if on_file else name for name in VIEWS}


def drop(connection: Connection) -> None:
    """Take the views away, before the tables that they stand on change."""
    parts = _parts(connection)
    if connection.dialect.name == "sqlite":
        gpkg.unlist(connection, list(names_of(connection).values()))
    else:
        _run(connection, parts["grants_kept"])
        if SCHEMA not in inspect(connection).get_schema_names():
            return
    _run(connection, parts["drop"])


def install(connection: Connection, now: datetime) -> None:
    """Make all views and functions, with their comments and styles.

    Parameters
    ----------
    connection
        A connection whose transaction may change tables.
    now
        The moment of the change.
    """
    drop(connection)
    parts = _parts(connection)
    _run(connection, parts["make"])
    if connection.dialect.name == "sqlite":
        said = _descriptions()
        for name, kind in VIEWS.items():
            gpkg.list_view(connection, names_of(connection)[name], said[name], kind, now)
        _run(connection, parts["styles"])
        _write_styles(connection)
        return
    refresh_segments(connection)
    _run(connection, parts["grants_again"])
    _comment(connection)
    # Some offices let nobody make tables in `public`; QGIS then draws without our styles.
    there = inspect(connection).has_table("layer_styles", schema="public")
    may = connection.scalar(
        select(
            func.has_table_privilege("public.layer_styles", "INSERT, DELETE")
            if there
            else func.has_schema_privilege("public", "CREATE")
        )
    )
    if may:
        _run(connection, parts["styles"][2:] if there else parts["styles"])
        _write_styles(connection)


def refresh_segments(connection: Connection) -> None:
    """Make the segments that PostgreSQL measures to those of the active border."""
    if connection.dialect.name == "sqlite":
        return
    active = select(BORDER_VERSION.c.fid).where(BORDER_VERSION.c.active)
    if connection.scalar(select(func.max(_segments.c.version_fid))) != connection.scalar(active):
        _run(connection, _parts(connection)["segments"])


def _parts(connection: Connection) -> dict[str, tuple[str, ...]]:
    return guards.read_statements(f"views_{connection.dialect.name}")


def _run(connection: Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _descriptions() -> dict[str, str]:
    """Return what each view is, as the comments of PostgreSQL say it."""
    start, between = f"COMMENT ON VIEW {SCHEMA}.", " IS '"
    comments = [
        statement.removeprefix(start).removesuffix("'").split(between, maxsplit=1)
        for statement in guards.read_statements("views_postgresql")["make"]
        if statement.startswith(start)
    ]
    return {name: said.replace("''", "'") for name, said in comments}


def _comment(connection: Connection) -> None:
    """Say of every table and column what it is."""
    there = inspect(connection)
    present = set(there.get_table_names())
    said: list[DDLElement] = []
    for each in METADATA.tables.values():
        if each.name in present:
            said += [SetTableComment(each)] if each.comment else []
            said += [SetColumnComment(one) for one in each.columns if one.comment]
    shown = MetaData(schema=SCHEMA)
    for name in VIEWS:
        found = [one["name"] for one in there.get_columns(name, schema=SCHEMA)]
        told: list[Column[Any]] = [Column(one, comment=texts.COLUMNS[one]) for one in found]
        said += [SetColumnComment(one) for one in Table(name, shown, *told).columns]
    dialect = connection.dialect
    statements = [str(each.compile(dialect=dialect)) for each in said]
    connection.exec_driver_sql(";\n".join(statements))


def _write_styles(connection: Connection) -> None:
    """Write how QGIS draws the views."""
    on_file = connection.dialect.name == "sqlite"
    catalog = "" if on_file else connection.scalar(select(func.current_database()))
    said = _descriptions()
    rows = [
        {
            "f_table_catalog": catalog,
            "f_table_schema": "" if on_file else SCHEMA,
            "f_table_name": names_of(connection)[name],
            "f_geometry_column": "geometry",
            "stylename": STYLE,
            "styleqml": _style(name),
            "stylesld": None,
            "useasdefault": True,
            "description": said[name],
            "owner": "",
        }
        for name in STYLED
    ]
    # PostGIS may be in a schema of its own, and then `public` is not where we look
    into = _styles if on_file else table(_styles.name, *map(column, rows[0]), schema="public")
    connection.execute(insert(into), rows)


def _style(name: str) -> str:
    place = resources.files("mine_geo.store.schema") / "styles" / f"{name}.qml"
    return place.read_text("utf-8")
