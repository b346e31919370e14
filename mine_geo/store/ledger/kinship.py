"""Which hazards are kin: what a map for everybody shows or withholds of them all together.

Divisions and mergers make kin, and amendments do: land that one took off a hazard and that was
registered as another one lies where the first was. EPSG:4326.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.disclosure.withholding import safely
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.ledger.attributes import PARENT
from mine_geo.ledger.cut import LEAST_M2, areal
from mine_geo.store.ledger import neighbours
from mine_geo.store.ledger.projection import MANY
from mine_geo.store.schema import rows
from mine_geo.store.schema.models import EVENT, HAZARD
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


_DRAWN: Final = ("registered", "amended", "transferred")


def kin(connection: Connection) -> gpd.GeoDataFrame:
    """Return every link between two hazards: `hazard_id`, `kin`, no polygon.

    What was retracted links still: the land was drawn.
    """
    found = pd.DataFrame(
        [*_transfers(connection), *_parents(connection), *_registered_again(connection)],
        columns=["hazard_id", "kin"],
    ).drop_duplicates()
    nothing = gpd.GeoSeries([None] * len(found), index=found.index, crs=CRS)
    return gpd.GeoDataFrame(found, geometry=nothing, crs=CRS)


def waiting_on_amended_land(connection: Connection, waiting: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return each waiting polygon on land that an amendment took off a hazard, by that hazard.

    Parameters
    ----------
    connection
        A connection to a store.
    waiting
        Waiting hazards (EPSG:4326); those without a polygon lie nowhere.
    """
    drawn = waiting[waiting.geometry.notna()]
    ids, land = _amended_away(connection)
    polygons = safely(drawn.geometry)
    pairs = _meeting(land, polygons)
    return gpd.GeoDataFrame(
        {"hazard_id": ids[pairs[0]]}, geometry=list(polygons[pairs[1]]), crs=CRS
    )


def _transfers(connection: Connection) -> list[tuple[str, str]]:
    """Return both hazards of each two sides of a transfer that come one after the other."""
    query = select(EVENT.c.transfer_id, EVENT.c.hazard_id)
    first: dict[str, str] = {}
    return [
        (hazard_id, first.setdefault(transfer, hazard_id))
        for transfer, hazard_id in connection.execute(query.where(EVENT.c.transfer_id.is_not(None)))
    ]


def _parents(connection: Connection) -> list[tuple[str, str]]:
    """Return what hazards, closed ones too, say of their parents."""
    query = select(HAZARD.c.hazard_id, HAZARD.c[PARENT]).where(HAZARD.c[PARENT].is_not(None))
    return [(own, parent) for own, parent in connection.execute(query)]


def _registered_again(connection: Connection) -> list[tuple[str, str]]:
    """Return hazards that were drawn on land which an amendment took off another one."""
    ids, land = _amended_away(connection)
    if not len(ids):
        return []
    around = neighbours.overlapping(connection, set(ids), neighbours.Drawn.of([]))
    events = _drawn(connection, around)
    others = events["hazard_id"].to_numpy(dtype=object)
    one, other = _meeting(land, safely(events.geometry))
    apart = ids[one] != others[other]
    return list(zip(others[other][apart], ids[one][apart], strict=True))


def _drawn(connection: Connection, ids: Collection[str]) -> gpd.GeoDataFrame:
    """Return the polygons of hazards as they were drawn, in the order of what happened."""
    names = ("event_id", "hazard_id", "event_type", "happened_on", "recorded_at", "geometry")
    where = [EVENT.c.event_type.in_(_DRAWN), EVENT.c.geometry.is_not(None)]
    if len(ids) <= MANY:
        where.append(EVENT.c.hazard_id.in_(ids))
    found = rows.read(connection, [EVENT.c[name] for name in names], where)
    found = found[found["hazard_id"].isin(set(ids))]
    order = ["happened_on", "recorded_at", "event_id"]
    return gpd.GeoDataFrame(found.sort_values(order, ignore_index=True), crs=CRS)


def _amended_away(connection: Connection) -> tuple[Any, Any]:
    """Return hazards, and the land that an amendment took off each: drawn before, and not in it."""
    query = select(EVENT.c.hazard_id).distinct().where(EVENT.c.event_type == "amended")
    ids = set(connection.scalars(query))
    events = _drawn(connection, ids) if ids else None
    owners: list[str] = []
    land: list[Any] = []
    if events is not None:
        for hazard_id, mine in events.groupby("hazard_id"):
            polygons = safely(mine.geometry)
            for place in np.flatnonzero(mine["event_type"].to_numpy() == "amended"):
                if place:
                    before = shapely.union_all(polygons[:place])
                    owners.append(str(hazard_id))
                    land.append(shapely.difference(before, polygons[place]))
    return np.array(owners, dtype=object), np.array(land, dtype=object)


def _meeting(land: Any, polygons: Any) -> Any:
    """Return the places of each two, in order, that share ground: more than rounds to nothing."""
    if not len(land) or not len(polygons):
        return np.empty((2, 0), dtype=np.int64)
    pairs = shapely.STRtree(polygons).query(land, predicate="intersects")
    shared = shapely.intersection(land[pairs[0]], polygons[pairs[1]])
    return pairs[:, exact_size_m2([areal(each) for each in shared]) >= LEAST_M2]
