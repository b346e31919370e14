"""What the header of a binary file says, against the file: cut-off files are found before reading.

GDAL reads a Shapefile, a geodatabase or a GeoPackage with its end cut off as far as it goes, and
leaves out polygons or records without a word.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy
from sqlalchemy import func
from sqlalchemy.dialects import sqlite

from mine_geo.errors import FileError, some
from mine_geo.intake.nesting import SHORT, is_deep_wkb
from mine_geo.intake.recognise import companions

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_TEXT: Final = 1 << 20
"""Bytes that one attribute may have."""
LONGEST_ROW: Final = 64 << 20
"""Bytes that a record of a GeoPackage may have with its geometry."""

_COMPUTED: Final = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden = 2"
_AGAIN: Final = "get it again from its maker"


def check_shapefile(path: Path, what: str) -> None:
    """Refuse a Shapefile with a file missing or cut off.

    The index (.shx) could be made anew, and a Shapefile read without attributes (.dbf): neither is
    done, for nobody would know. Layout: ESRI Shapefile Technical Description (1998) and dBASE III.

    Raises
    ------
    FileError
        If the .shx or .dbf is missing, any of the three is cut off, or they differ in the number
        of records.
    """
    beside = companions(path)
    missing = [ending for ending in (".shx", ".dbf") if ending not in beside]
    if missing:
        raise FileError(
            f"{what}: {some(path.stem + ending for ending in missing)} is missing beside it; ask "
            "for all files of the Shapefile, best as a zip"
        )
    size = path.stat().st_size
    index = beside[".shx"].read_bytes()
    length = _shape_length(_start(path, 100))
    entries = np.frombuffer(index[100 : 100 + (len(index) - 100) // 8 * 8], ">i4").reshape(-1, 2)
    if len(index) < 100 or _shape_length(index) > len(index):
        raise _cut(what, beside[".shx"].name)
    ends = (entries.astype(np.int64).sum(axis=1) + 4) * 2
    whole = int((ends <= size).sum())
    if size < 100 or length > size or whole < len(entries):
        raise FileError(
            f"{what}: the file is cut off ({whole} of {len(entries)} polygons are there); {_AGAIN}"
        )
    records = _dbf_records(beside[".dbf"], what)
    if records != len(entries):
        raise FileError(
            f"{what}: {len(entries)} polygons, and {records} records in the .dbf; {_AGAIN}"
        )


def _start(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _shape_length(header: bytes) -> int:
    """Return the length in bytes that the header of a .shp or .shx gives."""
    return int(struct.unpack(">i", header[24:28])[0]) * 2 if len(header) >= 28 else 100


def _dbf_records(path: Path, what: str) -> int:
    header = _start(path, 32)
    if len(header) < 32:
        raise _cut(what, path.name)
    records, first, width = struct.unpack("<IHH", header[4:12])
    if path.stat().st_size < first + records * width:
        raise _cut(what, path.name)
    return int(records)


def _cut(what: str, part: str) -> FileError:
    return FileError(f"{what}: {part} is cut off; {_AGAIN}")


def check_geodatabase(folder: Path, what: str) -> None:
    """Refuse a file geodatabase (folder) with a table missing or cut off.

    Layout: "FileGDB format specification" of E. Rouault: bytes 24 to 31 of a .gdbtable are its
    size; a .gdbtablx has 16 bytes, then blocks of 1,024 offsets.

    Raises
    ------
    FileError
        If a table or its index is missing or shorter than its header says.
    """
    for table in sorted(folder.glob("*.gdbtable")):
        index = table.with_suffix(".gdbtablx")
        if not index.is_file():
            raise FileError(f"{what}: {index.name} is missing; copy the whole folder again")
        head, places = _start(table, 40), _start(index, 16)
        if len(head) < 40 or struct.unpack("<q", head[24:32])[0] > table.stat().st_size:
            raise _cut(what, table.name)
        if len(places) < 16:
            raise _cut(what, index.name)
        _, blocks, _, width = struct.unpack("<4i", places)
        if index.stat().st_size < 16 + blocks * 1024 * width:
            raise _cut(what, index.name)


def check_sqlite(path: Path, what: str) -> None:
    """Refuse a GeoPackage that is cut off, or with a text of more than 1 MB.

    The size of a database stands in bytes 16 and 28 of its header (SQLite file format, 1.3).

    Raises
    ------
    FileError
        If the file is shorter than its header says, damaged, no GeoPackage, has a text of more
        than 1 MB, a geometry of collections in collections, or views or columns that are computed.
    """
    header = _start(path, 100)
    if len(header) < 100:
        raise _cut(what, "the file")
    (page,) = struct.unpack(">H", header[16:18])
    changed, pages = struct.unpack(">2I", header[24:32])
    (counted,) = struct.unpack(">I", header[92:96])
    if changed == counted and path.stat().st_size < pages * (65536 if page == 1 else page):
        raise _cut(what, "the file")
    try:
        with closing(_connected(path)) as connection:
            _check_texts(connection, what)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise FileError(
            f"{what}: a GeoPackage that is damaged, cut off, or has a record of more than "
            f"{LONGEST_ROW >> 20} MB ({error}); {_AGAIN}"
        ) from error


def _check_texts(connection: sqlite3.Connection, what: str) -> None:
    """Refuse long texts; SQLite itself gives up a record that is larger than the limit."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
    names = {
        name: kind for kind, name in connection.execute("SELECT type, name FROM sqlite_master")
    }
    if "gpkg_contents" not in names:
        raise FileError(f"{what}: an SQLite database and no GeoPackage; export it as GeoPackage")
    views = [name for name, kind in names.items() if kind == "view"]
    if views:
        # GDAL runs each when it opens the file: it may be without end, or make 1 GB from nothing.
        raise FileError(
            f"{what}: layers that are computed from others (views: {some(views)}), refused; "
            "export the layers that count into a new GeoPackage"
        )
    _check_depth(connection, what)
    for (name,) in connection.execute("SELECT table_name FROM gpkg_contents").fetchall():
        if name not in names:
            continue
        if connection.execute(_COMPUTED, (name,)).fetchone()[0]:
            raise FileError(f"{what}: layer {name!r} has computed columns, refused; export it anew")
        if connection.execute(_long_texts(connection, name)).fetchone()[0]:
            raise FileError(
                f"{what}: a text of more than {LONGEST_TEXT >> 20} MB in layer {name!r}, refused; "
                "look for a field that is not data, and take it out"
            )


def _connected(path: Path) -> sqlite3.Connection:
    """Open a database without a lock, and without making a -shm or -wal file beside it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _check_depth(connection: sqlite3.Connection, what: str) -> None:
    """Refuse geometries in geometries; a blob begins with a header (OGC 12-128, 2.1.3)."""
    listed = "SELECT table_name, column_name FROM gpkg_geometry_columns"
    for table, column in connection.execute(listed).fetchall():
        blob: sqlalchemy.ColumnClause[bytes] = sqlalchemy.column(column)
        long = func.length(blob) > SHORT
        for (geometry,) in connection.execute(_query(sqlalchemy.select(blob), table, long)):
            envelope = (0, 32, 48, 48, 64, 0, 0, 0)[(geometry[3] >> 1) & 7]
            if is_deep_wkb(geometry[8 + envelope :]):
                raise FileError(
                    f"{what}: a geometry in layer {table!r} of collections in collections, "
                    "refused; export its polygons anew"
                )


def _long_texts(connection: sqlite3.Connection, name: str) -> str:
    """Return the query that counts the records of a table with a long text."""
    columns = connection.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchall()
    values: list[sqlalchemy.ColumnClause[str]] = [sqlalchemy.column(name) for (name,) in columns]
    long = [
        sqlalchemy.and_(func.typeof(value) == "text", func.length(value) > LONGEST_TEXT)
        for value in values
    ]
    return _query(sqlalchemy.select(func.count()), name, sqlalchemy.or_(sqlalchemy.false(), *long))


def _query(select: sqlalchemy.Select[Any], table: str, where: Any) -> str:
    """Return a query as text for SQLite; names of tables and columns are quoted by SQLAlchemy."""
    query = select.select_from(sqlalchemy.table(table)).where(where)
    return str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
