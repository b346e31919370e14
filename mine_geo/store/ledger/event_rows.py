"""The rows of the ledger: events out of a store as a table, and a table of them into it.

What may be written is judged in `judging`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from mine_geo.errors import RecordError
from mine_geo.store.ledger import projection
from mine_geo.store.schema import gpkg, rows
from mine_geo.store.schema.models import EVENT
from mine_geo.terms import CRS, EVENT_COLUMNS, ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


MANY: Final = projection.MANY


def read(connection: Connection, ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the events of some hazards, or of all, as an events table."""
    many = ids is None or len(ids) > MANY
    where = [] if many else [EVENT.c.hazard_id.in_(ids or ())]
    found = rows.read(connection, [EVENT.c[name] for name in EVENT_COLUMNS], where)
    if ids is not None and many:
        found = found[found["hazard_id"].isin(set(ids))].reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def insert(connection: Connection, frame: gpd.GeoDataFrame, now: datetime) -> None:
    """Write an events table as it is; nothing is checked."""
    whole = {*ITEM_COLUMNS, "outside_m2"}
    columns: dict[str, list[Any]] = {}
    for name in EVENT_COLUMNS[:-1]:
        values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
        columns[name] = [
            None if value is None else round(value) if name in whole else value for value in values
        ]
    columns["happened_on"] = projection.days(frame["happened_on"])
    columns["recorded_at"] = [moment.to_pydatetime() for moment in frame["recorded_at"]]
    columns["geometry"] = list(frame.geometry)
    if any(each is None for each in columns["event_id"]):
        raise RecordError("an event has no event_id; give each event its id")
    rows.insert_rows(connection, EVENT, columns)
    drawn = frame.geometry[frame.geometry.notna()]
    bounds = drawn.total_bounds.tolist() if len(drawn) else None
    gpkg.touch(connection, EVENT.name, now, bounds)
