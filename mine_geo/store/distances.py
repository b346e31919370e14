"""Distances to the border, each computed once (metres; see `mine_geo.border`).

A distance depends on the polygon, the version of the border, and whether the coast counts; so
that is its key. Thresholds, rules and zones are cheap and never kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.border import border_nearest
from mine_geo.store import content, rows
from mine_geo.store.models import BorderDistance
from mine_geo.store.projection import HASH

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import ColumnElement, Connection, Table

_TABLE: Final[Table] = BorderDistance.__table__  # type: ignore[assignment]
COLUMNS: Final = ("border_distance_m", "neighbour")


def known(connection: Connection, border_fid: int, *, include_coast: bool) -> pd.DataFrame:
    """Return the distances that are kept, by hash of the polygon."""
    where: list[ColumnElement[bool]] = [
        _TABLE.c.version_fid == border_fid,
        _TABLE.c.include_coast == include_coast,
    ]
    found = rows.read(connection, [_TABLE.c[name] for name in (HASH, *COLUMNS)], where)
    return found.set_index(HASH)


def missing(
    hazards: gpd.GeoDataFrame, kept: pd.DataFrame, border: gpd.GeoDataFrame, *, include_coast: bool
) -> pd.DataFrame:
    """Compute the distances of those polygons that are not kept yet, by hash of the polygon."""
    new = hazards[~hazards[HASH].isin(kept.index)].drop_duplicates(HASH)
    if new.empty:
        return kept.iloc[:0]
    computed = border_nearest(new, border, include_coast=include_coast)
    return computed[list(COLUMNS)].set_axis(new[HASH].to_numpy(), axis=0).rename_axis(HASH)


def keep(
    connection: Connection, computed: pd.DataFrame, border_fid: int, *, include_coast: bool
) -> None:
    """Write distances that no one else has written meanwhile; within the write transaction."""
    there = known(connection, border_fid, include_coast=include_coast).index
    new = computed[~computed.index.isin(there)]
    columns: dict[str, list[Any]] = {
        HASH: new.index.tolist(),
        "version_fid": [border_fid] * len(new),
        "include_coast": [include_coast] * len(new),
        "border_distance_m": new["border_distance_m"].astype(float).tolist(),
        "neighbour": content.plain(new["neighbour"]),
    }
    rows.insert_rows(connection, _TABLE, columns)


def aligned(hazards: gpd.GeoDataFrame, kept: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the distances on the index of the hazards."""
    every = new if kept.empty else kept if new.empty else pd.concat([kept, new])
    return every.loc[hazards[HASH]].set_axis(hazards.index, axis=0)
