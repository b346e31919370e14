"""The ledger: events out of a store, and new ones into it, with all that follows from them.

An entry is judged by folding the hazards that it concerns with it: so it is judged on its own day,
whatever was recorded before or after. The same fold gives what the hazard layer says from now on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Table, select

from mine_geo.errors import ConflictError, RecordError, UnknownNameError, some
from mine_geo.fold import Fold, fold
from mine_geo.geometry import exact_size_m2
from mine_geo.store import content, gpkg, neighbours, projection, rows, verdicts
from mine_geo.store.entries import DAYS_IN, Entry, digest, not_in_future
from mine_geo.store.models import Event, Hazard
from mine_geo.store.transactions import next_moment
from mine_geo.terms import CRS, EVENT_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

TABLE: Final[Table] = Event.__table__  # type: ignore[assignment]
_HAZARD: Final[Table] = Hazard.__table__  # type: ignore[assignment]
MANY: Final = projection.MANY


class Recorded(str):
    """The event_id of a recording, with what it did; m² as the ledger has them after it."""

    __slots__ = ("after_m2", "before_m2", "hazard_id", "new", "notes", "outside_m2", "released_m2")
    hazard_id: str
    new: bool
    """False where this very event was there already; nothing was written then."""
    before_m2: int
    after_m2: int
    released_m2: int
    """Credited to this event; what another hazard of the kind has already is not in it."""
    outside_m2: int
    """Worked land outside what was left of the hazard."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Posted:
    """What was written, and the fold that shows what it did."""

    events: gpd.GeoDataFrame
    after: Fold
    ids: list[str]
    new: set[str]

    def recorded(self, event_id: str) -> Recorded:
        """Return what one of the events did."""
        row = self.events.loc[self.events["event_id"] == event_id].iloc[0]
        found = self.after.effects
        effect = found[found["event_id"] == event_id]
        notes = self.after.notes[self.after.notes["event_id"] == event_id]
        result = Recorded(event_id)
        result.hazard_id = str(row["hazard_id"])
        result.new = event_id in self.new
        before, after = effect["before_m2"], effect["after_m2"]
        result.before_m2 = int(before.sum())
        result.after_m2 = int(after.sum())
        result.released_m2 = int(effect[[f"{outcome}_m2" for outcome in OUTCOMES]].sum().sum())
        result.outside_m2 = 0 if pd.isna(row["outside_m2"]) else int(row["outside_m2"])
        said = [
            f"{note} ({size:,} m²)" if size else str(note)
            for note, size in zip(notes["note"], notes["size_m2"], strict=True)
        ]
        if result.outside_m2:
            said.append(f"{result.outside_m2:,} m² lie outside what was left; not released")
        if not result.after_m2 and result.before_m2:
            said.append(f"nothing is left of {result.hazard_id}: closed")
        result.notes = tuple(said)
        return result


def read(connection: Connection, ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the events of some hazards, or of all, as an events table."""
    many = ids is None or len(ids) > MANY
    where = [] if many else [TABLE.c.hazard_id.in_(ids or ())]
    found = rows.read(connection, [TABLE.c[name] for name in EVENT_COLUMNS], where)
    if ids is not None and many:
        found = found[found["hazard_id"].isin(set(ids))].reset_index(drop=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def surroundings(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return the hazards whose events decide what events of these did, credit included."""
    mine = neighbours.together(connection, ids)
    return neighbours.together(connection, neighbours.overlapping(connection, mine))


def post(
    connection: Connection,
    entries: Sequence[Entry],
    *,
    synthetic: bool,
    born: Sequence[str] = (),
    now: datetime | None = None,
) -> Posted:
    """Write entries that are not there yet, within the write transaction.

    Parameters
    ----------
    connection
        A locked connection.
    entries
        The entries; all are written, or none.
    synthetic
        Whether the store holds invented data.
    born
        Hazards that begin with these entries.
    now
        The moment, where other events of the same transaction have it too.

    Raises
    ------
    ConflictError
        If an event_id is there with other content.
    UnknownNameError
        If a hazard is not in the store.
    RecordError, GeometryError
        If an entry cannot be, on its own day.
    """
    named = named_by_id(connection, entries)
    stored = _stored(connection, list(named))
    new = {key: entry for key, entry in named.items() if key not in stored}
    for key, entry in named.items():
        if key in stored:
            _same(key, entry, stored[key])
    _known(connection, {entry.hazard_id for entry in named.values()} - set(born))
    now = now or next_moment(connection)
    for entry in new.values():
        if entry.happened_on is not None:
            not_in_future(entry.happened_on, now.astimezone(DAYS_IN).date(), entry.hazard_id)
    sides = [(entry.transfer_id, entry.hazard_id) for entry in new.values() if entry.transfer_id]
    ids = {entry.hazard_id for entry in named.values()}
    mine = neighbours.together(connection, ids, sides)
    near = neighbours.together(connection, neighbours.overlapping(connection, mine), sides)
    before = read(connection, near)
    if not new:
        return Posted(before, fold(before), list(named), set())
    frame = _frame(new, now)
    events = pd.concat([before, frame], ignore_index=True) if len(before) else frame
    after = fold(events)
    if any(entry.retracts or entry.transfer_id for entry in new.values()):
        verdicts.keeps_others_possible(fold(before), after, set(new))
    verdicts.judge(events, after, new)
    frame["outside_m2"] = outside = _outside(after, new)
    events["outside_m2"] = events["event_id"].map(dict(zip(new, outside, strict=True))).fillna(
        events["outside_m2"]
    )  # fmt: skip
    projection.write(connection, after.hazards, mine, now, synthetic=synthetic)
    insert(connection, frame, now)
    return Posted(events, after, list(named), set(new))


def named_by_id(connection: Connection, entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the entries by event_id; the hash of the content where the caller gave none.

    Raises
    ------
    ConflictError
        If an event_id stands twice with other content, or its event was retracted.
    """
    named: dict[str, Entry] = {}
    digests = [entry.event_id or entry.digest() for entry in entries]
    for name, entry in zip(_unvoided(connection, entries, digests), entries, strict=True):
        if name in named and named[name].digest() != entry.digest():
            raise ConflictError(f"event_id {name} stands twice with other content; correct one")
        named[name] = entry
    return named


def _unvoided(
    connection: Connection, entries: Sequence[Entry], digests: list[str]
) -> list[str]:  # fmt: skip
    """Return ids under which entries can stand: one whose like was retracted gets the next one."""
    retracted: set[str | None] = set()
    found, asked = list(digests), list(range(len(digests)))
    again = [0] * len(digests)
    while asked:
        wanted = [found[place] for place in asked]
        query = select(TABLE.c.retracts).where(TABLE.c.retracts.is_not(None))
        if len(wanted) <= MANY:
            query = query.where(TABLE.c.retracts.in_(wanted))
        retracted = set(connection.scalars(query))
        asked = [place for place in asked if found[place] in retracted]
        for place in asked:
            if entries[place].event_id:
                raise ConflictError(
                    f"event {found[place]} was retracted; give this one another event_id"
                )
            again[place] += 1
            found[place] = content.digest(digests[place], str(again[place]))
    return found


def _stored(connection: Connection, ids: list[str]) -> dict[str, Any]:
    """Return what is there under these event ids."""
    query = select(TABLE)
    if len(ids) <= MANY:
        query = query.where(TABLE.c.event_id.in_(ids))
    else:
        there = set(connection.scalars(select(TABLE.c.event_id)))
        if not there.intersection(ids):
            return {}
    wanted, found = set(ids), connection.execute(query).mappings()
    return {row["event_id"]: row for row in found if row["event_id"] in wanted}


def _same(event_id: str, entry: Entry, row: Any) -> None:
    if digest(row, row["geometry"]) != entry.digest():
        raise ConflictError(
            f"event {event_id} is there with other content ({row['event_type']} of "
            f"{row['hazard_id']} on {row['happened_on']}); give this one another event_id"
        )


def _known(connection: Connection, ids: set[str]) -> None:
    """Refuse hazards that are not in the store."""
    query = select(_HAZARD.c.hazard_id)
    if len(ids) <= MANY:
        query = query.where(_HAZARD.c.hazard_id.in_(ids))
    unknown = sorted(ids - set(connection.scalars(query)))
    if unknown:
        what = "no hazard" if len(unknown) == 1 else f"{len(unknown)} hazards are not"
        raise UnknownNameError(
            f"{what} {some(unknown)} in this store; check the id, or register it"
        )


def _frame(new: dict[str, Entry], now: datetime) -> gpd.GeoDataFrame:
    """Return entries as an events table."""
    said = [entry.said() | {"event_id": key, "recorded_at": now} for key, entry in new.items()]
    columns = {name: [each.get(name) for each in said] for name in EVENT_COLUMNS[:-1]}
    shapes = gpd.GeoSeries([entry.geometry for entry in new.values()], crs=CRS)
    frame = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=CRS)
    frame["happened_on"] = pd.to_datetime(frame["happened_on"]).astype("datetime64[ms]")
    frame["recorded_at"] = pd.to_datetime(frame["recorded_at"]).astype("datetime64[ms, UTC]")
    for name in ("reported_size_m2", "outside_m2", "depth_cm", *verdicts.ITEMS):
        frame[name] = pd.to_numeric(frame[name]).astype(float)
    texts = [name for name in frame if frame[name].dtype == object]
    return frame.astype(dict.fromkeys(texts, "str"))


def _outside(after: Fold, new: dict[str, Entry]) -> list[float]:
    """Return the worked land outside what was left of the hazard, m², for each release."""
    found = []
    hads = verdicts.had(after)
    for key, entry in new.items():
        if entry.outside_m2 is not None or entry.event_type not in OUTCOMES:
            found.append(np.nan if entry.outside_m2 is None else float(entry.outside_m2))
            continue
        beyond = entry.geometry.difference(hads[key])
        found.append(float(np.rint(exact_size_m2([beyond])[0])))
    return found


def insert(connection: Connection, frame: gpd.GeoDataFrame, now: datetime) -> None:
    """Write an events table as it is; nothing is checked."""
    whole = {*verdicts.ITEMS, "outside_m2"}
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
    rows.insert_rows(connection, TABLE, columns)
    drawn = frame.geometry[frame.geometry.notna()]
    bounds = drawn.total_bounds.tolist() if len(drawn) else None
    gpkg.touch(connection, TABLE.name, now, bounds)
