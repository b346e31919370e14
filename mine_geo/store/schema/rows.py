"""Column types, and whole tables in and out: the same in PostGIS and in a GeoPackage.

Geometry is EPSG:4326 (longitude, latitude in degrees) and two-dimensional.

A GeoPackage allows few column types, and GDAL drops a column of any other without a word:
geometry is a blob declared by its OGC name, a moment is text of milliseconds ending in Z.

Columns go into a table at once, and a table into a frame: PostgreSQL takes a binary COPY, a
GeoPackage ready blobs; geometry is read as one column of well-known binary.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Double,
    Integer,
    LargeBinary,
    Text,
    TypeDecorator,
    bindparam,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.dialects.sqlite.base import ischema_names
from sqlalchemy.types import NullType, UserDefinedType

from mine_geo.errors import RecordError
from mine_geo.geo import blobs
from mine_geo.geo.blobs import SRID, from_wkbs, to_blobs, to_ewkbs, wkb_of
from mine_geo.geo.cells import text_fault
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg import Connection as Psycopg
    from sqlalchemy import Column, ColumnElement, Connection, Table
    from sqlalchemy.types import TypeEngine


WholeNumber = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both: SQLite's INTEGER is, and must be called so to be a key."""


class MultiPolygonBlob(UserDefinedType[bytes]):
    """A GeoPackage column of multipolygons."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "MULTIPOLYGON"


class MultiLineStringBlob(UserDefinedType[bytes]):
    """A GeoPackage column of multilines."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "MULTILINESTRING"


class PointBlob(UserDefinedType[bytes]):
    """A GeoPackage column of points."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:  # noqa: ARG002
        """Return the OGC name, as the GeoPackage standard wants it in the table."""
        return "POINT"


_BLOBS: dict[str, type[UserDefinedType[bytes]]] = {
    "MULTIPOLYGON": MultiPolygonBlob,
    "MULTILINESTRING": MultiLineStringBlob,
    "POINT": PointBlob,
}
# GeoAlchemy2 puts its SpatiaLite types under these names when it is imported; reading the tables
# of a plain GeoPackage back then fails with "no such table: geometry_columns".
ischema_names.update(_BLOBS)


class Shape(TypeDecorator[Any]):
    """A geometry in EPSG:4326: PostGIS geometry, or a GeoPackage blob.

    Parameters
    ----------
    geometry_type
        "MULTIPOLYGON", "MULTILINESTRING" or "POINT".
    """

    impl = LargeBinary
    cache_ok = True
    spatial_index = False  # asked by GeoAlchemy2; the models name their own indexes

    def __init__(self, geometry_type: str) -> None:
        super().__init__()
        self.geometry_type = geometry_type

    def __repr__(self) -> str:
        """Return the call, as Alembic writes it into a migration."""
        return f"Shape({self.geometry_type!r})"

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Return the type of the backend; GeoAlchemy2 asks once without one."""
        if dialect is None or dialect.name == "postgresql":
            kind = Geometry(self.geometry_type, srid=SRID, spatial_index=False)
            return kind if dialect is None else dialect.type_descriptor(kind)
        return dialect.type_descriptor(_BLOBS[self.geometry_type]())

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | str | None:
        """Write a shapely geometry; bytes are taken as ready for the backend."""
        if value is None or isinstance(value, bytes):
            return value
        if dialect.name == "postgresql":
            ewkb = to_ewkbs([value])[0]
            return None if ewkb is None else ewkb.hex()
        return to_blobs([value])[0]

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a shapely geometry. Whole columns are read by `rows.read`, much faster."""
        if value is None:
            return None
        wkb = value.data if dialect.name == "postgresql" else wkb_of(value)
        return from_wkbs([wkb])[0]


class _IsoText(DATETIME):
    """A moment as GeoPackage's DATETIME: 2026-01-31T08:15:00.250Z."""

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002
        return _to_text

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[Any], Any]:
        return _from_text


def _to_text(value: datetime | None) -> str | None:
    return None if value is None else moment_text(value)


def moment_text(moment: datetime) -> str:
    """Write a moment to the millisecond, as the store has it.

    Examples
    --------
    >>> moment_text(datetime(2026, 1, 31, 8, 15, tzinfo=UTC))
    '2026-01-31T08:15:00.000Z'
    """
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC to the millisecond; a datetime without a time zone is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the backend."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(_IsoText())  # type: ignore[no-untyped-call]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a datetime without a time zone.

        Raises
        ------
        RecordError
            If `value` has no time zone.
        """
        if value is not None and value.tzinfo is None:
            raise RecordError(f"{value} has no time zone; say which, as in {value}+07:00")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every moment in UTC, wherever the session thinks it is."""
        return None if value is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """A text that both backends hold: what is not one is refused, whichever way it comes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse what no store takes.

        Raises
        ------
        RecordError
            If a character cannot be held.
        """
        return None if value is None else held_text(value)


def held_text(value: str, what: str = "a text") -> str:
    """Return a text that both backends hold; how long each may be is asked where it comes in.

    Raises
    ------
    RecordError
        If a character cannot be held.

    Examples
    --------
    >>> held_text("ទី 2")
    'ទី 2'
    """
    why = text_fault(str(value), len(value))
    if why:
        raise RecordError(f"{what} {why}, which no store takes; correct it")
    return value


def milliseconds(moment: datetime) -> datetime:
    """Cut a moment to the millisecond, which is what both backends keep.

    Examples
    --------
    >>> milliseconds(datetime(2026, 1, 31, 8, 15, 0, 250999, UTC)).isoformat()
    '2026-01-31T08:15:00.250000+00:00'
    """
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_COPY_TYPES: Final[tuple[tuple[type[TypeEngine[Any]], str], ...]] = (
    (Shape, "bytea"),  # COPY hands the bytes to geometry's own reader, which takes EWKB
    (Words, "text"),
    (Double, "float8"),
    (Integer, "int8"),  # BigInteger too
    (Boolean, "bool"),
    (Date, "date"),
    (Moment, "timestamptz"),
)


def insert_rows(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows, given as columns of plain Python values and shapely geometries.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    table
        The table.
    columns
        Values by column name, all of one length; columns left out get their default.
    """
    names = list(columns)
    if connection.dialect.name != "postgresql":
        values = [_encoded(table, name, of, blobs.to_blobs) for name, of in columns.items()]
        batch = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    elif connection.scalar(select(func.row_security_active(table.name))):  # it takes no COPY
        batch = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    else:
        for name, of in columns.items():
            if isinstance(table.columns[name].type, Words):
                held_text("".join(filter(None, of)), name)  # COPY asks no type; one look at all
        values = [_encoded(table, name, of, blobs.to_ewkbs) for name, of in columns.items()]
        _copy(connection, table, names, zip(*values, strict=True))
        return
    if batch:
        connection.execute(insert(table), batch)


def _encoded(
    table: Table, name: str, values: Sequence[Any], encode: Callable[[Sequence[Any]], Sequence[Any]]
) -> Sequence[Any]:
    return encode(values) if isinstance(table.columns[name].type, Shape) else values


def _copy(connection: Connection, table: Table, names: list[str], rows: Any) -> None:
    from psycopg import sql  # noqa: PLC0415 - a file needs no driver of a server

    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = cast("Psycopg[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_copy_type(table.columns[name].type) for name in names])
        for row in rows:
            copy.write_row(row)


def _copy_type(of: TypeEngine[Any]) -> str:
    return next(name for kind, name in _COPY_TYPES if isinstance(of, kind))


def update_rows(
    connection: Connection, table: Table, key: str, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Change rows, given as columns of plain Python values and shapely geometries.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    table
        The table.
    key
        The column, among those given, that says which row.
    columns
        Values by column name, all of one length.
    """
    names = [name for name in columns if name != key]
    statement = update(table).where(table.columns[key] == bindparam("of_row"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in names})
    given = ["of_row", *(f"new_{name}" for name in names)]
    found = zip(columns[key], *(columns[name] for name in names), strict=True)
    batch = [dict(zip(given, row, strict=True)) for row in found]
    if batch:
        connection.execute(statement, batch)


def read(
    connection: Connection,
    columns: Sequence[Column[Any]],
    where: Sequence[ColumnElement[bool]] = (),
    order_by: Sequence[ColumnElement[Any]] = (),
) -> pd.DataFrame:
    """Read columns of one table into a frame; a GeoDataFrame in EPSG:4326 if one is geometry.

    Returns
    -------
    pandas.DataFrame
        Text as `str`, days as `datetime64[ms]`, moments as `datetime64[ms, UTC]`, whole numbers
        as `int64`, others as `float64`.
    """
    dialect = connection.dialect.name
    chosen = [wkb(each, dialect) if isinstance(each.type, Shape) else each for each in columns]
    found = connection.execute(select(*chosen).where(*where).order_by(*order_by)).all()
    values = list(zip(*found, strict=True)) or [()] * len(columns)
    frame = pd.DataFrame(
        {each.name: _column(each, of, dialect) for each, of in zip(columns, values, strict=True)}
    )
    shape = next((each.name for each in columns if isinstance(each.type, Shape)), None)
    return frame if shape is None else gpd.GeoDataFrame(frame, geometry=shape, crs=CRS)


def as_read(
    columns: Sequence[Column[Any]], values: Mapping[str, Sequence[Any]], count: int
) -> pd.DataFrame:
    """Return rows that are not written as `read` would give them; what is not said is null.

    Parameters
    ----------
    columns
        The columns of one table.
    values
        Plain Python values and shapely geometries by column name, as for `insert_rows`.
    count
        How many rows.
    """
    none = [None] * count
    frame = {
        each.name: gpd.GeoSeries(values.get(each.name, none), crs=CRS)
        if isinstance(each.type, Shape)
        else _column(each, values.get(each.name, none), "")
        for each in columns
    }
    shape = next((each.name for each in columns if isinstance(each.type, Shape)), None)
    return pd.DataFrame(frame) if shape is None else gpd.GeoDataFrame(frame, geometry=shape)


def wkb(column: Column[Any], dialect: str) -> ColumnElement[bytes]:
    """Return a column of geometry as little-endian well-known binary; in a file as its blob."""
    if dialect == "postgresql":
        return func.ST_AsBinary(type_coerce(column, NullType()), "NDR", type_=LargeBinary)
    return type_coerce(column, LargeBinary())


def _column(column: Column[Any], values: Sequence[Any], dialect: str) -> Any:
    kind = column.type
    if isinstance(kind, Shape):
        wkbs = values if dialect == "postgresql" else [blobs.wkb_of(value) for value in values]
        return gpd.GeoSeries(blobs.from_wkbs(wkbs), crs=CRS)
    if isinstance(kind, Words):
        return pd.Series(list(values), dtype="str")
    if isinstance(kind, Date):
        return np.array(values, dtype="datetime64[ms]")
    if isinstance(kind, Moment):
        return pd.Series(pd.DatetimeIndex(list(values), dtype="datetime64[ms, UTC]"))
    if isinstance(kind, Boolean):
        return np.array(values, dtype=bool)
    whole = isinstance(kind, Integer) and not column.nullable
    return np.array(values, dtype=np.int64 if whole else np.float64)
