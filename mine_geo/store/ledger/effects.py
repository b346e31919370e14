"""What the fold says of each event, kept as rows: the present is read, and only a past is folded.

The table `event_effect` has one row an event: its place among those of its hazard, the size before
and after it, what it moved and is credited with (whole m²), the polygon that it left (EPSG:4326),
and what is worth saying; or why it does not count. The rows are written in the transaction of the
events that they follow from, and can be made anew from the events at any time.

What an event did depends on the events of its own hazard and of those that transfers link it with,
and, for the credit of land released over two hazards, on the releases over the same ground. So a
reading as of a day, or as known at a moment, folds the hazards with a later event and those around
them; of all others the rows of today hold.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import exists, or_, select

from mine_geo.geo.cells import day_of, moment_of
from mine_geo.ledger.cut import NOTHING
from mine_geo.ledger.events import ATTRIBUTES, CANNOT_BE
from mine_geo.ledger.fold import DRAWN, EFFECT_COLUMNS, PARENT, Fold, fold
from mine_geo.store.engines import clock
from mine_geo.store.ledger import stored
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import DID, EVENT, EVENT_EFFECT, HAZARD
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from mine_geo.ledger.events import Day, Moment
    from mine_geo.store.ledger.stored import Columns


VOIDED: Final = "voided"
RETRACTION: Final = "retraction"
"""Why an event does not count, beside the codes of `events.CANNOT_BE`."""
_VALUES: Final = ("hazard_id", "counts", "place", "why", *DID, "report", "notes", "geometry")
_OF_EVENT: Final = tuple(name for name in EFFECT_COLUMNS if name not in {*DID, "report"})


def columns_of(events: pd.DataFrame, done: Fold, ids: Collection[str]) -> Columns:
    """Return the rows of some hazards' events, as columns.

    Parameters
    ----------
    events
        All events of those hazards, an events table.
    done
        A fold in which they, and all that decides on their credit, were folded.
    ids
        The hazards.
    """
    mine = pd.DataFrame(events.loc[events["hazard_id"].isin(set(ids)), ["event_id", "hazard_id"]])
    mine["event_type"] = events["event_type"]
    names = mine["event_id"]
    effects = done.effects.set_index("event_id")
    counts = names.isin(effects.index).to_numpy()
    found = effects.reindex(names)
    place = (done.effects.groupby("hazard_id", sort=False).cumcount() + 1).set_axis(effects.index)
    left = gpd.GeoSeries(done.polygons).set_axis(effects.index).reindex(names)
    # What is left of an event that draws the hazard is what it drew: that stands with the event.
    drawn = mine["event_type"].isin(DRAWN).to_numpy()
    kept = counts & ~drawn & ~(left.is_empty | left.isna()).to_numpy()
    return {
        "event_id": names.tolist(),
        "hazard_id": mine["hazard_id"].tolist(),
        "counts": counts.tolist(),
        "place": _whole(place.reindex(names)),
        "why": _why(mine, done, counts),
        **{name: _whole(found[name]) for name in DID},
        "report": content.plain(found["report"]),
        "notes": _notes(names, done),
        "geometry": [each if keep else None for each, keep in zip(left, kept, strict=True)],
    }


def _whole(column: pd.Series[Any]) -> list[int | None]:
    """Return whole numbers as the database takes them."""
    return [None if pd.isna(value) else int(value) for value in column.tolist()]


def _why(events: pd.DataFrame, done: Fold, counts: Any) -> list[str | None]:
    """Return why each event does not count; None where it does."""
    codes = dict(zip(done.ignored["event_id"], done.ignored["code"], strict=True))
    said = zip(events["event_id"], events["event_type"], counts, strict=True)
    return [
        None if counted else codes.get(name, RETRACTION if kind == "retracted" else VOIDED)
        for name, kind, counted in said
    ]


def _notes(names: pd.Series[str], done: Fold) -> list[str | None]:
    """Return what is worth saying of each event as JSON: code, words and m² of each note."""
    said: dict[str, list[dict[str, Any]]] = {}
    columns = (done.notes[name] for name in ("event_id", "code", "note", "size_m2"))
    for event, code, note, size in zip(*columns, strict=True):
        said.setdefault(event, []).append({"code": code, "note": note, "size_m2": int(size)})
    return [
        json.dumps(said[name], ensure_ascii=False, separators=(",", ":")) if name in said else None
        for name in names
    ]


def write(connection: Connection, columns: Columns, ids: Collection[str], now: datetime) -> None:
    """Write what a fold says of the events of some hazards, in place of what is there of them.

    Parameters
    ----------
    connection
        A connection with a write transaction; the events are written already.
    columns, ids
        From `columns_of`, and its hazards.
    now
        The moment of the change.
    """
    there = _there(connection, ids)
    new = [name not in there for name in columns["event_id"]]
    rows.insert_rows(connection, EVENT_EFFECT, stored.pick(columns, new))
    other = [
        name in there and there[name] != values
        for name, values in zip(columns["event_id"], _comparable(columns), strict=True)
    ]
    rows.update_rows(connection, EVENT_EFFECT, "event_id", stored.pick(columns, other))
    if any(new) or any(other):
        touch(connection, columns["geometry"], now)


def touch(connection: Connection, polygons: list[Any], now: datetime) -> None:
    """Write into a GeoPackage that the table changed."""
    drawn = [each for each in polygons if each is not None]
    bounds = shapely.total_bounds(drawn).tolist() if drawn else None
    gpkg.touch(connection, EVENT_EFFECT.name, now, bounds)


def of_registrations(events: Columns, sizes: list[int]) -> Columns:
    """Return the rows of registrations of new hazards: each is the first event that counts.

    Parameters
    ----------
    events
        The registrations, as columns.
    sizes
        What is registered by each, m².
    """
    count = len(sizes)
    zeros: Columns = {name: [0] * count for name in DID}
    return {
        "event_id": events["event_id"],
        "hazard_id": events["hazard_id"],
        "counts": [True] * count,
        "place": [1] * count,
        **zeros,
        "after_m2": sizes,
        "registered_m2": sizes,
        "report": events["event_id"],
    }


def _there(connection: Connection, ids: Collection[str] | None) -> dict[str, tuple[Any, ...]]:
    """Return the rows that there are, comparable, by event_id."""
    chosen = [EVENT_EFFECT.c[name] for name in ("event_id", *_VALUES)]
    where, wanted = _of(EVENT_EFFECT.c.hazard_id, ids)
    found = rows.read(connection, chosen, where)
    if wanted is not None:
        found = found[found["hazard_id"].isin(wanted)]
    columns: Columns = {name: content.plain(found[name]) for name in _VALUES[:-1]}
    columns |= {name: _whole(found[name]) for name in ("place", *DID)}
    columns["geometry"] = list(found["geometry"])
    return dict(zip(found["event_id"], _comparable(columns), strict=True))


def _of(
    column: ColumnElement[str], ids: Collection[str] | None
) -> tuple[list[ColumnElement[bool]], set[str] | None]:
    """Return the condition for some hazards, and their ids where the rows must be looked at."""
    if ids is None:
        return [], None
    if len(ids) <= stored.MANY:
        return [column.in_(ids)], None
    return [], set(ids)


def _comparable(columns: Columns) -> list[tuple[Any, ...]]:
    """Return rows of columns as values that can be compared; polygons to the last bit."""
    said = columns | {"geometry": stored.hexes(columns["geometry"])}
    return list(zip(*(said[name] for name in _VALUES), strict=True))


def differences(
    connection: Connection, events: pd.DataFrame, done: Fold
) -> list[tuple[str, str, str | None, str | None]]:
    """Compare the rows with a fold of all events.

    Returns
    -------
    list of tuple
        Hazard, what of which event, what is kept, what was folded; as text, polygons by hash.
    """
    kept = _there(connection, None)
    columns = columns_of(events, done, set(events["hazard_id"]))
    found: list[tuple[str, str, str | None, str | None]] = []
    for name, values in zip(columns["event_id"], _comparable(columns), strict=True):
        before = kept.pop(name, None)
        if before is None:
            found.append((values[0], f"effect of {name}", None, name))
            continue
        for what, old, new in zip(_VALUES, before, values, strict=True):
            if old != new:
                shown = (stored.shown(what, each) for each in (old, new))
                found.append((values[0], f"{what} of {name}", *shown))
    found += [(values[0], f"effect of {name}", name, None) for name, values in kept.items()]
    return found


def complete(connection: Connection) -> None:
    """Fill the table of a store that was made before there was one; within its migration."""
    lacks = ~exists().where(EVENT_EFFECT.c.event_id == EVENT.c.event_id)
    if not connection.scalar(select(exists().where(EVENT.c.fid.is_not(None), lacks))):
        return
    events = stored.read_events(connection)
    every = set(events["hazard_id"])
    write(connection, columns_of(events, fold(events), every), every, clock(connection))


def surroundings(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return the hazards whose events decide what events of these did, credit included."""
    nothing = stored.Drawn.of([])
    mine = stored.together(connection, ids)
    return stored.together(connection, stored.overlapping(connection, mine, nothing))


def state(
    connection: Connection,
    *,
    as_of: Day = None,
    known_at: Moment = None,
    polygons: bool = False,
    released: bool = False,
) -> Fold:
    """Return the register as of a day, as known at a moment, as `fold` gives it.

    Parameters
    ----------
    connection
        A connection to a store.
    as_of, known_at
        As for `fold`. Only hazards with a later event, and those around them, are folded.
    polygons
        With polygons: of the hazards, and of what each event left. Else they are null.
    released
        Only hazards of which something was released.
    """
    day, moment = day_of(as_of), moment_of(known_at)
    later = later_events(day, moment)
    changed: set[str] = set()
    if later:
        changed = set(connection.scalars(select(EVENT.c.hazard_id).distinct().where(or_(*later))))
    if not changed:
        return _present(connection, day, moment, polygons=polygons, released=released)
    concerned = surroundings(connection, changed)
    events = stored.read_events(connection, surroundings(connection, concerned))
    past = fold(events, as_of=as_of, known_at=known_at).only(concerned)
    rest = _present(
        connection, day, moment, polygons=polygons, released=released, without=concerned
    )
    return _joined(rest, past)


def later_events(day: date | None, moment: datetime | None) -> list[ColumnElement[bool]]:
    """Return the conditions of events after a day, or recorded after a moment; any will do."""
    later: list[ColumnElement[bool]] = []
    if day is not None:
        later.append(EVENT.c.happened_on > day)
    if moment is not None:
        later.append(EVENT.c.recorded_at > moment)
    return later


def of_hazards(connection: Connection, ids: Collection[str]) -> Fold:
    """Return the present of some hazards; without polygons."""
    return _present(connection, None, None, ids=ids)


def _present(
    connection: Connection,
    day: date | None,
    moment: datetime | None,
    *,
    polygons: bool = False,
    released: bool = False,
    without: Collection[str] = (),
    ids: Collection[str] | None = None,
) -> Fold:
    """Return what the rows say: of all hazards, of some, or of all but some."""
    hazards = _hazards(connection, ids, polygons=polygons)
    effects, left, notes = _effects(connection, ids, polygons=polygons, released=released)
    ignored = _ignored(connection, ids)
    done = Fold(hazards, effects, left, ignored, notes, day, moment)
    if not without:
        return done
    return done.only(set(hazards["hazard_id"]).union(ignored["hazard_id"]) - set(without))


def _hazards(
    connection: Connection, ids: Collection[str] | None, *, polygons: bool
) -> gpd.GeoDataFrame:
    """Return the hazard table as a fold gives it."""
    names = ["hazard_id", *ATTRIBUTES, PARENT, "extra", "size_m2"]
    chosen = [HAZARD.c[name] for name in (*names, *(["geometry"] if polygons else []))]
    where, wanted = _of(HAZARD.c.hazard_id, ids)
    found = rows.read(connection, chosen, [HAZARD.c.status.is_not(None), *where])
    if wanted is not None:
        found = found[found["hazard_id"].isin(wanted)]
    found = found.sort_values("hazard_id", ignore_index=True)
    shapes = np.full(len(found), None, dtype=object)
    if polygons:
        shapes = np.where(found["geometry"].isna(), NOTHING, found["geometry"])
    texts = found["extra"].tolist()
    table = pd.DataFrame(found.drop(columns=["extra", *(["geometry"] if polygons else [])]))
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)
    frame = content.with_extras(frame[[*HAZARD_COLUMNS, PARENT]], texts, content.names_of(texts))
    return gpd.GeoDataFrame(frame)


def _effects(
    connection: Connection, ids: Collection[str] | None, *, polygons: bool, released: bool
) -> tuple[pd.DataFrame, gpd.GeoSeries, pd.DataFrame]:
    """Return effects in the order of folding, the polygons that they left, and the notes."""
    own, event = EVENT_EFFECT.c, EVENT.c
    where, wanted = _of(own.hazard_id, ids)
    where += [own.event_id == event.event_id, own.counts]
    if released:
        worked = select(event.hazard_id).where(event.event_type.in_(OUTCOMES))
        where.append(own.hazard_id.in_(worked))
    chosen = [event[name] for name in _OF_EVENT]
    chosen += [own[name] for name in (*DID, "report", "place", "notes")]
    found = rows.read(connection, chosen, where)
    if wanted is not None:
        found = found[found["hazard_id"].isin(wanted)]
    rank = found["event_type"].map(stored.RANK)
    # of one transfer, and of several on one day, the places say what came first
    first = found["place"].where(found["event_type"] == "transferred", 0)
    order = found.assign(rank=rank, first=first)
    order = order.sort_values(["happened_on", "rank", "first", "event_id"], ignore_index=True)
    effects = order[[*EFFECT_COLUMNS]].astype(
        {**dict.fromkeys(DID, "int64"), **dict.fromkeys(ITEM_COLUMNS, "Int64")}
    )
    left = gpd.GeoSeries(np.full(len(effects), None, dtype=object), index=effects.index, crs=CRS)
    if polygons:
        left = _left(connection, effects, where, wanted)
    return effects, left, _as_notes(order)


def _left(
    connection: Connection,
    effects: pd.DataFrame,
    where: list[ColumnElement[bool]],
    wanted: set[str] | None,
) -> gpd.GeoSeries:
    """Return the polygon that each event left of its hazard."""
    found: dict[str, Any] = {}
    drawn = EVENT.c.event_type.in_(DRAWN)
    for table, more in ((EVENT, drawn), (EVENT_EFFECT, EVENT_EFFECT.c.geometry.is_not(None))):
        chosen = [table.c[name] for name in ("event_id", "hazard_id", "geometry")]
        part = rows.read(connection, chosen, [*where, more])
        if wanted is not None:
            part = part[part["hazard_id"].isin(wanted)]
        found.update(zip(part["event_id"], part["geometry"], strict=True))
    shapes = [found.get(name, NOTHING) for name in effects["event_id"]]
    return gpd.GeoSeries(shapes, index=effects.index, crs=CRS)


def _as_notes(order: pd.DataFrame) -> pd.DataFrame:
    """Return the notes as a fold gives them."""
    said = order[order["notes"].notna()]
    lines = [
        (event, hazard, each["code"], each["note"], each["size_m2"])
        for event, hazard, text in zip(
            said["event_id"], said["hazard_id"], said["notes"], strict=True
        )
        for each in json.loads(text)
    ]
    table = pd.DataFrame(lines, columns=["event_id", "hazard_id", "code", "note", "size_m2"])
    texts = dict.fromkeys(("event_id", "hazard_id", "code", "note"), "str")
    return table.astype({**texts, "size_m2": "int64"})


def _ignored(connection: Connection, ids: Collection[str] | None) -> pd.DataFrame:
    """Return the events that cannot be, as a fold gives them."""
    own, event = EVENT_EFFECT.c, EVENT.c
    where, wanted = _of(own.hazard_id, ids)
    chosen = [event.event_id, event.hazard_id, event.event_type, own.why]
    cannot = own.why.in_(tuple(CANNOT_BE))
    found = rows.read(connection, chosen, [own.event_id == event.event_id, cannot, *where])
    if wanted is not None:
        found = found[found["hazard_id"].isin(wanted)]
    table = found.rename(columns={"why": "code"})
    table["reason"] = table["code"].map(CANNOT_BE).astype("str")
    return table.sort_values(["event_id", "reason"], ignore_index=True)


def _joined(one: Fold, other: Fold) -> Fold:
    """Return two folds of different hazards as one; the index of the effects is a new one."""
    hazards = _concat(one.hazards, other.hazards)
    effects = _concat(one.effects, other.effects)
    polygons = [*one.polygons, *other.polygons]
    rank = effects["event_type"].map(stored.RANK)
    place = effects.groupby("hazard_id", sort=False).cumcount()
    first = place.where(effects["event_type"] == "transferred", 0)
    keys = effects.assign(rank=rank, first=first)
    order = keys.sort_values(["happened_on", "rank", "first", "event_id"]).index
    return Fold(
        gpd.GeoDataFrame(hazards.sort_values("hazard_id", ignore_index=True)),
        effects.loc[order].reset_index(drop=True),
        gpd.GeoSeries([polygons[at] for at in order], crs=CRS),
        _concat(one.ignored, other.ignored),
        _concat(one.notes, other.notes),
        other.as_of,
        other.known_at,
    )


def _concat(one: Any, other: Any) -> Any:
    """Return two tables as one; an empty one has no say in the types."""
    if one.empty or other.empty:
        return (one if other.empty else other).reset_index(drop=True)
    return pd.concat([one, other], ignore_index=True)
