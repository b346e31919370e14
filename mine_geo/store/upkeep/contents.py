"""What a store holds, table by table: which tables a copy carries, and a hash of each.

Two stores with the same hashes hold the same, whatever they are kept in: a hash is over plain
values and the coordinates of geometries, in the order in which the rows were written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely
from sqlalchemy import LargeBinary, func, inspect, select, type_coerce
from sqlalchemy.types import NullType

from mine_geo.geo import blobs
from mine_geo.store.schema.models import COPIED, LISTS, METADATA, STORE_INFO, TABLES, TAKEN_OVER
from mine_geo.store.schema.rows import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, ColumnElement, Connection, Table


CARRIED: Final = {
    STORE_INFO.name: "its one row: title, whether invented, when made",
    "admin_version": "rows",
    "district": "rows",
    "border_version": "rows",
    "border": "rows",
    "border_distance": "rows",
    "hazard": "rows",
    "event": "rows",
    "event_effect": "rows",
    TAKEN_OVER.name: "rows; the mark of its own that each copy has beside them is in no hash",
    "village_version": "rows",
    "village": "rows",
    "spot_task": "rows",
    "submission": "rows",
    "submitted_record": "rows",
    "submission_finding": "rows",
    **dict.fromkeys(TABLES, "rows"),
    **dict.fromkeys(LISTS, "rows"),
}
"""How a copy carries each table; a table that is not named here would be lost, and fails a test."""
PASSING: Final = frozenset({"writing"})
"""Columns that say what is under way, and are no content."""
BATCH: Final = 20_000
"""Rows that are held at once."""

Row = tuple[Any, ...]


def carried() -> list[Table]:
    """Return the tables that a copy carries, those that others refer to first."""
    return [table for table in METADATA.sorted_tables if table.name in CARRIED]


def columns_there(connection: Connection, table: Table) -> list[Column[Any]]:
    """Return the columns of a table that the store has: one of an earlier schema has fewer."""
    there = inspect(connection)
    if not there.has_table(table.name):
        return []
    names = {each["name"] for each in there.get_columns(table.name)}
    return [each for each in table.columns if each.name in names and each.name not in PASSING]


def batches(connection: Connection, table: Table) -> Iterator[tuple[list[Column[Any]], list[Row]]]:
    """Give the rows of a table as they are kept, in the order of their keys, some at a time.

    Geometries are shapely's, EPSG:4326; all else plain values.
    """
    columns = columns_there(connection, table)
    if not columns:
        return
    dialect = connection.dialect.name
    chosen = [_wkb(each, dialect) if isinstance(each.type, Shape) else each for each in columns]
    shapes = [place for place, each in enumerate(columns) if isinstance(each.type, Shape)]
    last = 0
    while True:
        query = select(*chosen).where(table.c.fid > last).order_by(table.c.fid).limit(BATCH)
        found = [list(row) for row in connection.execute(query)]
        if not found:
            return
        for place in shapes:
            wkbs = [row[place] for row in found]
            if dialect == "sqlite":
                wkbs = [blobs.wkb_of(each) for each in wkbs]
            for row, shape in zip(found, blobs.from_wkbs(wkbs), strict=True):
                row[place] = shape
        last = found[-1][columns.index(table.c.fid)]
        yield columns, [tuple(row) for row in found]


def _wkb(column: Column[Any], dialect: str) -> ColumnElement[bytes]:
    if dialect == "postgresql":
        return func.ST_AsBinary(type_coerce(column, NullType()), type_=LargeBinary)
    return type_coerce(column, LargeBinary())


def fingerprint(connection: Connection) -> pd.DataFrame:
    """Return of each table that a copy carries how many rows it has, and their hash.

    Returns
    -------
    pandas.DataFrame
        `table`, `rows`, `hash` (SHA-256, hexadecimal). A table that a store of an earlier schema
        lacks has no row. That a store was copied is no part of what it holds, and not counted.

    Examples
    --------
    >>> with store._reading() as connection:
    ...     found = fingerprint(connection).set_index("table")["rows"]
    >>> found[["hazard", "event", "border"]].tolist()
    [2, 2, 1]
    """
    found = []
    for table in carried():
        if not columns_there(connection, table):
            continue
        total, count = hashlib.sha256(), 0
        for columns, rows in batches(connection, table):
            names = [each.name for each in columns]
            for row in rows:
                told = {n: _plain(v) for n, v in zip(names, row, strict=True) if v is not None}
                if table is TAKEN_OVER and told["how"] == COPIED:
                    continue
                count += 1
                total.update(json.dumps(told, sort_keys=True, ensure_ascii=False).encode() + b"\n")
        found.append((table.name, count, total.hexdigest()))
    return pd.DataFrame(found, columns=["table", "rows", "hash"])


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True, byte_order=1)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def differing(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """Return the tables of which two fingerprints differ, with their rows.

    Examples
    --------
    >>> one = pd.DataFrame({"table": ["event"], "rows": [2], "hash": ["ab"]})
    >>> differing(one, one), differing(one, one.assign(rows=3, hash="cd"))
    ([], ['event (2 rows, 3 rows)'])
    """
    both = one.merge(other, on="table", how="outer", suffixes=("", "_other"))
    wrong = both[both["hash"] != both["hash_other"]]
    return [
        f"{row.table} ({_count(row.rows)}, {_count(row.rows_other)})" for row in wrong.itertuples()
    ]


def _count(rows: Any) -> str:
    return "not there" if pd.isna(rows) else f"{int(rows):,} rows"
