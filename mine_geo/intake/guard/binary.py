"""What stands in binary files, seen before they are read: headers, columns, depth, parts.

Geometries in geometries in geometries: GEOS reads them by recursion, and dies of some 20,000.

What the header of a binary file says, against the file: cut-off files are found before reading.
GDAL reads a Shapefile, a geodatabase or a GeoPackage with its end cut off as far as it goes, and
leaves out polygons or records without a word.

GeoParquet: what its metadata and its dictionaries say, before the table is built.
A text of 1 GB takes some kilobytes in a compressed file, and a text that stands once in a
dictionary may stand for each of a million records.

The files of MapInfo: TAB with its .dat, .map and .id, MIF with its .mid; whether all is there.
GDAL reads what is left of a table that was cut off, and a MIF without its .mid with empty cells.
Layout: MapInfo Data Interchange Format (MapInfo Professional, User Guide, appendix J).
"""

from __future__ import annotations

import re
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy
from sqlalchemy import func
from sqlalchemy.dialects import sqlite

from mine_geo.errors import FileError, some
from mine_geo.geo.blobs import wkb_of
from mine_geo.intake.guard.recognise import companions
from mine_geo.intake.guard.streams import too_large

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


DEEPEST: Final = 50
"""Collections in collections; no format needs more than two."""
SHORT: Final = 1 << 14
"""Bytes below which no geometry can be dangerously deep: a level takes at least nine."""

_POINT, _LINE, _POLYGON, _CIRCULAR, _TRIANGLE = 1, 2, 3, 8, 17
_FLAGS: Final = 0xE0000000
_SRID: Final = 0x20000000
_HEIGHT: Final = 0x80000000
_MEASURE: Final = 0x40000000


def is_deep_wkb(wkb: bytes) -> bool:
    """Say whether a geometry holds geometries in geometries, more than `DEEPEST` levels.

    Read without recursion, in time that goes with the number of parts (OGC 06-103r4, 8.2, and the
    flags of EWKB). What is no WKB is not deep: GEOS says what is wrong with it.

    Examples
    --------
    >>> point = struct.pack("<BIdd", 1, 1, 103.0, 13.0)
    >>> is_deep_wkb(point), is_deep_wkb(struct.pack("<BII", 1, 7, 1) * 5000 + point)
    (False, True)
    """
    if len(wkb) < SHORT:
        return False
    place, open_parts = 0, [1]
    try:
        while open_parts:
            if open_parts[-1] == 0:
                open_parts.pop()
                continue
            open_parts[-1] -= 1
            place, parts = _step(wkb, place)
            if parts:
                open_parts.append(parts)
            if len(open_parts) > DEEPEST:
                return True
    except struct.error:
        pass
    return False


def is_deep_text(text: str) -> bool:
    """Say the same of a geometry written as WKT, or as WKB in hexadecimal digits.

    Examples
    --------
    >>> is_deep_text("POLYGON ((0 0, 1 0, 1 1, 0 0))"), is_deep_text("GeometryCollection(" * 2000)
    (False, True)
    """
    if len(text) < SHORT:
        return False
    if text.upper().count("COLLECTION") > DEEPEST:
        return True
    try:
        return is_deep_wkb(bytes.fromhex(text))
    except ValueError:
        return False


def wkb_header(wkb: bytes, place: int) -> tuple[int, int, int, str]:
    """Read the header of a geometry (OGC 06-103r4, 8.2, and the flags of EWKB).

    Returns
    -------
    tuple
        Its type without dimensions, how many numbers a point has, the place behind the header, and
        the order of bytes as `struct` has it.

    Raises
    ------
    struct.error
        If it breaks off.

    Examples
    --------
    >>> wkb_header(struct.pack("<BI", 1, 1003), 0)
    (3, 3, 5, '<')
    """
    order = "<" if wkb[place : place + 1] == b"\x01" else ">"
    (written,) = struct.unpack_from(f"{order}I", wkb, place + 1)
    kind, dimensions = (written & ~_FLAGS) % 1000, (written & ~_FLAGS) // 1000
    numbers = 2 + (dimensions in {1, 3}) + (dimensions in {2, 3})
    numbers += bool(written & _HEIGHT) + bool(written & _MEASURE)
    return kind, numbers, place + 5 + (4 if written & _SRID else 0), order


def _step(wkb: bytes, place: int) -> tuple[int, int]:
    """Read one header; return where the next is, and how many geometries are inside."""
    kind, numbers, place, order = wkb_header(wkb, place)
    if kind == _POINT:
        return place + 8 * numbers, 0
    (count,) = struct.unpack_from(f"{order}I", wkb, place)
    place += 4
    if kind in {_LINE, _CIRCULAR}:
        return place + 8 * numbers * count, 0
    if kind in {_POLYGON, _TRIANGLE}:
        for _ in range(count):
            (points,) = struct.unpack_from(f"{order}I", wkb, place)
            place += 4 + 8 * numbers * points
        return place, 0
    return place, count


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
    _check_blobs(connection, what)
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


def _check_blobs(connection: sqlite3.Connection, what: str) -> None:
    """Refuse geometries in geometries; a blob begins with a header (OGC 12-128, 2.1.3)."""
    listed = "SELECT table_name, column_name FROM gpkg_geometry_columns"
    for table, column in connection.execute(listed).fetchall():
        blob: sqlalchemy.ColumnClause[bytes] = sqlalchemy.column(column)
        long = func.length(blob) > SHORT
        for (geometry,) in connection.execute(_query(sqlalchemy.select(blob), table, long)):
            if is_deep_wkb(wkb_of(geometry)):
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


BATCH: Final = 1000
"""Records that are looked at together."""
VALUE_BYTES: Final = 8
"""What a value takes at least once it is read."""


def check_parquet(path: Path, what: str, most: float) -> None:
    """Refuse a Parquet file that is damaged, or larger than it looks.

    Parameters
    ----------
    path
        The file.
    what
        What it is called in messages.
    most
        Bytes that it may have once unpacked.

    Raises
    ------
    FileError
        If the file is cut off or damaged, unpacks to more than `most` or to a quarter of it in
        one column of a row group, has no geometry column, or a text of more than 1 MB.
    """
    try:
        with pq.ParquetFile(path, thrift_string_size_limit=LONGEST_ROW) as file:
            _check_metadata(file, what, most)
            texts = _texts(file)
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            _check_values(file, texts, what, most)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        reason = str(error).splitlines()[0]
        raise FileError(
            f"{what}: a damaged GeoParquet file, it may be truncated; get it again from its maker "
            f"({reason})"
        ) from error


def _check_metadata(file: pq.ParquetFile, what: str, most: float) -> None:
    """Refuse by what the file says of itself: bytes unpacked, and number of values."""
    if b"geo" not in (file.metadata.metadata or {}):  # not of the schema: it may be written last
        raise FileError(f"{what}: Parquet without a geometry column; save it as GeoParquet")
    unpacked = 0
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            size = max(column.total_uncompressed_size, column.num_values * VALUE_BYTES)
            if size > most / 4:
                raise FileError(
                    f"{what}: column {column.path_in_schema!r} has {size >> 20} MB in one row "
                    "group, refused; look for a field that is not data, or save it in smaller "
                    "row groups"
                )
            unpacked += size
    if unpacked > most:
        raise too_large(what, most)


def _texts(file: pq.ParquetFile) -> list[str]:
    """List the columns of text and of bytes, the geometry among them."""
    return [field.name for field in file.schema_arrow if _is_text(field.type)]


def _is_text(kind: pa.DataType) -> bool:
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return _is_words(kind) or any(test(_plain(kind)) for test in binary)


def _is_words(kind: pa.DataType) -> bool:
    words = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(_plain(kind)) for test in words)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values, also of a column that is written as a dictionary."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _check_values(file: pq.ParquetFile, texts: list[str], what: str, most: float) -> None:
    """Add up the length of what each record holds, through the dictionaries, without unpacking."""
    words = {name for name in texts if _is_words(file.schema_arrow.field(name).type)}
    total, record = 0, 0
    for batch in file.iter_batches(BATCH, columns=texts):
        for name, lengths in _lengths(batch):
            longest = pc.max(lengths).as_py() or 0
            if longest > (LONGEST_TEXT if name in words else LONGEST_ROW):
                place = record + pc.index(lengths, longest).as_py() + 1
                raise FileError(
                    f"{what}: record number {place} has {longest >> 20} MB in column {name!r}, "
                    "refused; look for a field that is not data, and take it out"
                )
            total += pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0
            if total > most:
                raise too_large(what, most)
            if longest > SHORT and name not in words:
                _check_value_depth(batch.column(name), what, name)
        record += len(batch)


def _check_value_depth(column: Any, what: str, name: str) -> None:
    """Refuse geometries in geometries, which are as long as they are deep."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    long = pc.greater(pc.fill_null(pc.binary_length(values), 0), SHORT)
    if any(is_deep_wkb(wkb.as_py()) for wkb in values.filter(long)):
        raise FileError(
            f"{what}: a geometry in column {name!r} of collections in collections, refused; "
            "export its polygons anew"
        )


def _lengths(batch: pa.RecordBatch) -> Iterator[tuple[str, Any]]:
    """Give for each column the bytes that each record holds."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            yield name, pc.take(pc.binary_length(column.dictionary), column.indices)
        else:
            yield name, pc.binary_length(column)


_OBJECTS: Final = re.compile(
    rb"(?im)^[ \t]*(none|point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint"
    rb"|collection)\b[ \t]*(\d+)?"
)
_DATA: Final = re.compile(rb"(?im)^[ \t]*data[ \t]*\r?$")
_NATIVE: Final = re.compile(rb"(?i)\btype\s+native\b")
_ELSEWHERE: Final = re.compile(
    rb'(?im)^[ \t]*(?:open\s+table|create\s+view|file\s+"|begin_metadata)'
)
_ROUND: Final = re.compile(rb"(?im)^[ \t]*(?:ellipse|roundrect|arc)\b")


def check_mif(parts: dict[str, Path], what: str) -> int:
    """Refuse a MIF without its .mid, or one of the two cut off; return its number of objects.

    Raises
    ------
    FileError
        If the .mid is missing, or the objects of the one are not as many as the rows of the other.
    """
    if ".mid" not in parts:
        raise FileError(
            f"{what}: {parts['.mif'].stem}.mid is missing beside it; ask for both files"
        )
    objects = _count(parts[".mif"].read_bytes())
    rows = sum(1 for line in parts[".mid"].read_bytes().splitlines() if line.strip(b" \t\x1a"))
    if objects != rows:
        raise FileError(
            f"{what}: {objects} objects, and {rows} rows in the .mid: one of the two is cut off; "
            "get both again from their maker"
        )
    return objects


def draws_round(mif: bytes) -> bool:
    r"""Say whether a MIF has ellipses or arcs, which GDAL draws with a point every 2 degrees.

    Examples
    --------
    >>> draws_round(b"Data\n\nEllipse 1 1 2 2\n"), draws_round(b"Data\n\nRegion 1\n")
    (True, False)
    """
    return _ROUND.search(mif) is not None


def check_tab(parts: dict[str, Path], what: str) -> None:
    """Refuse a TAB without its other files, or one that only points to other files.

    Raises
    ------
    FileError
        If a file is missing beside it, or it is a view, a linked table or a picture.
    """
    text = parts[".tab"].read_bytes()
    if not _NATIVE.search(text) or _ELSEWHERE.search(text):
        raise FileError(
            f"{what}: a MapInfo table that points to other files (a view, a linked table, a "
            "picture); save a copy of it as a native table, or as GeoPackage"
        )
    missing = [ending for ending in (".dat", ".map", ".id") if ending not in parts]
    if missing:
        names = some(parts[".tab"].stem + ending for ending in missing)
        raise FileError(f"{what}: {names} is missing beside it; ask for all files of the table")


def _count(mif: bytes) -> int:
    """Count the objects behind the word Data; the parts of a collection are none of their own."""
    data = _DATA.search(mif)
    if data is None:
        return 0
    count = inside = 0
    for found in _OBJECTS.finditer(mif, data.end()):
        if inside:
            inside -= 1
            continue
        count += 1
        if found[1].lower() == b"collection":
            inside = int(found[2] or 0)
    return count
