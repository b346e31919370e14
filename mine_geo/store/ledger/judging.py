"""What is asked of the ledger, judged against it as it was read: the rows, and what they do.

A preview and a recording are this one mechanism. Everything is judged on a `View`, from any
connection, and nothing here writes before `View.write`: a dry run judges on a reader's connection,
and stops there. What an officer records is judged there too, before the store's write lock is
taken; under the lock it is written if nothing that was written meanwhile touches what was read, and
else judged again (`Basis`). So the lock is held while rows are written, not while polygons are cut.
Other work is judged under the lock.

An entry is judged by folding the hazards that it concerns with it: so it is judged on its own day,
whatever was recorded before or after. The same fold gives what the hazard layer says from now on.

Every part of a `Store` is a `Base`: its place, its engine, and how it judges and writes.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from mine_geo.errors import (
    ConflictError,
    GeometryError,
    RecordError,
    UnknownNameError,
    meant,
    quoted,
    some,
)
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.ledger.cut import NOTHING, SLIVER_M
from mine_geo.ledger.events import detail_of, standing
from mine_geo.ledger.fold import Fold, fold
from mine_geo.ledger.preview import distance_m
from mine_geo.store import chain, engines
from mine_geo.store.engines import leave_wal, next_moment, reading, writing
from mine_geo.store.ledger import effects, stored
from mine_geo.store.ledger.entries import DAYS_IN, Entry, digest, next_id, not_in_future
from mine_geo.store.ledger.stored import MANY
from mine_geo.store.schema import content
from mine_geo.store.schema.models import EVENT, HAZARD, RECORD, SUBMISSION, WAITING
from mine_geo.tables.movements import changes
from mine_geo.terms import CRS, EVENT_COLUMNS, ITEM_COLUMNS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from types import TracebackType

    from numpy.typing import NDArray
    from sqlalchemy import Connection, Engine

    from mine_geo.store.engines import Place


Expected = str | int
"""How a hazard was last seen: the event_id of its last event, or its size, whole m²."""


class Recorded(str):
    """The event_id of a recording, with what it did; m² as the ledger has them after it.

    With `dry_run=True`: what it would do, under the event_id that it would have.
    """

    __slots__ = (
        "_judged",
        "after_m2",
        "before_m2",
        "hazard_id",
        "new",
        "notes",
        "outside_m2",
        "released_m2",
        "written",
    )
    hazard_id: str
    new: bool
    """False where this very event was there already; there is nothing to write then."""
    written: bool
    """Whether this call wrote it: it is new, and was no dry run."""
    before_m2: int
    after_m2: int
    released_m2: int
    """Credited to this event; what another hazard of the kind has already is not in it."""
    outside_m2: int
    """Worked land outside what was left of the hazard."""
    notes: tuple[str, ...]
    _judged: Judged

    @property
    def effects(self) -> pd.DataFrame:
        """What the whole recording changes in the accounts of every hazard concerned.

        What `Store.changes` since the moment before says, without `recorded_at`: a row for each
        event that comes, goes or counts otherwise, of this hazard or of another.
        """
        return self._judged.effects


class There(NamedTuple):
    """An event that is in the ledger already, or was judged before."""

    hazard_id: str
    event_type: str
    happened_on: date | None
    detail: str | None
    digest: str
    """The hash of the content."""

    @classmethod
    def of(cls, said: Mapping[str, Any], digest: str) -> There:
        """Return it from the columns of the event."""
        return cls(
            said["hazard_id"], said["event_type"], said["happened_on"], said["detail"], digest
        )


class Judgement(Protocol):
    """Something judged that waits to be written."""

    @property
    def rows(self) -> gpd.GeoDataFrame | None:
        """The new events, as an events table."""

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:
        """Write it within the write transaction in which it was judged."""


class Basis:
    """What a judgement rests on: the ledger up to a link of its chain, and what of it was read.

    An event that was written since touches it if it is of a hazard that was looked at, if its id
    (or that of the event it retracts) was asked for, or if it draws a polygon where hazards were
    looked for. All that a judgement reads follows from events; where anything else was read, past
    this account, nothing says that it stands.
    """

    def __init__(self, head: chain.Head | None) -> None:
        self.head = head
        """The last event that is seen; None: no account is kept."""
        self.hazards: set[str] = set()
        self.events: set[str] = set()
        self.boxes: list[NDArray[np.float64]] = [np.empty((0, 4))]
        """Where hazards were looked for: minx, miny, maxx, maxy in degrees, a row each."""
        self.every = False
        """Whether all events were read."""
        self.past = False
        """Whether something was read past this account."""

    def around(self, connection: Connection, ids: set[str], drawn: stored.Drawn) -> None:
        """Note that hazards are looked for where these are drawn."""
        self.hazards |= ids
        if self.head is None or len(ids) > MANY:
            self.every = True
            return
        self.boxes += [stored.reaches(connection, ids)[1], drawn.of_hazards(ids)]

    def stands(self, connection: Connection) -> bool:
        """Tell whether nothing that was written since touches it; call it under the write lock."""
        if self.past or self.head is None:
            return False
        since = _since(connection, self.head)
        return since is not None and not (
            since and (self.every or self._touched(connection, since))
        )

    def _touched(self, connection: Connection, since: Sequence[Any]) -> bool:
        """Tell whether one of some events touches it."""
        asked = {name for each in since for name in (each.event_id, each.retracts)}
        if asked & self.events or {each.hazard_id for each in since} & self.hazards:
            return True
        new = {each.hazard_id for each in since if each.event_type in stored.DRAWING}
        if not new:
            return False
        boxes = stored.widened(np.concatenate(self.boxes))
        return stored.meet(stored.reaches(connection, new)[1], boxes)


def _since(connection: Connection, head: chain.Head) -> Sequence[Any] | None:
    """Return the events after a head; None where there are many, or it is not of this chain."""
    c = EVENT.c
    query = select(c.seq, c.hash, c.event_id, c.hazard_id, c.retracts, c.event_type)
    query = query.where(c.seq >= head.seq).order_by(c.seq).limit(MANY)
    found = connection.execute(query).all()
    if len(found) == MANY:  # to judge anew is as quick as to compare
        return None
    if head == chain.EMPTY:
        return found
    known = bool(found) and (found[0].seq, found[0].hash) == head
    return found[1:] if known else None


class View:
    """The ledger as a connection gives it, with what was judged onto it since.

    Parameters
    ----------
    connection
        A connection to a store, that sees one state of it: a reader's, or one that holds the write
        lock.
    writes
        Whether what is judged will be written.
    head
        The last event that the connection sees; then it is kept account of what is read.
    """

    def __init__(
        self, connection: Connection, *, writes: bool = False, head: chain.Head | None = None
    ) -> None:
        self._connection = connection
        self._basis = Basis(head)
        self.writes = writes
        self._judged: list[Judgement] = []
        self._rows: gpd.GeoDataFrame | None = None
        self._entries: dict[str, Entry] = {}

    @property
    def connection(self) -> Connection:
        """The connection itself: of what is read from it no account is kept."""
        self._basis.past = True
        return self._connection

    def under(self, lock: Connection) -> bool:
        """Go on on a connection that holds the write lock, if what was read here still stands."""
        if not self._basis.stands(lock):
            return False
        self._connection = lock
        self.__dict__.pop("now", None)  # the moment is that of the writing
        return True

    @cached_property
    def now(self) -> datetime:
        """The moment of all that is judged here."""
        return next_moment(self._connection)

    @property
    def today(self) -> date:
        """The day of it in Cambodia."""
        return self.now.astimezone(DAYS_IN).date()

    def scratch(self) -> View:
        """Return the same view to try something on; nothing that is judged there is written."""
        other = View(self._connection)
        other._basis, other.now = self._basis, self.now
        other._judged, other._rows = list(self._judged), self._rows
        other._entries = dict(self._entries)
        return other

    def add(self, judged: Judgement) -> None:
        """Put something judged onto the view: what is judged later sees it."""
        self._judged.append(judged)
        if judged.rows is not None:
            self._rows = judged.rows if self._rows is None else _joined(self._rows, judged.rows)
        if isinstance(judged, Judged):
            self._entries.update(judged.new)

    def write(self, *, synthetic: bool) -> None:
        """Write all that was judged, in its order; `synthetic` as the store is."""
        for each in self._judged:
            each.write(self._connection, self.now, synthetic=synthetic)

    def prepare(self) -> None:
        """Make what will be written ready, as far as it needs no lock."""
        for each in self._judged:
            if isinstance(each, Judged):
                each.prepare()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self._judged

    @property
    def redrawn(self) -> set[str]:
        """The hazards that what was judged here is about: they may have another polygon."""
        found: set[str] = set() if self._rows is None else set(self._rows["hazard_id"])
        return found.union(*(each.concerned for each in self._judged if isinstance(each, Judged)))

    def refuse_unexpected(self, expected: Mapping[str, Expected]) -> None:
        """Refuse what is new here where a hazard is not as its recorder last saw it.

        Raises
        ------
        ConflictError
            If it is not; with what was recorded of it since, and by whom.
        RecordError
            If what is expected is neither an event_id nor a size.
        """
        if self._rows is None:
            return
        for hazard_id, seen in expected.items():
            whole = isinstance(seen, int | np.integer) and not isinstance(seen, bool)
            if not whole and not (isinstance(seen, str) and seen.strip()):
                raise RecordError(
                    f"{hazard_id}: expected is {quoted(seen)}; give the event_id of the last event "
                    "that you saw of it, or its whole m²"
                )
            c = EVENT.c
            last = self._connection.execute(
                select(c.event_id, c.event_type, c.recorded_at, c.recorded_by, HAZARD.c.size_m2)
                .join(HAZARD, HAZARD.c.hazard_id == c.hazard_id)
                .where(c.hazard_id == hazard_id)
                .order_by(c.seq.desc())
                .limit(1)
            ).one_or_none()
            if last is None:
                raise unknown(self, [hazard_id])
            if str(seen) not in (last.event_id, str(last.size_m2)):
                by = f" by {last.recorded_by}" if last.recorded_by else ""
                raise ConflictError(
                    f"{hazard_id} is not as you saw it ({seen}): the last event is "
                    f"{last.event_type} {last.event_id}, recorded{by} at "
                    f"{last.recorded_at:%Y-%m-%d %H:%M:%S} UTC, and it has {last.size_m2:,} m²; "
                    "nothing was written: look at its history, and say it anew"
                )

    def released_m2(self) -> int:
        """Return what all that was judged here releases together, whole m².

        What is judged later may take land from a release that was judged before.
        """
        found: dict[str, int] = {}
        for each in self._judged:
            if isinstance(each, Judged):
                effects = each.after.effects
                sums = effects[[f"{outcome}_m2" for outcome in OUTCOMES]].sum(axis=1)
                found.update(zip(effects["event_id"], sums.astype(int), strict=True))
        return sum(found[name] for name in self._entries if name in found)

    def events(self, ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
        """Return the events of some hazards, or of all, as an events table."""
        found, more = stored.read_events(self._connection, ids), self._rows
        self._basis.hazards.update(ids or ())
        self._basis.every |= ids is None
        if more is None:
            return found
        return _joined(found, more if ids is None else more[more["hazard_id"].isin(set(ids))])

    def together(
        self, ids: Iterable[str], new: Iterable[tuple[str, str]] = ()
    ) -> set[str]:  # fmt: skip
        """Return these hazards and all that transfers link them with, see `stored`."""
        sides = list(new)
        if self._rows is not None:
            moved = self._rows[self._rows["transfer_id"].notna()]
            sides += zip(moved["transfer_id"], moved["hazard_id"], strict=True)
        found = stored.together(self._connection, ids, sides)
        self._basis.hazards |= found
        return found

    def overlapping(self, ids: Iterable[str], new: gpd.GeoDataFrame | None = None) -> set[str]:
        """Return the hazards whose polygons may meet those of these, see `stored`."""
        drawn = stored.Drawn.of([each for each in (self._rows, new) if each is not None])
        mine = set(ids)
        self._basis.around(self._connection, mine, drawn)
        return stored.overlapping(self._connection, mine, drawn)

    def reach(self) -> stored.Reach:
        """Return how far the polygons of all hazards ever reached, see `stored`."""
        drawn = stored.Drawn.of([] if self._rows is None else [self._rows])
        return stored.Reach.read(self.connection, drawn)

    def within(self, bounds: tuple[float, float, float, float]) -> set[str]:
        """Return the hazards whose polygons may meet a box, degrees, see `stored`."""
        drawn = stored.Drawn.of([] if self._rows is None else [self._rows])
        self._basis.boxes.append(np.array([bounds], dtype=float))
        return stored.within(self._connection, bounds, drawn)

    def surroundings(self, ids: Collection[str]) -> set[str]:
        """Return the hazards whose events decide what events of these did, credit included."""
        return self.together(self.overlapping(self.together(ids)))

    def there(self, ids: Collection[str]) -> dict[str, There]:
        """Return what is there under these event ids."""
        wanted = set(ids)
        self._basis.events |= wanted
        query = select(EVENT)
        if len(wanted) <= MANY:
            query = query.where(EVENT.c.event_id.in_(wanted))
        elif wanted.isdisjoint(self._connection.scalars(select(EVENT.c.event_id))):
            query = query.where(EVENT.c.fid.is_(None))
        found = {}
        for row in self._connection.execute(query).mappings():
            said = dict(row)
            if said["event_id"] in wanted:
                found[said["event_id"]] = There.of(said, digest(said, said["geometry"]))
        for name in wanted.intersection(self._entries):
            entry = self._entries[name]
            found[name] = There.of(entry.said(), entry.digest())
        return found

    def retracted(self, ids: Collection[str]) -> set[str]:
        """Return those of these events that were retracted."""
        self._basis.events.update(ids)
        query = select(EVENT.c.retracts).where(EVENT.c.retracts.is_not(None))
        if len(ids) <= MANY:
            query = query.where(EVENT.c.retracts.in_(ids))
        found = set(self._connection.scalars(query))
        found |= {entry.retracts for entry in self._entries.values() if entry.retracts}
        return found.intersection(ids)

    def hazards(self, ids: Collection[str], *, in_register: bool = False) -> set[str]:
        """Return those of these hazards that there are; only those not taken out, if asked."""
        self._basis.hazards.update(ids)
        query = select(HAZARD.c.hazard_id)
        if in_register:
            query = query.where(HAZARD.c.status.is_not(None))
        if len(ids) <= MANY:
            query = query.where(HAZARD.c.hazard_id.in_(ids))
        found = set(self._connection.scalars(query))
        if self._rows is not None:
            found |= set(self._rows["hazard_id"])
        return found.intersection(ids)

    def layer(self, ids: Collection[str], names: Sequence[str]) -> list[Any]:
        """Return what the hazard layer says of these hazards, or of all: rows with these columns.

        As it was read: what is judged on this view is not in it.
        """
        self._basis.hazards.update(ids)
        query = select(*(HAZARD.c[name] for name in names))
        if len(ids) <= MANY:
            query = query.where(HAZARD.c.hazard_id.in_(ids))
        return list(self._connection.execute(query))

    def waiting(self, ids: Collection[str]) -> dict[str, str]:
        """Return those of these hazards that wait on the workbench, with their submission."""
        record, submission = RECORD.c, SUBMISSION.c
        query = select(record.hazard_id, record.submission_id).where(
            record.submission_id == submission.submission_id,
            submission.what == "hazards",
            record.state == WAITING,
        )
        if len(ids) <= MANY:
            query = query.where(record.hazard_id.in_(ids))
        found = self.connection.execute(query.order_by(record.fid))
        wanted = set(ids)
        return {hazard: name for hazard, name in found if hazard in wanted}


def _joined(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return two events tables as one; an empty one has no say in the types."""
    if one.empty or other.empty:
        return one if other.empty else other.reset_index(drop=True)
    return gpd.GeoDataFrame(pd.concat([one, other], ignore_index=True))


@dataclass(frozen=True)
class Judged:
    """Entries judged: the rows to write, and the folds that show what they do."""

    before: gpd.GeoDataFrame
    """The events of the hazards concerned, as they were read."""
    events: gpd.GeoDataFrame
    """The same with the new ones."""
    after: Fold
    ids: list[str]
    """The event_id of each entry, in their order."""
    new: Mapping[str, Entry]
    """Those that are not there yet."""
    rows: gpd.GeoDataFrame | None
    concerned: frozenset[str]
    """The hazards whose row in the layer changes."""
    credited: frozenset[str]
    """The hazards whose events may be credited otherwise from now on; those, and more."""
    writes: bool

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:
        """Write the rows, and what the layer says from now on."""
        if self.rows is None:
            return
        stored.write_hazards(connection, self._layer, now, synthetic=synthetic)
        moments = {"recorded_at": [now] * len(self.rows)}
        stored.insert_events(connection, self._new | moments, now)
        effects.write(connection, self._done, self.credited, now)

    def prepare(self) -> None:
        """Make what will be written ready, as far as it needs no lock."""
        if self.rows is not None:
            _ = self._layer, self._new, self._done

    @cached_property
    def _layer(self) -> stored.Folded:
        """What the layer says from now on."""
        return stored.Folded.of(self.after.hazards, self.concerned)

    @cached_property
    def _new(self) -> stored.Columns:
        """The new events; their moment is that of the writing."""
        return {} if self.rows is None else stored.event_columns(self.rows)

    @cached_property
    def _done(self) -> stored.Columns:
        """What each event does."""
        return effects.columns_of(self.events, self.after, self.credited)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What changes in the accounts of every hazard concerned, see `movements.changes`."""
        known_at = None if self.rows is None else self.rows["recorded_at"].max()
        return changes(fold(self.before, known_at=known_at), self.after).drop(columns="recorded_at")

    @cached_property
    def had(self) -> dict[str, Any]:
        """The polygon of its hazard before each event, by event_id."""
        return polygons_before(self.after)

    @cached_property
    def left(self) -> dict[str, Any]:
        """The polygon of its hazard after each event, by event_id."""
        return dict(zip(self.after.effects["event_id"], self.after.polygons, strict=True))

    @cached_property
    def remains(self) -> dict[str, Any]:
        """The polygon that is left of each hazard in the end, by hazard_id."""
        found = self.after.hazards
        return dict(zip(found["hazard_id"], found.geometry, strict=True))

    @cached_property
    def _by_hazard(self) -> dict[str, gpd.GeoDataFrame]:
        return dict(iter(self.events.groupby("hazard_id", sort=False)))

    def outlines(self, hazard_id: str, as_of: date | None) -> list[Any]:
        """Return the polygons of a hazard as it was ever drawn up to a day."""
        mine = self._by_hazard.get(hazard_id)
        return [] if mine is None else drawn_outlines(mine, hazard_id, as_of)

    @cached_property
    def _said(self) -> dict[str, tuple[str, float]]:
        """Hazard and worked land outside it, by event_id."""
        columns = (self.events[name] for name in ("event_id", "hazard_id", "outside_m2"))
        return {event: (str(name), outside) for event, name, outside in zip(*columns, strict=True)}

    @cached_property
    def _did(self) -> dict[str, tuple[int, int, int]]:
        """Size before and after, and m² released, by event_id; none where it is not folded."""
        effects = self.after.effects
        released = effects[[f"{outcome}_m2" for outcome in OUTCOMES]].sum(axis=1)
        columns = (effects["before_m2"], effects["after_m2"], released)
        sizes = zip(*(column.astype(int).tolist() for column in columns), strict=True)
        return dict(zip(effects["event_id"], sizes, strict=True))

    @cached_property
    def _notes_of(self) -> dict[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for event, _, note in self._notes():
            found[event].append(note)
        return found

    def recorded(self, event_id: str) -> Recorded:
        """Return what one of the events does."""
        result = Recorded(event_id)
        result._judged = self  # noqa: SLF001
        result.hazard_id, outside = self._said[event_id]
        result.new = event_id in self.new
        result.written = result.new and self.writes
        before, after, released = self._did.get(event_id, (0, 0, 0))
        result.before_m2, result.after_m2, result.released_m2 = before, after, released
        result.outside_m2 = 0 if pd.isna(outside) else int(outside)
        result.notes = self.notes_of(result)
        return result

    def notes_of(self, done: Recorded, *, outside: bool = True) -> tuple[str, ...]:
        """Return what is worth saying of an event; without the land outside if others say it."""
        said = [*self._notes_of.get(str(done), ())]
        if outside and done.outside_m2:
            said.append(outside_note(done.outside_m2))
        if not done.after_m2 and done.before_m2:
            said.append(f"nothing is left of {done.hazard_id}: closed")
        return tuple(said)

    @staticmethod
    def of(recorded: Recorded) -> Judged:
        """Return the judgement in which an event was judged."""
        return recorded._judged  # noqa: SLF001

    def notes(self) -> list[str]:
        """Return what the fold has to say of the new events, each with its hazard."""
        return [f"{hazard}: {note}" for event, hazard, note in self._notes() if event in self.new]

    def _notes(self) -> Iterable[tuple[str, str, str]]:
        columns = (self.after.notes[name] for name in ("event_id", "hazard_id", "note", "size_m2"))
        for event, hazard, note, size in zip(*columns, strict=True):
            yield event, hazard, f"{note} ({size:,} m²)" if size else str(note)


def outside_note(outside_m2: int) -> str:
    """Say how much of the worked land lay outside what was left."""
    return f"{outside_m2:,} m² lie outside what was left; not released"


def judge(
    view: View, entries: Sequence[Entry], *, born: Collection[str] = (), keep: bool = True
) -> Judged:
    """Judge entries against a view, and put those that are not there yet onto it.

    Parameters
    ----------
    view
        The ledger as it was read.
    entries
        The entries; all of them can be, or it raises.
    born
        Hazards that begin with these entries.
    keep
        Whether to put them onto the view; else the caller does, with `View.add`.

    Raises
    ------
    ConflictError
        If an event_id is there with other content.
    UnknownNameError
        If a hazard is not in the store.
    RecordError, GeometryError
        If an entry cannot be, on its own day.
    """
    names, named = named_by_id(view, entries)
    there = view.there(named)
    new = {key: entry for key, entry in named.items() if key not in there}
    for key, entry in named.items():
        if key in there and there[key].digest != entry.digest():
            raise other_content(key, there[key])
    ids = {entry.hazard_id for entry in named.values()}
    to_be_there = ids - set(born)
    if missing := sorted(to_be_there - view.hazards(to_be_there)):
        raise unknown(view, missing)
    if not new:
        return as_there(view, ids, names)
    for entry in new.values():
        if entry.happened_on is not None:
            not_in_future(entry.happened_on, view.today, entry.hazard_id)
    sides = [(entry.transfer_id, entry.hazard_id) for entry in new.values() if entry.transfer_id]
    rows = _frame(new, view.now)
    mine = view.together(ids, sides)
    around = view.together(view.overlapping(mine, rows), sides)
    before = view.events(around)
    credited = mine | _releasing_there(_joined(before, rows), mine)
    if credited > mine:  # what decides on the credit of these
        before = view.events(around | view.together(view.overlapping(credited, rows), sides))
    events = _joined(before, rows)
    after = fold(events)
    if any(entry.retracts or entry.transfer_id for entry in new.values()):
        refuse_if_others_fall(fold(before), after, set(new))
    refuse_impossible(events, after, new)
    rows["outside_m2"] = outside = _outside(after, new)
    events["outside_m2"] = events["event_id"].map(dict(zip(new, outside, strict=True))).fillna(
        events["outside_m2"]
    )  # fmt: skip
    done = Judged(
        before, events, after, names, new, rows, frozenset(mine), frozenset(credited),
        view.writes,
    )  # fmt: skip
    if keep:
        view.add(done)
    return done


def _releasing_there(events: gpd.GeoDataFrame, ids: Collection[str]) -> set[str]:
    """Return the other hazards with a release over ground that a release of these was over.

    For such land the credit goes to one of them: it may change for all.
    """
    releases = events[events["event_type"].isin(OUTCOMES) & events.geometry.notna()]
    mine = releases["hazard_id"].isin(set(ids)).to_numpy()
    if not mine.any() or mine.all():
        return set()
    others = releases[~mine]
    tree = shapely.STRtree(others.geometry.to_numpy())
    _, met = tree.query(releases.geometry[mine].to_numpy(), predicate="intersects")
    return set(others["hazard_id"].iloc[np.unique(met)])


def as_there(view: View, hazards: Collection[str], ids: list[str]) -> Judged:
    """Return what events of some hazards did that are there already: nothing is new."""
    events = view.events(view.surroundings(hazards))
    return Judged(
        events, events, fold(events), ids, {}, None, frozenset(), frozenset(), view.writes
    )


def named_by_id(view: View, entries: Sequence[Entry]) -> tuple[list[str], dict[str, Entry]]:
    """Return the event_id of each entry, the hash of its content where the caller gave none.

    And the entries by it: those in the same words without an id of their own are one.

    Raises
    ------
    ConflictError
        If an event_id stands twice with other content, or its event was retracted.
    """
    named: dict[str, Entry] = {}
    digests = [entry.event_id or entry.digest() for entry in entries]
    names = _unvoided(view, entries, digests)
    for name, entry in zip(names, entries, strict=True):
        if name in named and named[name].digest() != entry.digest():
            raise ConflictError(f"event_id {name} stands twice with other content; correct one")
        named[name] = entry
    return names, named


def _unvoided(view: View, entries: Sequence[Entry], digests: list[str]) -> list[str]:
    """Return ids under which entries can stand: one whose like was retracted gets the next one."""
    found = list(digests)
    gone = view.retracted(found)
    for place, entry in enumerate(entries):
        name, again, said = found[place], 0, None
        while name in gone if not again else view.retracted([name]):
            again += 1
            if entry.event_id and view.there([name])[name].digest == entry.digest():
                said = name
            name = next_id(name) if entry.event_id else content.digest(digests[place], str(again))
        if said and not entry.renewed and name not in view.there([name]):
            raise said_before(said, name)
        found[place] = name
    return found


def said_before(event_id: str, name: str) -> ConflictError:
    """Return what to say of an event_id under which just this was said and retracted."""
    return ConflictError(
        f"event {event_id} was retracted, and said just this; if it holds after all, give it the "
        f"event_id {name}"
    )


def other_content(event_id: str, there: There) -> ConflictError:
    """Return what to say of an event_id that is there with other content."""
    return ConflictError(
        f"event {event_id} is there with other content ({there.event_type} of "
        f"{there.hazard_id} on {there.happened_on}); if this is the right one, retract that one "
        "first; if it is another report, give it an event_id of its own"
    )


def unknown(view: View, ids: Sequence[str]) -> UnknownNameError:
    """Return what to say of hazards that are not in the store."""
    waiting = view.waiting(ids)
    if waiting:
        names, submissions = some(waiting), some(sorted(set(waiting.values())))
        return UnknownNameError(
            f"{names}: not in the register, only on the workbench ({submissions}); accept it first"
        )
    known = view.connection.scalars(select(HAZARD.c.hazard_id).where(HAZARD.c.status.is_not(None)))
    like = meant(ids, known)
    if len(ids) == 1:
        mend = f"did you mean {like[ids[0]]}?" if like else "check the id, or register it"
        return UnknownNameError(f"no hazard {ids[0]} in this store; {mend}")
    hint = "".join(f"; {name}: did you mean {other}?" for name, other in [*like.items()][:3])
    return UnknownNameError(
        f"{some(ids)}: {len(ids)} hazards are not in this store; check the ids, or register them"
        f"{hint}"
    )


def _frame(new: dict[str, Entry], now: datetime) -> gpd.GeoDataFrame:
    """Return entries as an events table."""
    said = [entry.said() | {"event_id": key, "recorded_at": now} for key, entry in new.items()]
    columns = {name: [each.get(name) for each in said] for name in EVENT_COLUMNS[:-1]}
    shapes = gpd.GeoSeries([entry.geometry for entry in new.values()], crs=CRS)
    frame = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=CRS)
    frame["happened_on"] = pd.to_datetime(frame["happened_on"]).astype("datetime64[ms]")
    frame["recorded_at"] = pd.to_datetime(frame["recorded_at"]).astype("datetime64[ms, UTC]")
    for name in ("reported_size_m2", "outside_m2", "depth_cm", *ITEM_COLUMNS):
        frame[name] = pd.to_numeric(frame[name]).astype(float)
    texts = [name for name in frame if frame[name].dtype == object]
    return frame.astype(dict.fromkeys(texts, "str"))


def _outside(after: Fold, new: Mapping[str, Entry]) -> list[float]:
    """Return the worked land outside what was left of the hazard, m², for each release."""
    found = []
    hads = polygons_before(after)
    for key, entry in new.items():
        if entry.outside_m2 is not None or entry.event_type not in OUTCOMES:
            found.append(np.nan if entry.outside_m2 is None else float(entry.outside_m2))
            continue
        beyond = entry.geometry.difference(hads[key])
        found.append(float(np.rint(exact_size_m2([beyond])[0])))
    return found


_DRAWN: Final = ("registered", "amended")
_NOT_THERE: Final = ("not_registered", "not_yet_registered")


def refuse_impossible(events: gpd.GeoDataFrame, after: Fold, new: Mapping[str, Entry]) -> None:
    """Refuse entries that cannot be, on their own day.

    Parameters
    ----------
    events
        All events of the hazards, the new ones among them.
    after
        Their fold.
    new
        The new entries by event_id.

    Raises
    ------
    RecordError
        If the hazard is not registered on that day, or nothing is left of it.
    GeometryError
        If a released polygon misses the hazard; with the distance in metres.
    """
    ignored = {row.event_id: row for row in after.ignored.itertuples()}
    before = dict(zip(after.effects["event_id"], after.effects["before_m2"], strict=True))
    notes = after.notes[after.notes["event_id"].isin(list(new))]
    columns = (notes[name] for name in ("event_id", "code", "note"))
    noted = {(event, code): str(note) for event, code, note in zip(*columns, strict=True)}
    for key, entry in new.items():
        if key in ignored:
            raise RecordError(_refused(events, entry, ignored[key]))
        if entry.event_type not in OUTCOMES:
            continue
        if before[key] == 0:
            raise RecordError(
                f"{entry.hazard_id}: nothing was left of it on {entry.happened_on}, all was "
                "released; check the id and the day"
            )
        if failed := noted.get((key, "not_cut")):
            raise GeometryError(f"{entry.hazard_id}: {failed}; simplify the polygon")
        if (key, "outside") in noted:
            _refuse_miss(events, entry)


def refuse_if_others_fall(before: Fold, after: Fold, new: set[str]) -> None:
    """Refuse entries without which events of others could not stand.

    Raises
    ------
    RecordError
        If an event that counted before could not be any more.
    """
    was = set(before.ignored["event_id"])
    hit = after.ignored[~after.ignored["event_id"].isin(was | new)]
    if hit.empty:
        return
    first = hit.iloc[0]
    more = f" and {len(hit) - 1} more" if len(hit) > 1 else ""
    raise RecordError(
        f"{first['event_type']} {first['event_id']} of {first['hazard_id']}{more} could not stand "
        f"any more ({first['reason']}); retract what happened later first"
    )


def _refused(events: gpd.GeoDataFrame, entry: Entry, ignored: Any) -> str:
    """Say why an entry cannot be: `ignored` is its row in what the fold left out."""
    if ignored.code not in _NOT_THERE:
        return f"{entry.hazard_id}: {ignored.reason}; check the id"
    found, _ = standing(events[events["hazard_id"] == entry.hazard_id])
    begins = found["event_type"].isin(("registered", "transferred"))
    if not begins.any():
        return f"{entry.hazard_id}: its registration was retracted; register it again, or check"
    day = found.loc[begins, "happened_on"].min()
    return (
        f"{entry.hazard_id}: {entry.event_type} on {entry.happened_on} comes before it was in the "
        f"register, from {day.date()} on; check the day"
    )


def _refuse_miss(events: gpd.GeoDataFrame, entry: Entry) -> None:
    """Refuse a released polygon that lies outside all land that ever was in the hazard."""
    drawn = drawn_outlines(events, entry.hazard_id, entry.happened_on)
    metres = min((distance_m(each, entry.geometry) for each in drawn), default=0.0)
    if metres > SLIVER_M:
        raise GeometryError(
            f"the polygon misses {entry.hazard_id} by {metres:,.1f} m; check the id, the "
            "coordinates and their datum"
        )


def drawn_outlines(events: gpd.GeoDataFrame, hazard_id: str, as_of: date | None) -> list[Any]:
    """Return the polygons of a hazard as it was ever drawn up to a day."""
    found, _ = standing(events[events["hazard_id"] == hazard_id], as_of=as_of)
    child = np.array([(detail_of(text) or {}).get("role") == "child" for text in found["detail"]])
    return list(found.geometry[found["event_type"].isin(_DRAWN).to_numpy() | child])


def polygons_before(after: Fold) -> dict[str, Any]:
    """Return the polygon of its hazard before each event, by event_id."""
    now: dict[str, Any] = {}
    found: dict[str, Any] = {}
    effects: pd.DataFrame = after.effects
    rows = zip(effects["event_id"], effects["hazard_id"], after.polygons, strict=True)
    for event, hazard, left in rows:
        found[event] = now.get(hazard, NOTHING)
        now[hazard] = left
    return found


T = TypeVar("T")


class Base:
    """A store that is open."""

    def __init__(self, place: Place, engine: Engine, title: str | None, *, synthetic: bool) -> None:
        self._place = place
        self._engine = engine
        self.title: str | None = title
        self.synthetic: bool = synthetic
        """Whether this store holds invented sample data, and may hold nothing else."""

    @property
    def name(self) -> str:
        """The name for headings: the file's name, or host/database."""
        return self._place.name

    def __repr__(self) -> str:
        """Return the name, and whether the data are invented."""
        return f"<Store {self.name}{' (synthetic)' if self.synthetic else ''}>"

    def __enter__(self) -> Self:
        """Return the store; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let go of the file or the database; a GeoPackage is one plain file again.

        Examples
        --------
        >>> store.close()
        >>> store.name
        'example.gpkg'
        """
        leave_wal(self._engine)
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with engines.translated(self._place), reading(self._engine) as connection:
            yield connection

    def _judging(
        self,
        ask: Callable[[View], T],
        *,
        dry_run: bool,
        expected: Mapping[str, Expected] | None = None,
    ) -> T:
        """Judge what is asked under the lock; write what comes of it, unless it is only tried.

        The lock is held from before the first look, so what was judged still stands when it is
        written. A dry run takes no lock and writes nothing. Where something is new, hazards must
        stand as `expected` says, by hazard_id.
        """
        if dry_run:
            return self._tried(ask, expected or {})[1]
        with self._writing() as connection:
            return self._written(connection, ask, expected or {})

    def _recording(
        self,
        ask: Callable[[View], T],
        *,
        dry_run: bool,
        expected: Mapping[str, Expected] | None = None,
    ) -> T:
        """Judge what is asked before the lock is taken; write it under the lock if it stands.

        As `_judging`, for what rests on the ledger alone. What is refused, and what is there
        already, takes no lock.
        """
        view, done = self._tried(ask, expected or {}, writes=not dry_run)
        if dry_run or view.is_empty:
            return done
        view.prepare()
        with self._writing() as connection:
            if not view.under(connection):
                return self._written(connection, ask, expected or {})
            view.refuse_unexpected(expected or {})
            self._write(view, connection)
            return done

    def _tried(
        self, ask: Callable[[View], T], expected: Mapping[str, Expected], *, writes: bool = False
    ) -> tuple[View, T]:
        """Judge what is asked on a reader's connection."""
        with self._reading() as connection:
            view = View(connection, writes=writes, head=chain.head(connection))
            done = ask(view)
            view.refuse_unexpected(expected)
            return view, done

    def _written(
        self, connection: Connection, ask: Callable[[View], T], expected: Mapping[str, Expected]
    ) -> T:
        """Judge what is asked on a connection with the lock, and write it."""
        view = View(connection, writes=True)
        done = ask(view)
        view.refuse_unexpected(expected)
        self._write(view, connection)
        return done

    def _write(self, view: View, connection: Connection) -> None:
        """Write what was judged on a view, with the distances of its polygons."""
        view.write(synthetic=self.synthetic)
        if view.redrawn:
            self._measure(connection, view.redrawn)

    def _measure(self, connection: Connection, ids: Collection[str] | None) -> None:
        """Keep the distances of polygons that were written, see `store.hazards.measure`.

        Of some hazards, of all (None), or of the waiting records alone (of no hazard).
        """
        raise NotImplementedError

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with engines.translated(self._place), writing(self._engine) as connection:
            yield connection
