"""What makes an SQLite file a GeoPackage: its header, its tables of contents, five functions.

Source: OGC 12-128r18 (GeoPackage 1.3). The version is 1.3 because GDAL before 3.8 warns at 1.4.
No spatial index is shipped: where QGIS or GDAL has added one, its triggers call five ST_ functions
that SQLite does not have, so every connection of ours brings them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyproj
from sqlalchemy import Connection, Table, column, delete, insert, inspect, select, table, update

from mine_geo.errors import FileError
from mine_geo.geo import blobs
from mine_geo.store.schema import guards
from mine_geo.store.schema.models import LAYERS, METADATA, OUT_OF_SIGHT
from mine_geo.store.schema.rows import Moment, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path


APPLICATION_ID: Final = 0x47504B47
USER_VERSION: Final = 10300
SUFFIX: Final = ".gpkg"

_systems = table(
    "gpkg_spatial_ref_sys",
    column("srs_name"),
    column("srs_id"),
    column("organization"),
    column("organization_coordsys_id"),
    column("definition"),
    column("description"),
)
_contents = table(
    "gpkg_contents",
    column("table_name"),
    column("data_type"),
    column("identifier"),
    column("description"),
    column("last_change", Moment()),
    column("min_x"),
    column("min_y"),
    column("max_x"),
    column("max_y"),
    column("srs_id"),
)
_geometry_columns = table(
    "gpkg_geometry_columns",
    column("table_name"),
    column("column_name"),
    column("geometry_type_name"),
    column("srs_id"),
    column("z"),
    column("m"),
)


def left_behind(path: Path) -> bool:
    """Tell whether a file is empty, once SQLite has taken back what a killed writer had begun.

    So a store whose making was killed leaves its file.
    """
    if not path.is_file():
        return False
    if path.stat().st_size and path.with_name(f"{path.name}-journal").exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return path.stat().st_size == 0


def initialise(connection: Connection) -> None:
    """Make an empty SQLite file a GeoPackage, within the transaction that is under way."""
    for statement in guards.read_statements("geopackage")[""]:
        connection.exec_driver_sql(statement)
    wgs84 = pyproj.CRS.from_epsg(blobs.SRID).to_wkt("WKT1_GDAL")
    rows = [
        ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
        ("WGS 84 geodetic", blobs.SRID, "EPSG", blobs.SRID, wgs84, "longitude, latitude, degrees"),
    ]
    names = [each.name for each in _systems.c]
    connection.execute(insert(_systems), [dict(zip(names, row, strict=True)) for row in rows])


def geometry_column(of: Table) -> str | None:
    """Return the name of the geometry column of a table, None where it has none."""
    return next((each.name for each in of.columns if isinstance(each.type, Shape)), None)


def list_tables(connection: Connection, now: datetime) -> None:
    """Enter those of our tables into the contents that are not there yet.

    GDAL sees a table only where it is listed; a table without geometry is listed as `attributes`.
    Those with versions that no longer count are taken out, where earlier code listed them.
    """
    unlist(connection, sorted(OUT_OF_SIGHT))
    listed = set(connection.scalars(select(_contents.c.table_name)))
    present = set(inspect(connection).get_table_names()) - OUT_OF_SIGHT
    for name in (name for name in LAYERS if name in present - listed):
        model = METADATA.tables[name]
        shape = geometry_column(model)
        kind = model.columns[shape].type.geometry_type if shape else None  # type: ignore[attr-defined]
        _enter(connection, name, LAYERS[name], kind, now, shape or "")


def list_view(
    connection: Connection, name: str, description: str, kind: str | None, now: datetime
) -> None:
    """Enter a view into the contents; `kind` is the type of its geometry, None without one."""
    _enter(connection, name, description, kind, now, "geometry")


def _enter(
    connection: Connection, name: str, said: str, kind: str | None, now: datetime, shape: str
) -> None:
    connection.execute(
        insert(_contents).values(
            table_name=name,
            data_type="features" if kind else "attributes",
            identifier=name,
            description=said,
            last_change=now,
            srs_id=blobs.SRID if kind else None,
        )
    )
    if kind:
        connection.execute(
            insert(_geometry_columns).values(
                table_name=name,
                column_name=shape,
                geometry_type_name=kind,
                srs_id=blobs.SRID,
                z=0,
                m=0,
            )
        )


def unlist(connection: Connection, names: Sequence[str]) -> None:
    """Take tables or views out of the contents."""
    for of in (_geometry_columns, _contents):
        connection.execute(delete(of).where(of.c.table_name.in_(names)))


def touch(
    connection: Connection, name: str, now: datetime, bounds: Sequence[float] | None = None
) -> None:
    """Write into a GeoPackage that a table changed, and how far its geometry reaches.

    Parameters
    ----------
    connection
        A connection with a write transaction; on PostgreSQL nothing happens.
    name
        The table; one that is not listed has nothing to be written.
    now
        The moment of the change.
    bounds
        minx, miny, maxx, maxy of the new rows, degrees; the stored extent grows by them.
    """
    if connection.dialect.name != "sqlite":
        return
    c = _contents.c
    edges = (c.min_x, c.min_y, c.max_x, c.max_y)
    values: dict[str, object] = {"last_change": now}
    if bounds is not None:
        before = connection.execute(select(*edges).where(c.table_name == name)).one_or_none()
        if before is None:
            return
        for edge, old, new, wider in zip(edges, before, bounds, (min, min, max, max), strict=True):
            values[edge.name] = float(new) if old is None else wider(old, float(new))
    connection.execute(update(_contents).where(c.table_name == name).values(values))


def add_functions(connection: sqlite3.Connection) -> None:
    """Bring the functions that the triggers of a GeoPackage spatial index call."""

    def edge(place: int) -> object:
        def of(blob: bytes | None) -> float | None:
            bounds = blobs.bounds_of(blob)
            return None if bounds is None else bounds[place]

        return of

    def is_empty(blob: bytes | None) -> int | None:
        return None if blob is None else int(blobs.bounds_of(blob) is None)

    functions = {"ST_MinX": edge(0), "ST_MinY": edge(1), "ST_MaxX": edge(2), "ST_MaxY": edge(3)}
    for name, function in {**functions, "ST_IsEmpty": is_empty}.items():
        connection.create_function(name, 1, function, deterministic=True)  # type: ignore[arg-type]


def check_header(path: Path) -> None:
    """Look at the head of a file: is it SQLite, and is all of it there.

    SQLite does it, and nobody else opens the file: a process that closes a file loses all locks
    that it has on it, those of the stores too that it has open there.

    Raises
    ------
    FileError
        If the file cannot be read, is not SQLite, or is shorter than its head says.
    """
    mend = "restore it from a backup"
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    if path.is_dir() or not os.access(path, os.R_OK):
        why = "Is a directory" if path.is_dir() else "Permission denied"
        raise FileError(f"{path}: cannot be read: {why}")
    if size < _HEAD_BYTES:
        raise FileError(f"{path}: not a GeoPackage, or cut short ({size} bytes); {mend}")
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0)) as file:
            file.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            why = f"not a GeoPackage, or cut short ({size} bytes)"
            raise FileError(f"{path}: {why}; {mend}") from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise FileError(f"{path}: damaged, or cut short ({size} bytes); {mend}") from error


_HEAD_BYTES: Final = 100
