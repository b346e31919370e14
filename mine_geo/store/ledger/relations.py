"""Which hazards belong together: those that are folded together, and those that are kin.

Folded together are those that transfers link, and those that overlap. Transfers move land between
hazards, so these share their state. Hazards whose polygons meet share only the credit for land
released over both: it needs the releases of the neighbours, not more.

Kin are those that a map for everybody shows or withholds all together. Divisions and mergers make
kin, and amendments do: land that one took off a hazard and that was registered as another one lies
where the first was. EPSG:4326.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import LargeBinary, and_, func, select, type_coerce
from sqlalchemy.types import NullType

from mine_geo.disclosure.withholding import safely
from mine_geo.geo.blobs import SRID
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.ledger.cut import LEAST_M2, areal
from mine_geo.ledger.fold import PARENT, linked
from mine_geo.store.ledger.stored import MANY
from mine_geo.store.schema import rows
from mine_geo.store.schema.models import EVENT, HAZARD
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection


_DRAWN: Final = ("registered", "amended", "transferred")
_ENVELOPE: Final = (9, 32)
"""Where a GeoPackage blob of ours says how far it reaches: first byte, bytes."""


def together(
    connection: Connection, ids: Iterable[str], new: Iterable[tuple[str, str]] = ()
) -> set[str]:
    """Return these hazards and all that transfers link them with.

    Parameters
    ----------
    connection
        A connection to a store.
    ids
        Hazards.
    new
        Transfers that are about to be written: transfer_id and hazard_id of each side.
    """
    there = connection.execute(
        select(EVENT.c.transfer_id, EVENT.c.hazard_id).where(EVENT.c.transfer_id.is_not(None))
    )
    sides = [*(tuple(row) for row in there), *new]
    return linked(pd.DataFrame(sides, columns=["transfer_id", "hazard_id"], dtype="str"), ids)


def families(connection: Connection) -> dict[str, set[str]]:
    """Return, for each hazard that was ever divided or merged, all that transfers link it with."""
    sides = connection.execute(
        select(EVENT.c.transfer_id, EVENT.c.hazard_id).where(EVENT.c.transfer_id.is_not(None))
    )
    by_transfer: dict[str, set[str]] = {}
    for transfer, hazard_id in sides:
        by_transfer.setdefault(transfer, set()).add(hazard_id)
    found: dict[str, set[str]] = {}
    for ids in by_transfer.values():
        family = ids.union(*(found.get(each, ()) for each in ids))
        found.update(dict.fromkeys(family, family))
    return found


class Drawn(NamedTuple):
    """Polygons of hazards that are judged and not written yet."""

    ids: NDArray[np.object_]
    bounds: NDArray[np.float64]
    """minx, miny, maxx, maxy in degrees, a row each."""

    @classmethod
    def of(cls, events: Sequence[gpd.GeoDataFrame]) -> Drawn:
        """Return those of events tables (EPSG:4326); of releases there are none."""
        ids, bounds = [np.empty(0, dtype=object)], [np.empty((0, 4))]
        for table in events:
            drawn = table["event_type"].isin(_DRAWN) & table.geometry.notna()
            ids.append(table["hazard_id"].to_numpy(dtype=object)[drawn])
            bounds.append(table.geometry[drawn].bounds.to_numpy())
        return cls(np.concatenate(ids), np.concatenate(bounds))

    def of_hazards(self, ids: Collection[str]) -> NDArray[np.float64]:
        """Return the bounds of some hazards."""
        return self.bounds[np.isin(self.ids, list(ids))]


class Reach(NamedTuple):
    """How far the polygons of hazards ever reached: read once, where much is asked."""

    ids: NDArray[np.object_]
    bounds: NDArray[np.float64]
    """minx, miny, maxx, maxy in degrees, a row each."""
    families: dict[str, set[str]]

    @classmethod
    def read(cls, connection: Connection, drawn: Drawn) -> Reach:
        """Return that of all hazards of a store, with polygons that are not written yet."""
        return cls(*_with(drawn, _reaches(connection)), families(connection))

    def together(self, ids: Iterable[str]) -> set[str]:
        """Return these hazards and all that written transfers link them with."""
        return set[str]().union(*(self.families.get(each, {each}) for each in ids))

    def meeting(self, boxes: Sequence[Any]) -> list[set[str]]:
        """Return, for each box, the hazards whose polygons may meet it."""
        found: list[set[str]] = [set() for _ in boxes]
        tree = shapely.STRtree(shapely.box(*self.bounds.T))
        for place, other in zip(*tree.query(boxes), strict=True):
            found[place].add(self.ids[other])
        return found

    def overlapping(self, ids: Collection[str]) -> dict[str, set[str]]:
        """Return, for each of these hazards, those whose polygons may meet its own."""
        mine = np.flatnonzero(np.isin(self.ids, list(ids)))
        found: dict[str, set[str]] = {each: {each} for each in ids}
        for place, others in zip(
            mine, self.meeting(shapely.box(*self.bounds[mine].T)), strict=True
        ):
            found[self.ids[place]] |= others
        return found


def overlapping(connection: Connection, ids: Iterable[str], drawn: Drawn) -> set[str]:
    """Return the hazards whose polygons, as they were ever drawn, may meet those of these.

    By bounding boxes: the fold looks more closely.

    Parameters
    ----------
    connection
        A connection to a store.
    ids
        Hazards.
    drawn
        Polygons that are not written yet.
    """
    wanted = set(ids)
    if connection.dialect.name != "postgresql" or len(wanted) > MANY:
        return _by_tree(connection, wanted, drawn)
    one, other = EVENT.alias(), EVENT.alias()
    meet = type_coerce(one.c.geometry, NullType()).op("&&")(
        type_coerce(other.c.geometry, NullType())
    )
    found = wanted.union(
        connection.scalars(
            select(other.c.hazard_id)
            .distinct()
            .join_from(one, other, meet)
            .where(
                one.c.hazard_id.in_(wanted),
                one.c.event_type.in_(_DRAWN),
                other.c.event_type.in_(_DRAWN),
            )
        )
    )
    if not len(drawn.ids):
        return found
    found = found.union(*(within(connection, each, drawn) for each in drawn.of_hazards(wanted)))
    there = _reaches(connection, [EVENT.c.hazard_id.in_(wanted)])[1]
    return found.union(*(drawn.ids[_meeting(drawn.bounds, each)] for each in there))


def _by_tree(connection: Connection, wanted: set[str], drawn: Drawn) -> set[str]:
    ids, bounds = _with(drawn, _reaches(connection))
    mine = np.isin(ids, list(wanted))
    if mine.sum() <= MANY:
        found = wanted.union(*(ids[_meeting(bounds, each)] for each in bounds[mine]))
        return set(found)
    tree = shapely.STRtree(shapely.box(*bounds.T))
    return wanted | set(ids[tree.query(shapely.box(*bounds[mine].T))[1]])


def _with(drawn: Drawn, reaches: tuple[Any, Any]) -> tuple[Any, Any]:
    ids, bounds = reaches
    return np.concatenate([ids, drawn.ids]), np.concatenate([bounds, drawn.bounds])


def _meeting(bounds: Any, box: Any) -> Any:
    """Tell which bounds (minx, miny, maxx, maxy) meet a box."""
    west, south, east, north = bounds.T
    return (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])


def _reaches(connection: Connection, where: Sequence[ColumnElement[bool]] = ()) -> tuple[Any, Any]:
    """Return the hazard and the bounds (minx, miny, maxx, maxy) of each polygon ever drawn."""
    drawn = and_(EVENT.c.event_type.in_(_DRAWN), EVENT.c.geometry.is_not(None), *where)
    if connection.dialect.name == "postgresql":
        shape = type_coerce(EVENT.c.geometry, NullType())
        edges = [getattr(func, f"ST_{name}")(shape) for name in ("XMin", "XMax", "YMin", "YMax")]
        found = connection.execute(select(EVENT.c.hazard_id, *edges).where(drawn)).all()
        numbers = np.array([row[1:] for row in found], dtype=float).reshape(-1, 4)
    else:
        blob = func.substr(type_coerce(EVENT.c.geometry, LargeBinary()), *_ENVELOPE)
        query = select(EVENT.c.hazard_id, type_coerce(blob, LargeBinary())).where(drawn)
        found = connection.execute(query).all()
        numbers = np.frombuffer(b"".join(row[1] for row in found), dtype="<f8").reshape(-1, 4)
    ids = np.array([row[0] for row in found], dtype=object)
    return ids, numbers[:, [0, 2, 1, 3]]


def within(
    connection: Connection, bounds: tuple[float, float, float, float] | Any, drawn: Drawn
) -> set[str]:
    """Return the hazards whose polygons, as they were ever drawn, may meet a box.

    Parameters
    ----------
    connection
        A connection to a store.
    bounds
        minx, miny, maxx, maxy in degrees.
    drawn
        Polygons that are not written yet.
    """
    found = set(drawn.ids[_meeting(drawn.bounds, bounds)])
    if connection.dialect.name == "postgresql":
        shape = type_coerce(EVENT.c.geometry, NullType())
        meets = shape.op("&&")(func.ST_MakeEnvelope(*map(float, bounds), SRID))
        query = select(EVENT.c.hazard_id).distinct()
        return found.union(connection.scalars(query.where(meets, EVENT.c.event_type.in_(_DRAWN))))
    ids, reach = _reaches(connection)
    return found.union(ids[_meeting(reach, bounds)])


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
    pairs = _sharing_ground(land, polygons)
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
    around = overlapping(connection, set(ids), Drawn.of([]))
    events = _drawn(connection, around)
    others = events["hazard_id"].to_numpy(dtype=object)
    one, other = _sharing_ground(land, safely(events.geometry))
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


def _sharing_ground(land: Any, polygons: Any) -> Any:
    """Return the places of each two, in order, that share ground: more than rounds to nothing."""
    if not len(land) or not len(polygons):
        return np.empty((2, 0), dtype=np.int64)
    pairs = shapely.STRtree(polygons).query(land, predicate="intersects")
    shared = shapely.intersection(land[pairs[0]], polygons[pairs[1]])
    return pairs[:, exact_size_m2([areal(each) for each in shared]) >= LEAST_M2]
