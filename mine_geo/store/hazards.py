"""Hazards out of a store, as the canonical table (EPSG:4326, m²)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
from sqlalchemy import Table, exists, false, func, or_, select, true

from mine_geo import admin_names
from mine_geo.errors import UnknownNameError, choose
from mine_geo.store import content, rows
from mine_geo.store.models import Hazard
from mine_geo.terms import HAZARD_COLUMNS, KINDS, WORKBENCH

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_TABLE: Final[Table] = Hazard.__table__  # type: ignore[assignment]
HASH: Final = "geometry_hash"


def read(connection: Connection, where: list[ColumnElement[bool]]) -> gpd.GeoDataFrame:
    """Read hazards in the order of their ids, with `geometry_hash` beside the canonical columns."""
    names = (*HAZARD_COLUMNS, "synthetic", "extra", HASH)
    found = rows.read(
        connection,
        [_TABLE.c[name] for name in names],
        [_TABLE.c.geometry.is_not(None), *where],
    ).sort_values("hazard_id", ignore_index=True)  # not by the collation of the database
    frame = gpd.GeoDataFrame(found.drop(columns="extra"))
    if not frame["synthetic"].any():
        frame = frame.drop(columns="synthetic")
    return content.with_extras(frame, found["extra"].tolist())


def conditions(
    connection: Connection,
    *,
    province: str | None,
    district: str | None,
    kind: str | None,
    workbench: str,
) -> list[ColumnElement[bool]]:
    """Return what to ask for; see `Store.hazards`.

    Raises
    ------
    UnknownNameError
        If a name is neither in the table of names nor recorded in the store.
    OptionError
        If `kind` or `workbench` is unknown.
    """
    where: list[ColumnElement[bool]] = []
    if kind is not None:
        where.append(_TABLE.c.kind == choose(kind, KINDS, "kind"))
    wanted = choose(workbench, WORKBENCH, "workbench")
    if wanted != "include":
        where.append(_TABLE.c.in_workbench == (true() if wanted == "only" else false()))
    if province is not None:
        where.append(_place(connection, "province", province, None))
    if district is not None:
        where.append(_place(connection, "district", district, province))
    return where


def _place(
    connection: Connection, unit: str, name: str, province: str | None
) -> ColumnElement[bool]:
    """Match a recorded province or district: by code, else by the name as it was recorded."""
    code, text = _TABLE.c[f"{unit}_code"], _TABLE.c[unit]
    as_written = code.is_(None) & (func.lower(text) == name.strip().lower())
    try:
        if unit == "province":
            found = admin_names.province_code(name)
        else:
            found = admin_names.district_code(name, province)
    except UnknownNameError:
        recorded = or_(as_written, code == name.strip())
        if not connection.scalar(select(exists().where(recorded))):
            raise
        return recorded
    return or_(code == found, as_written)
