"""Whole tables in and out: columns into a table at once, and a table into a frame.

PostgreSQL takes a binary COPY, a GeoPackage ready blobs; geometry is read as one column of
well-known binary. Geometry is EPSG:4326 (longitude, latitude in degrees).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Date,
    Double,
    Integer,
    LargeBinary,
    bindparam,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from mine_geo.geo import blobs
from mine_geo.store.schema.types import Moment, Shape, Words, held_text
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection as Psycopg
    from sqlalchemy import Column, ColumnElement, Connection, Table
    from sqlalchemy.types import TypeEngine


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
    on_server = connection.dialect.name == "postgresql"
    encode = blobs.to_ewkbs if on_server else blobs.to_blobs
    values = [
        encode(of) if isinstance(table.columns[name].type, Shape) else of
        for name, of in columns.items()
    ]
    rows = zip(*values, strict=True)
    if on_server:
        for name, of in columns.items():
            if isinstance(table.columns[name].type, Words):
                held_text("".join(filter(None, of)), name)  # COPY asks no type; one look at all
        _copy(connection, table, list(columns), rows)
        return
    names = list(columns)
    batch = [dict(zip(names, row, strict=True)) for row in rows]
    if batch:
        connection.execute(insert(table), batch)


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
    chosen = [_wkb(each, dialect) if isinstance(each.type, Shape) else each for each in columns]
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


def _wkb(column: Column[Any], dialect: str) -> ColumnElement[bytes]:
    if dialect == "postgresql":
        return func.ST_AsBinary(type_coerce(column, NullType()), type_=LargeBinary)
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
