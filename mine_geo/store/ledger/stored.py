"""The ledger as a database keeps it: its events, and the hazard layer that follows from them.

The layer says what the events say of each hazard now, kept ready to be read. It is written in the
same transaction as the events, from a fold of only those hazards that they concern, and can be
made anew from the events at any time. What may be written is judged in `judging`. Polygons are
EPSG:4326, sizes m².

Which hazards belong together: those that are folded together, and those that are kin.

Folded together are those that transfers link, and those that overlap. Transfers move land between
hazards, so these share their state. Hazards whose polygons meet share only the credit for land
released over both: it needs the releases of the neighbours, not more.

Kin are those that a map for everybody shows or withholds all together. Divisions and mergers make
kin, and amendments do: land that one took off a hazard and that was registered as another one lies
where the first was. EPSG:4326.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlalchemy.types import NullType

from mine_geo.disclosure.withholding import safely
from mine_geo.errors import RecordError
from mine_geo.geo.blobs import SRID
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.ledger.cut import LEAST_M2, areal
from mine_geo.ledger.events import ATTRIBUTES
from mine_geo.ledger.fold import PARENT, linked
from mine_geo.store import chain
from mine_geo.store.engines import is_writing
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import EVENT, HAZARD
from mine_geo.terms import CRS, EVENT_COLUMNS, EVENT_TYPES, HAZARD_COLUMNS, ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection


HASH: Final = "geometry_hash"
DERIVED: Final = ("size_m2", HASH, "geometry")
MANY: Final = 500
"""More ids than this are not asked for one by one: the whole table is read."""
RANK: Final = {name: rank for rank, name in enumerate(EVENT_TYPES)}
"""In which order events of one day are folded, by their type."""

Columns = dict[str, list[Any]]


def columns_of(hazards: gpd.GeoDataFrame, extras: list[str | None], *, synthetic: bool) -> Columns:
    """Return canonical hazards as the columns of the layer.

    Parameters
    ----------
    hazards
        A canonical table in EPSG:4326, its sizes computed; `parent_id` if there is any. A closed
        hazard has an empty polygon.
    extras
        Their further columns, as `content.extra_texts` writes them.
    synthetic
        Whether they are invented.
    """
    empty = hazards.geometry.is_empty.to_numpy()
    hashes = content.geometry_hashes(hazards.geometry)
    parents = content.plain(hazards[PARENT]) if PARENT in hazards else [None] * len(hazards)
    return {
        "hazard_id": hazards["hazard_id"].tolist(),
        **{name: content.plain(hazards[name]) for name in ATTRIBUTES},
        "surveyed_on": days(hazards["surveyed_on"]),
        "reported_size_m2": floats(content.plain(hazards["reported_size_m2"])),
        PARENT: parents,
        "synthetic": [synthetic] * len(hazards),
        "extra": extras,
        "size_m2": hazards["size_m2"].tolist(),
        HASH: [None if gone else each for each, gone in zip(hashes, empty, strict=True)],
        "geometry": list(hazards.geometry),
    }


def days(column: pd.Series[Any]) -> list[date | None]:
    """Return days as the database takes them."""
    return column.to_numpy().astype("datetime64[D]").astype(object).tolist()  # NaT is None


def floats(values: list[Any]) -> list[float | None]:
    """Return numbers as the database takes them."""
    return [None if value is None else float(value) for value in values]


class Folded(NamedTuple):
    """What a fold says of some hazards, as columns of the layer; looks into no store."""

    ids: frozenset[str]
    columns: Columns
    extras: list[dict[str, Any]]
    """The further columns of each."""
    bounds: list[float] | None
    """How far they reach: minx, miny, maxx, maxy in degrees."""

    @classmethod
    def of(cls, folded: gpd.GeoDataFrame, ids: Collection[str]) -> Folded:
        """Return it from `Fold.hazards`; rows of other hazards are left alone."""
        table = folded[folded["hazard_id"].isin(set(ids))]
        left = table[~table.geometry.is_empty]
        return cls(
            frozenset(ids),
            columns_of(table, [None] * len(table), synthetic=False),
            content.extras(table, (*HAZARD_COLUMNS, PARENT)),
            left.total_bounds.tolist() if len(left) else None,
        )


def write_hazards(
    connection: Connection,
    folded: Folded,
    now: datetime,
    *,
    synthetic: bool,
    extras: dict[str, str | None] | None = None,
) -> None:
    """Write what a fold says of some hazards, in place of what the layer says of them.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    folded
        What it says. A hazard that the fold does not have is taken out of the register.
    now
        The moment of the change.
    synthetic
        Whether the store holds invented data.
    extras
        Further columns of new hazards, for their order.
    """
    there = _extras(connection, folded.ids)
    ids = folded.columns["hazard_id"]
    columns = folded.columns | {
        "synthetic": [synthetic] * len(ids),
        "extra": _in_order(ids, folded.extras, {**(extras or {}), **there}),
    }
    put_hazards(connection, columns, there)
    lost = sorted(set(there) - set(ids))
    nothing: Columns = {name: [None] * len(lost) for name in ("status", PARENT, HASH, "geometry")}
    nothing |= {"hazard_id": lost, "size_m2": [0] * len(lost)}
    rows.update_rows(connection, HAZARD, "hazard_id", nothing)
    gpkg.touch(connection, HAZARD.name, now, folded.bounds)


def put_hazards(connection: Connection, columns: Columns, there: Collection[str]) -> None:
    """Write rows of the layer: new ones, and those of hazards that have a row."""
    known = [hazard in there for hazard in columns["hazard_id"]]
    rows.insert_rows(connection, HAZARD, pick(columns, [not each for each in known]))
    rows.update_rows(connection, HAZARD, "hazard_id", pick(columns, known))


def pick(columns: Columns, wanted: list[bool]) -> Columns:
    """Return the wanted rows of columns."""
    return {
        name: [value for value, take in zip(values, wanted, strict=True) if take]
        for name, values in columns.items()
    }


def _extras(connection: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """Return the further columns of those of the hazards that have a row."""
    query = select(HAZARD.c.hazard_id, HAZARD.c.extra)
    if len(ids) <= MANY:
        query = query.where(HAZARD.c.hazard_id.in_(ids))
    wanted = set(ids)
    found = connection.execute(query)
    return {row.hazard_id: row.extra for row in found if row.hazard_id in wanted}


def _folded(hazards: gpd.GeoDataFrame, there: dict[str, str | None], *, synthetic: bool) -> Columns:
    """Return folded hazards as columns; further columns in the order in which they came in."""
    said = content.extras(hazards, (*HAZARD_COLUMNS, PARENT))
    texts = _in_order(hazards["hazard_id"], said, there)
    return columns_of(hazards, texts, synthetic=synthetic)


def _in_order(
    ids: Iterable[str], said: Iterable[dict[str, Any]], there: dict[str, str | None]
) -> list[str | None]:
    """Return the further columns of hazards as texts, in the order in which they came in."""
    texts = []
    for hazard, new in zip(ids, said, strict=True):
        before = dict.fromkeys(json.loads(there.get(hazard) or "{}"))
        texts.append(before | {name: value for name, value in new.items() if value is not None})
    return content.extra_texts(texts)


def columns_after(hazards: gpd.GeoDataFrame) -> Columns:
    """Return what the layer would say of folded hazards; further columns in no known order."""
    return _folded(hazards, {}, synthetic=False)


def differences(
    connection: Connection, folded: gpd.GeoDataFrame, *, synthetic: bool
) -> pd.DataFrame:
    """Compare the layer with a fold of all events.

    Returns
    -------
    pandas.DataFrame
        `hazard_id`, `column`, `kept` (in the layer), `folded` (from the events), as text; polygons
        by their hash. A hazard that is on one side only has the row `hazard_id`.
    """
    names = ["hazard_id", *ATTRIBUTES, PARENT, "synthetic", "extra", *DERIVED]
    kept = rows.read(
        connection, [HAZARD.c[name] for name in names], [HAZARD.c.status.is_not(None)]
    ).set_index("hazard_id")
    there = dict(zip(kept.index, _texts(kept, "extra"), strict=True))
    new = _folded(folded, there, synthetic=synthetic)
    kept_columns = {name: _texts(kept, name) for name in kept.columns}
    before = dict(zip(kept.index, zip(*kept_columns.values(), strict=True), strict=True))
    columns = {name: new[name] for name in kept.columns} | {"geometry": hexes(new["geometry"])}
    after = dict(zip(new["hazard_id"], zip(*columns.values(), strict=True), strict=True))
    found: list[tuple[str, str, str | None, str | None]] = [
        (name, "hazard_id", name, None) for name in before if name not in after
    ]
    for hazard, values in after.items():
        if hazard not in before:
            found.append((hazard, "hazard_id", None, hazard))
            continue
        for name, old, one in zip(columns, before[hazard], values, strict=True):
            same = _same_extra(old, one) if name == "extra" else old == one
            if not same:
                found.append((hazard, name, shown(name, old), shown(name, one)))
    table = pd.DataFrame(found, columns=["hazard_id", "column", "kept", "folded"])
    return table.astype("str").sort_values(["hazard_id", "column"], ignore_index=True)


def _texts(table: pd.DataFrame, name: str) -> list[Any]:
    if name == "geometry":
        return hexes(list(table["geometry"]))
    if name == "surveyed_on":
        return days(table[name])
    return content.plain(table[name])


def hexes(polygons: list[Any]) -> list[str | None]:
    """Return each polygon, to the last bit, as text; none as None."""
    there = [None if each is None or each.is_empty else each for each in polygons]
    return list(shapely.to_wkb(there, hex=True, byte_order=1))


def _same_extra(one: str | None, other: str | None) -> bool:
    said = [json.loads(text or "{}") for text in (one, other)]
    found = [{name: value for name, value in each.items() if value is not None} for each in said]
    return bool(found[0] == found[1])


def shown(name: str, value: Any) -> str | None:
    """Return a value as a list of differences shows it; a polygon by its hash."""
    if name == "geometry" and value is not None:
        return content.digest(value)
    return None if value is None else str(value)


def read_events(connection: Connection, ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the events of some hazards, or of all, as an events table."""
    many = ids is None or len(ids) > MANY
    where = [] if many else [EVENT.c.hazard_id.in_(ids or ())]
    found = rows.read(connection, [EVENT.c[name] for name in EVENT_COLUMNS], where)
    if ids is not None and many:
        found = found[found["hazard_id"].isin(set(ids))].reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def event_columns(frame: gpd.GeoDataFrame) -> Columns:
    """Return an events table as columns; nothing is checked."""
    whole = {*ITEM_COLUMNS, "outside_m2"}
    columns: Columns = {}
    for name in EVENT_COLUMNS[:-1]:
        values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
        columns[name] = [
            None if value is None else round(value) if name in whole else value for value in values
        ]
    columns["happened_on"] = days(frame["happened_on"])
    columns["recorded_at"] = [moment.to_pydatetime() for moment in frame["recorded_at"]]
    columns["geometry"] = list(frame.geometry)
    return columns


def insert_events(connection: Connection, columns: Columns, now: datetime) -> None:
    """Write events, given as columns, as they are."""
    if any(each is None for each in columns["event_id"]):
        raise RecordError("an event has no event_id; give each event its id")
    put_events(connection, columns)
    drawn = [each for each in columns["geometry"] if each is not None]
    bounds = shapely.total_bounds(drawn).tolist() if drawn else None
    gpkg.touch(connection, EVENT.name, now, bounds)


def put_events(connection: Connection, columns: Columns) -> None:
    """Write events, given as columns, as the next of the chain."""
    if connection.dialect.name != "postgresql":  # there a trigger does it
        columns = columns | chain.links(chain.head(connection), columns)
    rows.insert_rows(connection, EVENT, columns)


DRAWING: Final = ("registered", "amended", "transferred")
"""The events that give a hazard a polygon, or take land from one for others."""
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
    found, sides = set(ids), list(new)
    query = select(EVENT.c.transfer_id, EVENT.c.hazard_id).where(EVENT.c.transfer_id.is_not(None))
    reached = set(found)
    while reached:
        if len(found) > MANY:
            there = [(row.transfer_id, row.hazard_id) for row in connection.execute(query)]
            both = pd.DataFrame([*there, *sides], columns=["transfer_id", "hazard_id"], dtype="str")
            return linked(both, found)
        # by the indexes, from what was reached last; most hazards were never divided or merged
        of = select(EVENT.c.transfer_id).where(
            EVENT.c.hazard_id.in_(reached), EVENT.c.transfer_id.is_not(None)
        )
        moved = set(connection.scalars(of)).union(t for t, h in sides if h in reached)
        grown = {h for t, h in sides if t in moved}
        if moved:
            grown.update(
                connection.scalars(select(EVENT.c.hazard_id).where(EVENT.c.transfer_id.in_(moved)))
            )
        reached = grown - found
        found |= reached
    return found


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
            drawn = table["event_type"].isin(DRAWING) & table.geometry.notna()
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
        return cls(*_with(drawn, reaches(connection)), families(connection))

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
                one.c.event_type.in_(DRAWING),
                other.c.event_type.in_(DRAWING),
            )
        )
    )
    if not len(drawn.ids):
        return found
    found = found.union(*(within(connection, each, drawn) for each in drawn.of_hazards(wanted)))
    there = reaches(connection, wanted)[1]
    return found.union(*(drawn.ids[_meeting(drawn.bounds, each)] for each in there))


def _by_tree(connection: Connection, wanted: set[str], drawn: Drawn) -> set[str]:
    ids, bounds = _with(drawn, reaches(connection))
    mine = pd.Index(ids).isin(wanted)
    if mine.sum() <= MANY:
        found = wanted.union(*(ids[_meeting(bounds, each)] for each in bounds[mine]))
        return set(found)
    tree = shapely.STRtree(shapely.box(*bounds.T))
    return wanted | set(ids[tree.query(shapely.box(*bounds[mine].T))[1]])


def _with(drawn: Drawn, reaches: tuple[Any, Any]) -> tuple[Any, Any]:
    ids, bounds = reaches
    return np.concatenate([ids, drawn.ids]), np.concatenate([bounds, drawn.bounds])


def meet(bounds: NDArray[np.float64], boxes: NDArray[np.float64]) -> bool:
    """Tell whether any of some bounds (minx, miny, maxx, maxy) meets any of some boxes."""
    return any(bool(_meeting(boxes, each).any()) for each in bounds)


def _meeting(bounds: Any, box: Any) -> Any:
    """Tell which bounds (minx, miny, maxx, maxy) meet a box."""
    west, south, east, north = bounds.T
    return (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])


def reaches(connection: Connection, of: Collection[str] | None = None) -> tuple[Any, Any]:
    """Return hazard and bounds (minx, miny, maxx, maxy) of polygons ever drawn; of all, or some."""
    if connection.dialect.name != "postgresql":
        known = _Envelopes.up_to_now(connection)
        mine = slice(None) if of is None else pd.Index(known.ids).isin(set(of))
        return known.ids[mine], known.bounds[mine]
    drawn = EVENT.c.event_type.in_(DRAWING) & EVENT.c.geometry.is_not(None)
    if of is not None:
        drawn &= EVENT.c.hazard_id.in_(of)
    shape = type_coerce(EVENT.c.geometry, NullType())
    edges = [getattr(func, f"ST_{name}")(shape) for name in ("XMin", "XMax", "YMin", "YMax")]
    found = connection.execute(select(EVENT.c.hazard_id, *edges).where(drawn)).all()
    numbers = np.array([row[1:] for row in found], dtype=float).reshape(-1, 4)
    ids = np.array([row[0] for row in found], dtype=object)
    return ids, numbers[:, [0, 2, 1, 3]]


class _Envelopes(NamedTuple):
    """The polygons ever drawn in a GeoPackage, which has no index of them.

    What an event says never changes: so a connection that has read them once reads only those that
    came since.
    """

    fids: NDArray[np.int64]
    ids: NDArray[np.object_]
    bounds: NDArray[np.float64]
    """minx, miny, maxx, maxy in degrees, a row each."""

    @classmethod
    def up_to_now(cls, connection: Connection) -> _Envelopes:
        """Return all that a connection sees, and keep what cannot be undone any more."""
        known: _Envelopes = connection.info.get(cls) or cls(
            np.empty(0, dtype=np.int64), np.empty(0, dtype=object), np.empty((0, 4))
        )
        last = int(known.fids[-1]) if len(known.fids) else 0
        blob = func.substr(type_coerce(EVENT.c.geometry, LargeBinary()), *_ENVELOPE)
        query = select(EVENT.c.fid, EVENT.c.hazard_id, type_coerce(blob, LargeBinary())).where(
            EVENT.c.fid > last, EVENT.c.event_type.in_(DRAWING), EVENT.c.geometry.is_not(None)
        )
        found = connection.execute(query.order_by(EVENT.c.fid)).all()
        if not found:
            return known
        numbers = np.frombuffer(b"".join(row[2] for row in found), dtype="<f8").reshape(-1, 4)
        new = cls(
            np.concatenate([known.fids, [row[0] for row in found]]),
            np.concatenate([known.ids, np.array([row[1] for row in found], dtype=object)]),
            np.concatenate([known.bounds, numbers[:, [0, 2, 1, 3]]]),
        )
        if not is_writing(connection):  # else it may be rolled back
            connection.info[cls] = new
        return new


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
        return found.union(connection.scalars(query.where(meets, EVENT.c.event_type.in_(DRAWING))))
    ids, reach = reaches(connection)
    return found.union(ids[_meeting(reach, bounds)])


def widened(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes (minx, miny, maxx, maxy in degrees, a row each) with 0.1 m more on each side."""
    return bounds + np.array([-1, -1, 1, 1]) * 1e-6


def near(connection: Connection, bounds: NDArray[np.float64]) -> set[str]:
    """Return the hazards whose polygons, as they were ever drawn, may come within 0.1 m of boxes.

    Parameters
    ----------
    connection
        A connection to a store.
    bounds
        minx, miny, maxx, maxy in degrees, a row each; few.
    """
    wider = widened(bounds)
    nothing = Drawn.of([])
    if connection.dialect.name == "postgresql":
        return set[str]().union(*(within(connection, each, nothing) for each in wider))
    ids, reach = reaches(connection)
    return set[str]().union(*(ids[_meeting(reach, each)] for each in wider))


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
    where = [EVENT.c.event_type.in_(DRAWING), EVENT.c.geometry.is_not(None)]
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
